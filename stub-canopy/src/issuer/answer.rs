//! The XML of an `AssumeRole` answer.
//!
//! Input: the body of a success or of an error. Output: session keys, or the code and message of the error.
//! Must not: show a secret in an error.

use crate::config::Keys;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Deserialize)]
struct AssumeRoleResponse {
    #[serde(rename = "AssumeRoleResult")]
    result: AssumeRoleResult,
}

#[derive(Deserialize)]
struct AssumeRoleResult {
    #[serde(rename = "Credentials")]
    keys: SessionKeys,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SessionKeys {
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: SecretString,
}

#[derive(Deserialize)]
struct ErrorResponse {
    #[serde(rename = "Error")]
    error: StsProblem,
}

/// What STS says went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StsProblem {
    pub code: String,
    #[serde(default)]
    pub message: String,
}

/// The keys of a granted session.
pub(super) fn keys(xml: &str) -> Option<Keys> {
    let AssumeRoleResponse { result: AssumeRoleResult { keys } } = quick_xml::de::from_str(xml).ok()?;
    let SessionKeys { access_key_id, secret_access_key, session_token } = keys;
    Some(Keys { access_key_id, secret_access_key, session_token })
}

/// What was wrong with a refused one, as far as the answer says.
pub(super) fn problem(xml: &str) -> StsProblem {
    let unreadable = || StsProblem { code: "unreadable answer".to_owned(), message: String::new() };
    quick_xml::de::from_str::<ErrorResponse>(xml).map_or_else(|_| unreadable(), |answer| answer.error)
}

#[cfg(test)]
mod tests {
    use super::{keys, problem};
    use secrecy::ExposeSecret as _;

    const GRANTED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><Arn></Arn>
<AssumeRoleId></AssumeRoleId></AssumedRoleUser><Credentials><AccessKeyId>AK</AccessKeyId>
<SecretAccessKey>s&amp;k+/=</SecretAccessKey><SessionToken>tok</SessionToken>
<Expiration>2026-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"#;

    #[test]
    fn the_keys_of_a_session_are_read_exactly() {
        let keys = keys(GRANTED).unwrap();
        assert_eq!(keys.access_key_id, "AK");
        assert_eq!(keys.secret_access_key.expose_secret(), "s&k+/=");
        assert_eq!(keys.session_token.expose_secret(), "tok");
    }

    #[test]
    fn an_answer_without_keys_is_no_answer() {
        for text in ["", "<html></html>", &GRANTED.replace("SessionToken", "Other"), &GRANTED[..300]] {
            assert!(keys(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_error_is_told_by_code_and_message() {
        let xml = "<ErrorResponse><Error><Type></Type><Code>AccessDenied</Code><Message>no</Message></Error>\
                   <RequestId>1</RequestId></ErrorResponse>";
        assert_eq!((problem(xml).code.as_str(), problem(xml).message.as_str()), ("AccessDenied", "no"));
        assert_eq!(problem("<html>").code, "unreadable answer");
    }
}
