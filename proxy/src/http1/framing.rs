//! Where the body of an answer ends.
//!
//! Input: its head, then its bytes. Output: which bytes are the body's, and whether that was all. Must not: take a break
//! for an end.

use super::{Malformed, ResponseHead, chunked::Chunks};
use crate::admit::Verb;
use http::StatusCode;

/// What delimits a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    Empty,
    /// So many bytes.
    Length(u64),
    /// A chunk of no bytes.
    Chunked,
    /// The end of the connection, which a break looks like.
    Unframed,
}

impl Framing {
    /// Of the answer to such a request.
    pub fn of(head: &ResponseHead, verb: Verb) -> Result<Self, Malformed> {
        let length = announced(head)?;
        if verb == Verb::Head || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Self::Empty);
        }
        let mut codings = head.all("transfer-encoding");
        match (codings.next(), codings.next()) {
            // Beside a coding a length does not count, RFC 9112 §6.3.
            (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Self::Chunked),
            (Some(_), _) => Err(Malformed::Coding),
            (None, _) => Ok(length.map_or(Self::Unframed, Self::Length)),
        }
    }
}

/// The one `Content-Length`: digits alone, and no second opinion.
pub fn announced(head: &ResponseHead) -> Result<Option<u64>, Malformed> {
    let mut lines = head.all("content-length");
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => number(line).map(Some).ok_or(Malformed::Length),
        (Some(_), Some(_)) => Err(Malformed::Length),
    }
}

fn number(line: &[u8]) -> Option<u64> {
    let is_plain = !line.is_empty() && line.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(line).ok().filter(|_| is_plain)?.parse().ok()
}

/// What is to be done with bytes that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// After so many bytes that are not the body's, so many that are; at least one.
    Data {
        /// Not the body's.
        skip: usize,
        /// The body's.
        len: usize,
    },
    /// None of them is the body's; more are needed.
    More,
    /// After so many bytes the message is over.
    End {
        /// Not the body's.
        skip: usize,
    },
}

/// Takes a body out of its framing.
#[derive(Debug)]
pub enum Decoder {
    /// So many bytes are still to come.
    Length(u64),
    /// Chunk by chunk.
    Chunked(Chunks),
}

impl Decoder {
    /// Of a body that has an end.
    pub fn new(framing: Framing) -> Self {
        match framing {
            Framing::Chunked => Self::Chunked(Chunks::default()),
            Framing::Length(length) => Self::Length(length),
            Framing::Empty | Framing::Unframed => Self::Length(0),
        }
    }

    /// What the next bytes are. Those to be skipped, and with [`Step::More`] all, count as read.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Step, Malformed> {
        match self {
            Self::Length(0) => Ok(Step::End { skip: 0 }),
            Self::Length(_) if bytes.is_empty() => Ok(Step::More),
            Self::Length(left) => Ok(Step::Data { skip: 0, len: at_most(*left, bytes.len()) }),
            Self::Chunked(chunks) => chunks.next(bytes),
        }
    }

    /// So many bytes of the body were taken.
    pub fn took(&mut self, bytes: usize) {
        match self {
            Self::Length(left) => *left = left.saturating_sub(bytes as u64),
            Self::Chunked(chunks) => chunks.took(bytes),
        }
    }
}

/// The smaller one.
pub(super) fn at_most(left: u64, here: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(here)
}
