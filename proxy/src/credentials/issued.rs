//! Credentials that passed inspection and may be put into headers.
//!
//! Input: what the broker answered, and now. Output: [`Issued`], or why not. Must not: show a key in an error or Debug.

use contract::{canopy::Credentials, secret::ExposeSecret, secret::SecretString};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// No STS grants more than a week; an end beyond that is a mistake of unit or of clock.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One generation of credentials.
pub struct Issued {
    /// Counts up by one with every fetch.
    pub generation: u64,
    /// Names the grant.
    pub access_key_id: String,
    /// Never leaves this process.
    pub secret_access_key: SecretString,
    /// Ready to be sent, marked sensitive; none for static keys.
    pub session_token: Option<HeaderValue>,
    /// When they came.
    pub received_at: Timestamp,
    /// When S3 begins to refuse them.
    pub expires_at: Timestamp,
}

/// Why an answer of the broker is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Another format than ours.
    #[error("credentials are of version {0}: expected 1")]
    Version(u8),
    /// Cannot be written into a header.
    #[error("the {0} is empty or holds characters that no credential has")]
    Malformed(&'static str),
    /// Over before it began, or beyond reason.
    #[error(
        "credentials end at {expiration}, and now is {now}: expected an end in the future, at most a week ahead"
    )]
    Expiration {
        /// What the broker said.
        expiration: Timestamp,
        /// Our clock.
        now: Timestamp,
    },
}

impl Issued {
    /// Inspects what the broker answered.
    pub fn inspect(credentials: Credentials, generation: u64, now: Timestamp) -> Result<Self, Unusable> {
        let Credentials { version, access_key_id, secret_access_key, session_token, expiration } =
            credentials;
        if version != 1 {
            return Err(Unusable::Version(version));
        }
        if expiration <= now || expiration.duration_since(now) > LONGEST_LIFE {
            return Err(Unusable::Expiration { expiration, now });
        }
        if !is_key_id(&access_key_id) {
            return Err(Unusable::Malformed("access key id"));
        }
        if !is_visible(secret_access_key.expose_secret()) {
            return Err(Unusable::Malformed("secret access key"));
        }
        let session_token = token_header(&session_token)?;
        let (received_at, expires_at) = (now, expiration);
        Ok(Self { generation, access_key_id, secret_access_key, session_token, received_at, expires_at })
    }

    /// The session token as it is sent; empty for static keys.
    pub fn token(&self) -> &str {
        // It was made from visible text.
        self.session_token.as_ref().and_then(|token| token.to_str().ok()).unwrap_or_default()
    }

    /// Whether `text` holds one of these credentials, as an error document might.
    pub fn occurs_in(&self, text: &str) -> bool {
        [self.access_key_id.as_str(), self.secret_access_key.expose_secret(), self.token()]
            .into_iter()
            .any(|secret| !secret.is_empty() && text.contains(secret))
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Issued");
        shown
            .field("generation", &self.generation)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `/`, `,` and `=` structure the header this goes into.
fn is_key_id(text: &str) -> bool {
    is_visible(text) && !text.contains(['/', ',', '='])
}

fn token_header(token: &SecretString) -> Result<Option<HeaderValue>, Unusable> {
    let malformed = Unusable::Malformed("session token");
    match token.expose_secret() {
        "" => Ok(None),
        text if is_visible(text) => {
            let mut value = HeaderValue::from_str(text).map_err(|_| malformed)?;
            value.set_sensitive(true);
            Ok(Some(value))
        }
        _ => Err(malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::{Issued, Unusable};
    use contract::canopy::Credentials;
    use jiff::{SignedDuration, Timestamp};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn credentials() -> Credentials {
        Credentials {
            version: 1,
            access_key_id: "canary-id".into(),
            secret_access_key: "canary-secret".into(),
            session_token: "canary-token".into(),
            expiration: NOW + SignedDuration::from_hours(1),
        }
    }

    fn inspect(change: impl FnOnce(&mut Credentials)) -> Result<Issued, Unusable> {
        let mut credentials = credentials();
        change(&mut credentials);
        Issued::inspect(credentials, 1, NOW)
    }

    #[test]
    fn sound_credentials_are_taken() {
        let issued = inspect(|_| ()).unwrap();
        assert_eq!(issued.access_key_id, "canary-id");
        assert!(issued.session_token.unwrap().is_sensitive());
    }

    #[test]
    fn static_keys_have_no_token() {
        assert!(inspect(|c| c.session_token = "".into()).unwrap().session_token.is_none());
    }

    #[test]
    fn fault_c12_an_end_in_the_past_or_beyond_reason_is_refused() {
        for seconds in [-1, 0, 8 * 24 * 3600] {
            let refused = inspect(|c| c.expiration = NOW + SignedDuration::from_secs(seconds));
            assert!(matches!(refused, Err(Unusable::Expiration { .. })), "{seconds}");
        }
    }

    #[test]
    fn fault_c12_what_cannot_stand_in_a_header_is_refused() {
        for text in ["", "a\nb", "a b", "é", "a\0"] {
            assert!(inspect(|c| c.access_key_id = text.into()).is_err(), "{text:?}");
            assert!(inspect(|c| c.secret_access_key = text.into()).is_err(), "{text:?}");
            assert!(text.is_empty() || inspect(|c| c.session_token = text.into()).is_err(), "{text:?}");
        }
        assert!(inspect(|c| c.access_key_id = "a/b".into()).is_err());
        assert_eq!(inspect(|c| c.version = 2).unwrap_err(), Unusable::Version(2));
    }

    #[test]
    fn each_credential_is_recognised_in_a_text() {
        let issued = inspect(|_| ()).unwrap();
        for text in ["<T>canary-token</T>", "canary-id", "x canary-secret"] {
            assert!(issued.occurs_in(text), "{text}");
        }
        assert!(!issued.occurs_in("canary"));
    }

    #[test]
    fn debug_shows_no_credential() {
        assert!(!format!("{:?}", inspect(|_| ()).unwrap()).contains("canary"));
    }
}
