//! What a client's `Range` asks for, as far as an answer can be held against it.
//!
//! Input: the text of the header. Output: whether a part of an object is what was asked for. Must not: judge forms that
//! it does not know; a list of ranges is between the client and S3.

use super::facts::{Part, number};

/// One range of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// `a-b`, both included.
    Between(u64, u64),
    /// `a-`.
    From(u64),
    /// `-n`.
    Last(u64),
}

impl Wish {
    /// From the text of `Range`; none for anything but one plain range of bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
        match (first, last) {
            ("", last) => Some(Self::Last(number(last)?)),
            (first, "") => Some(Self::From(number(first)?)),
            (first, last) => Some(Self::Between(number(first)?, number(last)?)),
        }
    }

    /// Whether `part` answers this.
    pub fn is_met_by(self, part: Part) -> bool {
        let is_to_the_end = part.total.is_none_or(|total| part.last + 1 == total);
        match self {
            Self::Between(first, last) if part.last < last => part.first == first && is_to_the_end,
            Self::Between(first, last) => (part.first, part.last) == (first, last),
            Self::From(first) => part.first == first && is_to_the_end,
            Self::Last(count) => {
                is_to_the_end && (part.bytes() == count || part.first == 0 && part.bytes() < count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Wish};

    fn is_met(wish: &str, part: &str) -> bool {
        Wish::parse(wish).unwrap().is_met_by(Part::parse(part).unwrap())
    }

    #[test]
    fn fault_d9_a_part_is_held_against_what_was_asked_for() {
        for (wish, part) in [
            ("bytes=2-4", "bytes 2-4/10"),
            ("bytes=2-40", "bytes 2-9/10"),
            ("bytes=2-", "bytes 2-9/10"),
            ("bytes=-3", "bytes 7-9/10"),
            ("bytes=-30", "bytes 0-9/10"),
            ("bytes=2-4", "bytes 2-4/*"),
        ] {
            assert!(is_met(wish, part), "{wish} {part}");
        }
        for (wish, part) in [
            ("bytes=2-4", "bytes 3-4/10"),
            ("bytes=2-4", "bytes 2-3/10"),
            ("bytes=2-4", "bytes 2-5/10"),
            ("bytes=2-", "bytes 2-8/10"),
            ("bytes=-3", "bytes 6-9/10"),
            ("bytes=-3", "bytes 6-8/10"),
        ] {
            assert!(!is_met(wish, part), "{wish} {part}");
        }
    }

    #[test]
    fn other_forms_are_not_judged() {
        for text in ["bytes=0-1, 3-4", "items=0-1", "bytes=", "bytes=-", "bytes=a-b"] {
            assert_eq!(Wish::parse(text), None, "{text}");
        }
    }
}
