//! The two methods of a restore.

use super::Refusal;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Head and body.
    Get,
    /// The head alone.
    Head,
}

impl Verb {
    /// As on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}

/// GET and HEAD, spelled exactly so; methods are case-sensitive.
pub fn verb(method: &str) -> Result<Verb, Refusal> {
    match method {
        "GET" => Ok(Verb::Get),
        "HEAD" => Ok(Verb::Head),
        _ => Err(Refusal::Method),
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, verb};

    #[test]
    fn fault_g8_only_get_and_head_are_served() {
        for name in ["CONNECT", "TRACE", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "get", "PROPFIND"] {
            assert_eq!(verb(name), Err(Refusal::Method), "{name}");
        }
    }
}
