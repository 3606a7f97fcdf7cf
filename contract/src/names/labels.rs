//! Labels: identity, written once.
//!
//! A label value has 63 characters and few kinds of them; a `type` may be any text. What does not fit is stored as
//! a digest, and the text itself in annotation [`super::annotations::TYPE`]; both together read back exactly.

use sha2::{Digest, Sha256};

/// Marks everything that is ours.
pub const MANAGED_BY: &str = "pgro.bes.au/managed-by";
/// Value of [`MANAGED_BY`].
pub const MANAGED_BY_VALUE: &str = "pgro-canopy";
/// Which installation cares for it: the name of the operator's own namespace.
pub const OWNER: &str = "pgro.bes.au/owner";
/// The declaration (`replica_id`).
pub const DECLARATION_ID: &str = "pgro.bes.au/declaration-id";
/// The group.
pub const GROUP: &str = "pgro.bes.au/group";
/// The server.
pub const SERVER: &str = "pgro.bes.au/server";
/// The kind of backup; see [`LabelValue`].
pub const TYPE: &str = "pgro.bes.au/type";
/// What the copy is for.
pub const INTENT: &str = "pgro.bes.au/intent";
/// The attempt an object belongs to; on run objects only.
pub const RUN: &str = "pgro.bes.au/run";
/// `true` on restore pods, whose proxy may call the broker.
pub const PROXY_SIDECAR: &str = "pgro.bes.au/proxy-sidecar";

/// Begins a value that stands for a longer or odder text.
const DIGEST_PREFIX: &str = "sha256.";

/// A text as it is stored in a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelValue {
    /// The text is a valid label value by itself.
    Plain(String),
    /// It is not: this digest stands in the label, the text belongs in an annotation.
    Digest(String),
}

impl LabelValue {
    /// How `text` is stored.
    pub fn of(text: &str) -> Self {
        if is_label_value(text) && !text.starts_with(DIGEST_PREFIX) {
            Self::Plain(text.to_owned())
        } else {
            Self::Digest(format!("{DIGEST_PREFIX}{}", hex::encode(&Sha256::digest(text)[..24])))
        }
    }

    /// What is written into the label.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(value) | Self::Digest(value) => value,
        }
    }

    /// The text behind a stored `label`, given the annotation that holds long ones; `None` if they do not agree.
    pub fn read(label: &str, annotation: Option<&str>) -> Option<String> {
        if !label.starts_with(DIGEST_PREFIX) {
            return Some(label.to_owned());
        }
        annotation.filter(|text| Self::of(text).as_str() == label).map(str::to_owned)
    }
}

fn is_label_value(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().copied().all(inner)
}

#[cfg(test)]
mod tests {
    use super::{LabelValue, is_label_value};
    use proptest::prelude::*;

    #[test]
    fn a_fitting_text_is_stored_as_it_is() {
        assert_eq!(LabelValue::of("tamanu-postgres").as_str(), "tamanu-postgres");
    }

    #[test]
    fn a_text_that_looks_like_a_digest_is_not_taken_for_one() {
        let stored = LabelValue::of("sha256.abc");
        assert_eq!(LabelValue::read(stored.as_str(), Some("sha256.abc")).as_deref(), Some("sha256.abc"));
        assert_eq!(LabelValue::read("sha256.abc", None), None);
    }

    #[test]
    fn an_edited_annotation_does_not_read_back() {
        let stored = LabelValue::of("odd type");
        assert_eq!(LabelValue::read(stored.as_str(), Some("other type")), None);
    }

    proptest! {
        #[test]
        fn fault_g3_any_text_reads_back_exactly(text in ".{1,300}") {
            let stored = LabelValue::of(&text);
            prop_assert!(is_label_value(stored.as_str()));
            prop_assert_eq!(LabelValue::read(stored.as_str(), Some(&text)), Some(text));
        }
    }
}
