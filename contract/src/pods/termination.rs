//! Documents that fit into a container's termination message.

use serde::{Serialize, de::DeserializeOwned};

/// What kubelet keeps of a termination message, in bytes.
pub const TERMINATION_MESSAGE_MAX: usize = 4096;

/// Lengths that free texts and lists are cut to, one after the other, until the document fits.
const CUTS: [usize; 7] = [2000, 800, 300, 100, 40, 10, 0];

/// A termination message that is not the document it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read the termination message {text:?} ({why})")]
pub struct UnreadableDocument {
    /// The message, cut to 200 characters.
    pub text: String,
    /// What the parser said.
    pub why: String,
}

/// A document a container leaves for the operator.
pub trait TerminationDocument: Serialize + DeserializeOwned {
    /// The same document with every free text cut to `text_max` characters and every list to as many items.
    #[must_use]
    fn shortened(&self, text_max: usize) -> Self;

    /// The document as JSON of at most [`TERMINATION_MESSAGE_MAX`] bytes, shortened as little as it takes.
    fn to_termination_message(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string(self)?;
        for cut in CUTS {
            if text.len() <= TERMINATION_MESSAGE_MAX {
                break;
            }
            text = serde_json::to_string(&self.shortened(cut))?;
        }
        Ok(text)
    }

    /// The document in a termination message.
    fn from_termination_message(text: &str) -> Result<Self, UnreadableDocument> {
        serde_json::from_str(text)
            .map_err(|error| UnreadableDocument { text: cut(text, 200), why: error.to_string() })
    }
}

/// `text` cut to at most `max` characters, marked where something is missing.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}
