//! Secrets that can be neither printed nor serialised by accident.
//!
//! Input: a secret text from JSON, a file or the environment. Output: the text, only where `expose_secret` or
//! [`Reveal`] is spelled out. Must not: implement `Serialize`, `Display` or an honest `Debug` on a type that holds one.

pub use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// A secret that is about to cross a process boundary on purpose; the only serialisable form.
///
/// Writing `Reveal(&secret)` is the visible act that a reviewer can search for.
pub struct Reveal<'a>(pub &'a SecretString);

impl Serialize for Reveal<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::{Reveal, SecretString};

    #[test]
    fn debug_of_a_secret_does_not_show_it() {
        let secret = SecretString::from("canary-7f3a");
        assert!(!format!("{secret:?}").contains("canary"));
    }

    #[test]
    fn reveal_is_the_one_way_into_json() {
        let secret = SecretString::from("canary-7f3a");
        assert_eq!(serde_json::to_string(&Reveal(&secret)).unwrap(), "\"canary-7f3a\"");
    }
}
