//! What the head of an answer says about its body.
//!
//! Input: a head. Output: status, version, length and range, each only where it can be relied upon. Must not: guess.

use crate::http1::ResponseHead;
use http::{HeaderValue, StatusCode};

/// A range of an object, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first byte.
    pub first: u64,
    /// The last byte, never before the first.
    pub last: u64,
    /// The object's size, where it is told.
    pub total: Option<u64>,
}

impl Part {
    /// Number of bytes, never 0.
    pub fn bytes(self) -> u64 {
        self.last - self.first + 1
    }

    /// From the text of `Content-Range`.
    pub fn parse(text: &str) -> Option<Self> {
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let total = if total == "*" { None } else { Some(number(total)?) };
        let is_sound = first <= last && last < u64::MAX && total.is_none_or(|total| last < total);
        is_sound.then_some(Self { first, last, total })
    }
}

/// What matters for going on with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// As answered.
    pub status: StatusCode,
    /// The version, if it is named by a strong validator.
    pub tag: Option<HeaderValue>,
    /// Bytes of this answer's body, if it says so.
    pub length: Option<u64>,
    /// Which bytes they are.
    pub part: Option<Part>,
}

impl Facts {
    /// Of a head.
    pub fn of(head: &ResponseHead) -> Self {
        let is_chunked = head.has("transfer-encoding");
        Self {
            status: head.status,
            tag: head
                .only("etag")
                .filter(|tag| is_strong(tag))
                .and_then(|tag| HeaderValue::from_str(tag).ok()),
            length: head.only("content-length").and_then(number).filter(|_| !is_chunked),
            part: head.only("content-range").and_then(Part::parse),
        }
    }
}

/// Weak validators never match `If-Match`; and what is not plain could not be signed as it is sent.
fn is_strong(tag: &str) -> bool {
    tag.len() >= 2
        && tag.starts_with('"')
        && tag.ends_with('"')
        && tag.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Digits alone: neither a sign nor a space.
pub(super) fn number(text: &str) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::{Facts, Part};
    use crate::http1::ResponseHead;

    fn facts(lines: &[(&str, &str)]) -> Facts {
        Facts::of(&ResponseHead::of(200, lines))
    }

    #[test]
    fn a_content_range_is_read_or_left_alone() {
        assert_eq!(Part::parse("bytes 2-4/10"), Some(Part { first: 2, last: 4, total: Some(10) }));
        assert_eq!(Part::parse("bytes 0-0/*"), Some(Part { first: 0, last: 0, total: None }));
        for text in
            ["", "bytes */10", "bytes 4-2/10", "bytes 2-10/10", "bytes +2-4/10", "bytes=2-4/10", "bytes 2-4"]
        {
            assert_eq!(Part::parse(text), None, "{text}");
        }
        assert_eq!(Part::parse("bytes 0-18446744073709551615/*"), None);
    }

    #[test]
    fn only_a_strong_tag_names_a_version() {
        assert!(facts(&[("etag", "\"a\"")]).tag.is_some());
        assert!(facts(&[("etag", "\"a\""), ("etag", "\"b\"")]).tag.is_none(), "two names for one thing");
        for weak in ["W/\"a\"", "a", "\"", "\"a  b\""] {
            assert!(facts(&[("etag", weak)]).tag.is_none(), "{weak}");
        }
    }

    #[test]
    fn a_length_counts_if_it_is_the_only_one_and_nothing_contradicts_it() {
        assert_eq!(facts(&[("content-length", "7")]).length, Some(7));
        assert_eq!(facts(&[("content-length", "7"), ("content-length", "8")]).length, None);
        assert_eq!(facts(&[("content-length", "7"), ("transfer-encoding", "chunked")]).length, None);
    }
}
