//! Credentials are checked before anything is built on them: they end in request headers and in pods.

use contract::{
    canopy::CredentialsAnswer,
    secret::{ExposeSecret, SecretString},
};
use jiff::{SignedDuration, Timestamp};

/// No grant of ours lives longer than an hour; twelve is the most an STS session can have, beyond is nonsense.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// Session tokens are a few kilobytes at most, and must fit into a header.
const MAX_BYTES: usize = 8 * 1024;

/// The answer, or why it cannot be used. The reason never shows a part of it.
pub(super) fn checked(answer: CredentialsAnswer, now: Timestamp) -> Result<CredentialsAnswer, String> {
    let credentials = &answer.credentials;
    let key: SecretString = credentials.access_key_id.clone().into();
    header_safe("AccessKeyId", &key)?;
    header_safe("SecretAccessKey", &credentials.secret_access_key)?;
    header_safe("SessionToken", &credentials.session_token)?;
    environment_safe("repo_password", &answer.repo_password)?;
    if credentials.version != 1 {
        return Err(format!("Version is {}, expected 1", credentials.version));
    }
    let life = credentials.expiration.duration_since(now);
    if life <= SignedDuration::ZERO {
        return Err(format!("Expiration {} is not in the future", credentials.expiration));
    }
    if life > LONGEST_LIFE {
        return Err(format!("Expiration {} is more than 12 hours away", credentials.expiration));
    }
    Ok(answer)
}

fn header_safe(field: &str, secret: &SecretString) -> Result<(), String> {
    let text = secret.expose_secret();
    match text {
        "" => Err(format!("{field} is empty")),
        _ if text.len() > MAX_BYTES => Err(format!("{field} is longer than {MAX_BYTES} bytes")),
        _ if !text.bytes().all(|b| b.is_ascii_graphic()) => {
            Err(format!("{field} holds a character that is not visible ASCII"))
        }
        _ => Ok(()),
    }
}

/// A password may hold any character but the ones an environment variable or a line-reading tool would cut it at.
fn environment_safe(field: &str, secret: &SecretString) -> Result<(), String> {
    let text = secret.expose_secret();
    match text {
        "" => Err(format!("{field} is empty")),
        _ if text.len() > MAX_BYTES => Err(format!("{field} is longer than {MAX_BYTES} bytes")),
        _ if text.contains(['\0', '\r', '\n']) => Err(format!("{field} holds a NUL or a line break")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::checked;
    use contract::canopy::CredentialsAnswer;
    use jiff::Timestamp;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-01-02T03:00:00Z".parse().unwrap()
    }

    fn answer(pointer: &str, value: &serde_json::Value) -> CredentialsAnswer {
        let mut json = json!({
            "credentials": { "Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "canary/key+=",
                "SessionToken": "canary-token", "Expiration": "2026-01-02T04:00:00Z" },
            "repo_password": "canary pass wörd",
        });
        *json.pointer_mut(pointer).unwrap() = value.clone();
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn sound_credentials_pass_and_so_do_short_lived_ones() {
        for at in ["2026-01-02T04:00:00Z", "2026-01-02T03:00:20Z"] {
            assert!(checked(answer("/credentials/Expiration", &json!(at)), now()).is_ok(), "{at}");
        }
    }

    #[test]
    fn fault_c12_credentials_that_are_empty_garbled_expired_or_eternal_are_refused_without_being_shown() {
        for (pointer, value) in [
            ("/credentials/AccessKeyId", json!("")),
            ("/credentials/AccessKeyId", json!("canary\r\nx-amz-acl: public-read")),
            ("/credentials/SecretAccessKey", json!("")),
            ("/credentials/SecretAccessKey", json!("canary\n")),
            ("/credentials/SessionToken", json!("canary\u{7f}")),
            ("/credentials/SessionToken", json!("canary".repeat(4_000))),
            ("/credentials/Version", json!(2)),
            ("/credentials/Expiration", json!("2026-01-02T03:00:00Z")),
            ("/credentials/Expiration", json!("2026-01-01T00:00:00Z")),
            ("/credentials/Expiration", json!("2026-01-02T15:00:01Z")),
            ("/credentials/Expiration", json!("9999-01-01T00:00:00Z")),
            ("/repo_password", json!("")),
            ("/repo_password", json!("canary\0")),
            ("/repo_password", json!("canary\nx")),
        ] {
            let why = checked(answer(pointer, &value), now()).expect_err(pointer);
            assert!(!why.contains("canary"), "{why}");
            assert!(why.starts_with(pointer.rsplit('/').next().unwrap()), "{why}");
        }
    }
}
