//! One object on its way to a client, over as many requests to S3 as that takes.
//!
//! Input: the heads of S3's answers, their pieces, and how each of them ended. Output: what goes to the client, what
//! to ask S3 for next, or why the client's answer has to be aborted. Must not: do I/O, ask the clock, splice two
//! versions of an object, or hand a byte out twice, wrong, or beyond what was promised.

pub mod facts;
pub mod pace;
pub mod wish;

pub use facts::{Facts, Part};

use http::{HeaderValue, StatusCode};

/// Why an answer can't be continued; the client sees its connection cut before the promised end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rupture {
    /// Another object lies under this key by now.
    #[error("the object was replaced while it was read")]
    Replaced,
    /// A continuation that begins at the object's first byte would be one more chance to go wrong.
    #[error("S3 answered {0} to a range: expected 206")]
    NotThePart(StatusCode),
    /// Other bytes than those that are owed.
    #[error("S3 answered with another range than it was asked for")]
    OtherPart,
    /// The byte that was asked for again is another one.
    #[error("S3 answered with other bytes than before")]
    OtherBytes,
    /// More than was promised.
    #[error("S3 sent more than it had announced")]
    TooMuch,
}

/// How an answer's body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As HTTP says that it should.
    Proper,
    /// Broken off, stalled, or given up as too slow.
    Broken,
}

/// What is asked of S3 to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The first byte.
    pub first: u64,
    /// The last byte; none where the end is not known yet.
    pub last: Option<u64>,
    /// The one version that will do.
    pub tag: HeaderValue,
}

/// An answer that can be continued.
#[derive(Debug, Clone)]
pub struct Transfer {
    tag: HeaderValue,
    /// The object's byte that the client is owed next.
    next: u64,
    /// One past the last byte that is owed, as far as it is known.
    end: Option<u64>,
    /// The object's size, as far as it is known.
    total: Option<u64>,
    /// The byte before `next`, if it went to the client.
    last_byte: Option<u8>,
    /// Set while the first byte of the present answer is one that the client already has.
    overlap: bool,
}

impl Transfer {
    /// From the head of the first answer; none where there is nothing by which to recognise the object again.
    pub fn begin(facts: &Facts) -> Option<Self> {
        let tag = facts.tag.clone()?;
        let (next, end, total) = match (facts.status, facts.part) {
            (StatusCode::OK, _) => (0, facts.length, facts.length),
            (StatusCode::PARTIAL_CONTENT, Some(part)) => (part.first, Some(part.last + 1), part.total),
            _ => return None,
        };
        Some(Self { tag, next, end, total, last_byte: None, overlap: false })
    }

    /// The share of a piece that goes to the client.
    pub fn take<'a>(&mut self, mut piece: &'a [u8]) -> Result<&'a [u8], Rupture> {
        if let Some((repeated, rest)) = piece.split_first().filter(|_| self.overlap) {
            (self.overlap, piece) = (false, rest);
            if Some(*repeated) != self.last_byte {
                return Err(Rupture::OtherBytes);
            }
        }
        let next = self.next + piece.len() as u64;
        if self.end.is_some_and(|end| next > end) {
            return Err(Rupture::TooMuch);
        }
        self.next = next;
        self.last_byte = piece.last().copied().or(self.last_byte);
        Ok(piece)
    }

    /// Bytes that the client is owed, where that is known.
    pub fn owed(&self) -> Option<u64> {
        Some(self.end? - self.next)
    }

    /// Whether the client has all that it is owed, now that an answer ended so.
    pub fn is_whole(&self, ending: Ending) -> bool {
        match self.end {
            Some(end) => self.next == end,
            None => ending == Ending::Proper,
        }
    }

    /// What is missing. Where the end is not known, the last byte is asked for again: beyond an object's end there is
    /// no range, and so no answer that would name the version.
    pub fn ask(&mut self) -> Ask {
        self.overlap = self.end.is_none() && self.last_byte.is_some();
        let first = if self.overlap { self.next - 1 } else { self.next };
        Ask { first, last: self.end.map(|end| end - 1), tag: self.tag.clone() }
    }

    /// Whether an answer to the last `ask` goes on where the client's answer broke off, in the same version.
    pub fn continues(&mut self, facts: &Facts) -> Result<(), Rupture> {
        match (facts.status, facts.part) {
            (StatusCode::PRECONDITION_FAILED, _) => Err(Rupture::Replaced),
            (StatusCode::PARTIAL_CONTENT, Some(part)) => self.continues_with(facts, part),
            (status, _) => Err(Rupture::NotThePart(status)),
        }
    }

    fn continues_with(&mut self, facts: &Facts, part: Part) -> Result<(), Rupture> {
        if facts.tag.as_ref() != Some(&self.tag) || differ(self.total, part.total) {
            return Err(Rupture::Replaced);
        }
        let first = self.next - u64::from(self.overlap);
        let end = self.end.or(part.total).ok_or(Rupture::OtherPart)?;
        if part.first != first || part.last + 1 != end || differ(facts.length, Some(part.bytes())) {
            return Err(Rupture::OtherPart);
        }
        (self.end, self.total) = (Some(end), part.total.or(self.total));
        Ok(())
    }
}

fn differ(one: Option<u64>, other: Option<u64>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

#[cfg(test)]
mod tests;
