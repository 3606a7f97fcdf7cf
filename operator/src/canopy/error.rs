//! How a call to Canopy fails, by what the caller has to decide.

use std::{fmt, time::Duration};

/// The endpoint a call was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /restore-capabilities`.
    Capabilities,
    /// `GET /restore-worklist`.
    Worklist,
    /// `POST /restore-credentials`.
    Credentials,
    /// `POST /restore-verification`.
    Verification,
}

impl Endpoint {
    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::Worklist => "worklist",
            Self::Credentials => "credentials",
            Self::Verification => "verification",
        }
    }

    /// What is attempted there, for errors.
    fn attempt(self) -> &'static str {
        match self {
            Self::Capabilities => "register the capabilities with Canopy",
            Self::Worklist => "fetch the worklist from Canopy",
            Self::Credentials => "get restore credentials from Canopy",
            Self::Verification => "report a verification to Canopy",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.attempt())
    }
}

/// Why a call to Canopy did not succeed. Texts are bounded and free of secrets, so that they can be shown and kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanopyError {
    /// Nothing, or only part of an answer, came back in time: ask again later.
    #[error("failed to {endpoint}: it cannot be reached ({why})")]
    Unreachable {
        /// What was attempted.
        endpoint: Endpoint,
        /// What went wrong on the way.
        why: String,
    },
    /// Canopy understood and said no (4xx, in a problem document where that is about the request).
    #[error("failed to {endpoint}: it refuses with status {status} ({detail})")]
    Refused {
        /// What was attempted.
        endpoint: Endpoint,
        /// The status it answered with.
        status: u16,
        /// Its own words.
        detail: String,
    },
    /// Canopy, or something before or behind it, is broken (5xx, or a 4xx not in Canopy's words): ask again later.
    #[error("failed to {endpoint}: it answers with status {status} ({detail})")]
    Upstream {
        /// What was attempted.
        endpoint: Endpoint,
        /// The status it answered with.
        status: u16,
        /// Its own words.
        detail: String,
    },
    /// Canopy asks to be left alone for a while (429 or 5xx, with `Retry-After`).
    #[error("failed to {endpoint}: it answers with status {status} ({detail}) and asks for {} s", retry_after.as_secs())]
    Busy {
        /// What was attempted.
        endpoint: Endpoint,
        /// The status it answered with.
        status: u16,
        /// Its own words.
        detail: String,
        /// How long it asks for, within reason.
        retry_after: Duration,
    },
    /// It was not asked: it failed lately.
    #[error("failed to {endpoint}: it failed before, and is asked again in {} s", wait.as_secs() + 1)]
    Paused {
        /// What was to be attempted.
        endpoint: Endpoint,
        /// How long it is left alone yet.
        wait: Duration,
    },
    /// The answer is not one of Canopy's: a redirect, no JSON, not the fields agreed on. Nothing of it is used.
    #[error("failed to {endpoint}: its answer is not usable ({why})")]
    Unreadable {
        /// What was attempted.
        endpoint: Endpoint,
        /// What is wrong with it.
        why: String,
    },
}

/// Refusals that are about the moment or about who asks, not about the request: our own certificate, a proxy's
/// password, timeout, too early, too many.
pub(super) const PASSING_REFUSALS: [u16; 5] = [401, 407, 408, 425, 429];
/// The refusal that is about neither: a group that is not ready yet.
const NOT_READY: u16 = 409;

impl CanopyError {
    /// Whether the same request can never succeed, so that repeating it is pointless.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if !PASSING_REFUSALS.contains(status))
    }

    /// Whether Canopy is well and it is the request it does not like: no reason to leave it alone.
    pub(super) fn is_about_the_request(&self) -> bool {
        self.is_final() && self.refusal() != Some(NOT_READY)
    }

    /// The status Canopy refused with, if it did.
    pub fn refusal(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::Busy { status, .. } => Some(*status).filter(|status| PASSING_REFUSALS.contains(status)),
            Self::Unreachable { .. }
            | Self::Upstream { .. }
            | Self::Paused { .. }
            | Self::Unreadable { .. } => None,
        }
    }

    /// How long Canopy asks to be left alone, if it does.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => Some(*retry_after),
            Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Upstream { .. }
            | Self::Paused { .. }
            | Self::Unreadable { .. } => None,
        }
    }

    /// The label `code` in metrics: a status, or a word where there was none.
    pub fn code(&self) -> String {
        match self {
            Self::Refused { status, .. } | Self::Upstream { status, .. } | Self::Busy { status, .. } => {
                status.to_string()
            }
            Self::Paused { .. } => "paused".to_owned(),
            Self::Unreachable { .. } => "unreachable".to_owned(),
            Self::Unreadable { .. } => "unreadable".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CanopyError, Endpoint};

    fn refused(status: u16) -> CanopyError {
        CanopyError::Refused { endpoint: Endpoint::Verification, status, detail: "gone".to_owned() }
    }

    #[test]
    fn fault_b13_a_refusal_is_final_unless_it_is_about_the_moment() {
        assert!([400, 403, 404, 409, 422].map(refused).iter().all(CanopyError::is_final));
        assert!(![401, 407, 408, 425, 429].map(refused).iter().any(CanopyError::is_final));
    }

    #[test]
    fn silence_and_breakage_are_never_final() {
        let why = String::new();
        let endpoint = Endpoint::Worklist;
        assert!(!CanopyError::Unreachable { endpoint, why: why.clone() }.is_final());
        assert!(!CanopyError::Unreadable { endpoint, why: why.clone() }.is_final());
        assert!(!CanopyError::Upstream { endpoint, status: 502, detail: why }.is_final());
    }

    #[test]
    fn an_error_says_what_was_attempted_and_why_it_failed() {
        let text = refused(403).to_string();
        assert_eq!(text, "failed to report a verification to Canopy: it refuses with status 403 (gone)");
    }
}
