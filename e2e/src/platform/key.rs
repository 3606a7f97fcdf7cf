//! A name for content: the hash of everything a thing is built from. Pure.

use std::fmt;

use sha2::{Digest, Sha256};

/// Sixteen hex digits that change when any input of a build changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(String);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Collects inputs, each with its length, so that no two lists of inputs run together to the same bytes.
#[derive(Clone, Default)]
pub(crate) struct KeyBuilder(Sha256);

impl KeyBuilder {
    pub(crate) fn of(what: &str) -> Self {
        Self::default().add(what)
    }

    pub(crate) fn add(mut self, input: impl AsRef<[u8]>) -> Self {
        let bytes = input.as_ref();
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn key(self, key: &Key) -> Self {
        self.add(&key.0)
    }

    pub(crate) fn finish(self) -> Key {
        let mut digits = hex::encode(self.0.finalize());
        digits.truncate(16);
        Key(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_inputs_give_the_same_key() {
        assert_eq!(KeyBuilder::of("a").add("b").finish(), KeyBuilder::of("a").add("b").finish());
    }

    #[test]
    fn inputs_do_not_run_together() {
        assert_ne!(KeyBuilder::of("ab").add("c").finish(), KeyBuilder::of("a").add("bc").finish());
    }

    #[test]
    fn a_key_is_sixteen_hex_digits_and_so_a_valid_image_tag_and_file_name() {
        let text = KeyBuilder::of("x").finish().to_string();
        assert!(text.len() == 16 && text.chars().all(|c| c.is_ascii_hexdigit()), "{text}");
    }
}
