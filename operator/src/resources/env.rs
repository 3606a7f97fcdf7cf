//! Environment of containers.

use contract::env::EnvPairs;
use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};

/// Plain settings, taken literally by kubelet.
pub(super) fn plain(pairs: EnvPairs) -> impl Iterator<Item = EnvVar> {
    pairs.into_iter().map(|(name, value)| literal(name, &value))
}

/// One plain setting.
pub(super) fn literal(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(verbatim(value)), ..EnvVar::default() }
}

/// A secret setting, filled by kubelet from key `key` of `secret`.
pub(super) fn from_secret(name: &str, secret: &str, key: &str) -> EnvVar {
    let selector = SecretKeySelector { name: secret.to_owned(), key: key.to_owned(), optional: Some(false) };
    let source = EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() };
    EnvVar { name: name.to_owned(), value_from: Some(source), ..EnvVar::default() }
}

/// `text` so that kubelet hands it on as it is: it replaces `$(NAME)` by a variable of the container, which would let
/// a bucket prefix read a password, and `$$` by `$`.
pub(super) fn verbatim(text: &str) -> String {
    text.replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::{from_secret, verbatim};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Kubelet's expansion, as documented for `env`, `command` and `args`.
    fn expand(text: &str, variables: &BTreeMap<&str, &str>) -> String {
        let Some((before, after)) = text.split_once('$') else { return text.to_owned() };
        if let Some(rest) = after.strip_prefix('$') {
            return format!("{before}${}", expand(rest, variables));
        }
        let reference = after.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        match reference.and_then(|(name, rest)| Some((variables.get(name)?, rest))) {
            Some((value, rest)) => format!("{before}{value}{}", expand(rest, variables)),
            None => format!("{before}${}", expand(after, variables)),
        }
    }

    #[test]
    fn the_expansion_under_test_does_expand() {
        let variables = BTreeMap::from([("KOPIA_PASSWORD", "canary")]);
        assert_eq!(expand("a/$(KOPIA_PASSWORD)/$(OTHER)/$$/b$", &variables), "a/canary/$(OTHER)/$/b$");
    }

    #[test]
    fn fault_g1_a_prefix_that_names_a_variable_is_not_filled_with_it() {
        let variables = BTreeMap::from([("KOPIA_PASSWORD", "canary")]);
        assert_eq!(expand(&verbatim("$(KOPIA_PASSWORD)"), &variables), "$(KOPIA_PASSWORD)");
    }

    #[test]
    fn a_secret_setting_has_no_value_of_its_own() {
        let var = from_secret("KOPIA_PASSWORD", "repository-x", "password");
        assert_eq!(var.value, None);
        assert_eq!(var.value_from.unwrap().secret_key_ref.unwrap().name, "repository-x");
    }

    proptest! {
        #[test]
        fn fault_g4_any_text_reaches_the_container_as_it_is(text in "[$()A-Z a]{0,40}") {
            let variables = BTreeMap::from([("A", "1"), ("AA", "2"), ("", "3")]);
            prop_assert_eq!(expand(&verbatim(&text), &variables), text);
        }
    }
}
