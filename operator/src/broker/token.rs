//! The bearer token, looked at before the API server is asked about it.
//!
//! This is no check of the token, which only the API server can make. It keeps what cannot be one from costing a
//! review: wrong shape, another audience, long expired.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use contract::{broker::TOKEN_AUDIENCE, secret::SecretString};
use http::{HeaderMap, header::AUTHORIZATION};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Longest token; projected ones have one or two kilobytes.
const MAX_BYTES: usize = 7 * 1024;
/// How far the API server's clock may be behind ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(1);

/// The token of a request, if it could be one for us.
pub(super) fn bearer(headers: &HeaderMap, now: Timestamp) -> Option<SecretString> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (given.next()?.to_str().ok()?, given.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && is_plausible(token, now)).then(|| token.to_owned().into())
}

fn is_plausible(token: &str, now: Timestamp) -> bool {
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [head, payload, signature] = parts[..] else { return false };
    token.len() <= MAX_BYTES
        && !head.is_empty()
        && !signature.is_empty()
        && claims(payload).is_some_and(|claims| claims.fit(now))
}

fn claims(payload: &str) -> Option<Claims> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&json).ok()
}

#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    exp: i64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    fn fit(&self, now: Timestamp) -> bool {
        let ours = match &self.aud {
            Audience::One(audience) => audience == TOKEN_AUDIENCE,
            Audience::Many(audiences) => audiences.iter().any(|audience| audience == TOKEN_AUDIENCE),
        };
        let expiry = Timestamp::from_second(self.exp).unwrap_or(Timestamp::MIN);
        ours && now.duration_since(expiry) < CLOCK_TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, bearer};
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000;

    fn token(claims: &Value) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn is_taken(authorization: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        bearer(&headers, Timestamp::from_second(NOW).unwrap()).is_some()
    }

    fn sound() -> String {
        token(&json!({"aud": ["pgro-broker"], "exp": NOW + 600}))
    }

    #[test]
    fn a_token_for_us_goes_on_to_the_api_server() {
        assert!(is_taken(&[&format!("Bearer {}", sound())]));
        assert!(is_taken(&[&format!("bearer {}", token(&json!({"aud": "pgro-broker", "exp": NOW - 30})))]));
    }

    #[test]
    fn fault_g20_what_cannot_be_a_token_for_us_costs_no_review() {
        let foreign = token(&json!({"aud": ["https://kubernetes.default.svc"], "exp": NOW + 600}));
        let expired = token(&json!({"aud": ["pgro-broker"], "exp": NOW - 60}));
        let eternal = token(&json!({"aud": ["pgro-broker"]}));
        let endless = token(&json!({"aud": ["pgro-broker"], "exp": NOW + 600, "x": "y".repeat(MAX_BYTES)}));
        let four = format!("{}.x", sound());
        for bad in ["", "x", "a.b", "a.b.c", "..", &foreign, &expired, &eternal, &endless, &four] {
            assert!(!is_taken(&[&format!("Bearer {bad}")]), "{bad:.80}");
        }
    }

    #[test]
    fn no_header_two_headers_and_other_schemes_are_no_token() {
        let ours = format!("Bearer {}", sound());
        assert!(!is_taken(&[]));
        assert!(!is_taken(&[&ours, &ours]));
        assert!(!is_taken(&[&format!("Basic {}", sound())]));
        assert!(!is_taken(&[&sound()]));
    }

    proptest! {
        #[test]
        fn any_header_is_looked_at_without_panic(value in "[ -~]{0,300}") {
            is_taken(&[&value]);
        }
    }
}
