//! What is secret, and whether a text holds any of it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use contract::secret::{ExposeSecret, SecretString};

use super::{Leak, Text};

/// How every signed token begins: `{"alg":"` in base64. Tokens of service accounts and of S3 sessions are such, and
/// live too short to be known by value.
const TOKEN_BEGINNING: &str = "eyJhbGciOi";
/// Keys of our Secrets whose values are public: who, where and what, but not the proof.
const PUBLIC_KEYS: [&str; 4] = ["username", "host", "port", "dbname"];
/// A shorter value would be found by chance; none of ours is.
const SHORTEST: usize = 12;

/// Secrets by what they are.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// One more.
    pub fn add(&mut self, what: impl Into<String>, value: &str) {
        if value.len() >= SHORTEST {
            self.0.insert(what.into(), value.to_owned());
        }
    }

    /// The values of a namespace's Secrets, by `<name>/<key>`.
    pub fn add_values(&mut self, namespace: &str, values: &BTreeMap<String, SecretString>) {
        let secret = |name: &str| !PUBLIC_KEYS.iter().any(|key| name.ends_with(&format!("/{key}")));
        for (name, value) in values.iter().filter(|(name, _)| secret(name)) {
            self.add(format!("Secret {namespace}/{name}"), value.expose_secret());
        }
    }

    /// Which of them a text holds.
    pub fn found_in(&self, text: &Text) -> BTreeSet<Leak> {
        let known = self
            .0
            .iter()
            .filter(|(_, value)| text.text.contains(value.as_str()))
            .map(|(what, _)| what.as_str());
        let token = text.text.contains(TOKEN_BEGINNING).then_some("a token");
        known.chain(token).map(|what| Leak { what: what.to_owned(), place: text.place.clone() }).collect()
    }

    /// The text without any of them.
    pub fn redacted(&self, text: &str) -> String {
        let known = self
            .0
            .iter()
            .fold(text.to_owned(), |text, (what, value)| text.replace(value, &format!("<{what}>")));
        let mut parts = known.split(TOKEN_BEGINNING);
        let first = parts.next().unwrap_or_default().to_owned();
        let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '=');
        parts.fold(first, |text, part| text + "<a token>" + part.trim_start_matches(is_token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Text { place: "here".into(), text: text.into() }
    }

    fn secrets() -> Secrets {
        let values = ["canary-password", "canary-user-name"].map(SecretString::from);
        let names = ["analytics-credentials/password", "analytics-credentials/username"].map(str::to_owned);
        let mut secrets = Secrets::default();
        secrets.add_values("ns", &names.into_iter().zip(values).collect());
        secrets
    }

    #[test]
    fn a_secret_is_found_and_named_but_not_shown() {
        let found: Vec<_> = secrets().found_in(&text("x canary-password y")).into_iter().collect();
        assert_eq!(found[0].to_string(), "Secret ns/analytics-credentials/password is in here");
    }

    #[test]
    fn a_user_name_is_no_secret() {
        assert!(secrets().found_in(&text("canary-user-name")).is_empty());
    }

    #[test]
    fn a_token_is_found_whoever_signed_it() {
        assert_eq!(secrets().found_in(&text("Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln")).len(), 1);
    }

    #[test]
    fn what_is_redacted_holds_no_secret_and_keeps_the_rest() {
        let redacted = secrets().redacted("a canary-password b eyJhbGciOiJIUzUxMiJ9.e30.c2ln\" c");
        assert_eq!(redacted, "a <Secret ns/analytics-credentials/password> b <a token>\" c");
        assert!(secrets().found_in(&text(&redacted)).is_empty());
    }

    #[test]
    fn a_value_that_would_be_found_by_chance_is_no_secret() {
        let mut secrets = Secrets::default();
        secrets.add("short", "5432");
        assert!(secrets.found_in(&text("port 5432")).is_empty());
    }
}
