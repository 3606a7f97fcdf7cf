//! The head of an answer.
//!
//! Input: a whole head, as [`Extent`](super::Extent) found it. Output: status and fields. Must not: believe a field that
//! occurs twice where once is meant.

use super::{
    Malformed,
    fields::{Spans, ascii, each},
    request::has_member,
};
use http::StatusCode;
use memchr::memchr;

/// S3 sends about ten; metadata of an object is at most 2 KB.
const MOST_FIELDS: usize = 100;

/// An answer's head, kept.
#[derive(Debug, Clone)]
pub struct ResponseHead {
    /// As answered.
    pub status: StatusCode,
    /// Of HTTP/1.1; an older server closes after its answer.
    is_new: bool,
    bytes: Vec<u8>,
    fields: Vec<Spans>,
}

impl ResponseHead {
    /// Reads a whole head.
    pub fn parse(head: &[u8]) -> Result<Self, Malformed> {
        let end = memchr(b'\n', head).ok_or(Malformed::FirstLine)?;
        let line = head[..end].strip_suffix(b"\r").ok_or(Malformed::FirstLine)?;
        let (version, rest) = line.split_at_checked(8).ok_or(Malformed::FirstLine)?;
        let is_new = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ => return Err(Malformed::Version),
        };
        let status = status(rest).ok_or(Malformed::FirstLine)?;
        let fields = each(head, end + 1, MOST_FIELDS, |spans| spans)?;
        Ok(Self { status, is_new, bytes: head.to_vec(), fields })
    }

    /// Of such parts, as HTTP/1.1 writes them.
    #[cfg(test)]
    pub(crate) fn of(status: u16, fields: &[(&str, &str)]) -> Self {
        let mut head = format!("HTTP/1.1 {status} x\r\n");
        for (name, value) in fields {
            head.extend([name, ": ", value, "\r\n"]);
        }
        Self::parse((head + "\r\n").as_bytes()).unwrap()
    }

    /// Names and values, as written; names are tokens.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(name, value)| (&self.bytes[name.clone()], &self.bytes[value.clone()]))
    }

    /// The values of all fields of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let name = name.as_bytes();
        self.fields().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether there is such a field.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The value of a field that occurs once and is plain text.
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut lines = self.all(name);
        let first = lines.next()?;
        let is_plain = first.iter().all(|byte| matches!(byte, b' '..=b'~'));
        (is_plain && lines.next().is_none()).then(|| ascii(first))
    }

    /// Whether `Connection` names this field as one for us alone.
    pub fn nominates(&self, name: &[u8]) -> bool {
        self.all("connection").any(|line| has_member(line, name))
    }

    /// Whether another request may follow on the same connection.
    pub fn keeps_alive(&self) -> bool {
        self.is_new && !self.nominates(b"close")
    }
}

/// From what follows the version: a space, three digits, and a reason or none.
fn status(rest: &[u8]) -> Option<StatusCode> {
    let rest = rest.strip_prefix(b" ")?;
    let (code, reason) = rest.split_at_checked(3)?;
    let is_apart = reason.is_empty() || reason.starts_with(b" ");
    StatusCode::from_bytes(code).ok().filter(|_| is_apart)
}
