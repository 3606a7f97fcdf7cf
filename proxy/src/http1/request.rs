//! The head of a request.
//!
//! Input: a whole head, as [`Extent`](super::Extent) found it. Output: method, target and fields, where they stand.
//! Must not: judge what is asked for; that is [`admit`](crate::admit)'s.

use super::{
    Malformed,
    fields::{ascii, each, is_token},
};
use memchr::memchr;

/// A request as a client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// A token; case matters.
    pub method: &'a str,
    /// Visible ASCII.
    pub target: &'a str,
    fields: Vec<(&'a str, &'a [u8])>,
}

impl<'a> RequestHead<'a> {
    /// Of such parts.
    pub fn new(method: &'a str, target: &'a str, fields: &[(&'a str, &'a str)]) -> Self {
        let fields = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        Self { method, target, fields }
    }

    /// Reads a whole head with at most so many fields.
    pub fn parse(head: &'a [u8], most: usize) -> Result<Self, Malformed> {
        let end = memchr(b'\n', head).ok_or(Malformed::FirstLine)?;
        let line = head[..end].strip_suffix(b"\r").ok_or(Malformed::FirstLine)?;
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Malformed::FirstLine);
        };
        if !is_token(method) || target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
            return Err(Malformed::FirstLine);
        }
        if version != b"HTTP/1.1" {
            return Err(Malformed::Version);
        }
        let place = |(name, value): super::fields::Spans| (ascii(&head[name]), &head[value]);
        let fields = each(head, end + 1, most, place)?;
        Ok(Self { method: ascii(method), target: ascii(target), fields })
    }

    /// Names and values, as written.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.fields.iter().copied()
    }

    /// The values of all fields of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether a list field has this member.
    pub fn lists(&self, name: &str, member: &str) -> bool {
        self.all(name).any(|line| has_member(line, member.as_bytes()))
    }
}

/// Whether a comma-separated list has this member, in any case.
pub(super) fn has_member(line: &[u8], member: &[u8]) -> bool {
    line.split(|byte| *byte == b',').any(|other| other.trim_ascii().eq_ignore_ascii_case(member))
}
