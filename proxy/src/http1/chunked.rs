//! The chunked transfer coding, taken off.
//!
//! Input: bytes in any split. Output: which of them are the body's. Must not: keep any, or read sizes, extensions or
//! trailers without a bound.

use super::{
    Malformed,
    framing::{Step, at_most},
};

/// Sizes have at most this many digits: more than any object needs, and no overflow.
const LONGEST_SIZE: u8 = 15;
/// Extensions of one chunk, and trailers, of which S3 sends next to none.
const LONGEST_REST: u16 = 4096;

/// Where in the coding the last byte was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Digits of a size, so many so far.
    Size(u8),
    /// After a size, to the end of its line.
    Extension,
    /// The LF of a size's line.
    SizeLf,
    /// Bytes of the body.
    Data,
    /// The CR after them.
    DataCr,
    /// The LF after them.
    DataLf,
    /// At the beginning of a trailer's line, or of the empty one.
    Trailer,
    /// Within a trailer.
    TrailerText,
    /// The LF of a trailer.
    TrailerLf,
    /// The very last LF.
    LastLf,
    /// After it.
    Over,
}

/// A body, chunk by chunk.
#[derive(Debug)]
pub struct Chunks {
    at: At,
    /// Of the present chunk.
    left: u64,
    /// Bytes of extension or trailers so far.
    rest: u16,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { at: At::Size(0), left: 0, rest: 0 }
    }
}

impl Chunks {
    /// What the next bytes are.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Step, Malformed> {
        for (skip, byte) in bytes.iter().enumerate() {
            match self.at {
                At::Data => return Ok(Step::Data { skip, len: at_most(self.left, bytes.len() - skip) }),
                At::Over => return Ok(Step::End { skip }),
                at => self.at = self.after(at, *byte)?,
            }
        }
        Ok(if self.at == At::Over { Step::End { skip: bytes.len() } } else { Step::More })
    }

    /// So many bytes of the present chunk were taken.
    pub fn took(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes as u64);
        if self.left == 0 && self.at == At::Data {
            self.at = At::DataCr;
        }
    }

    fn after(&mut self, at: At, byte: u8) -> Result<At, Malformed> {
        match (at, byte) {
            (At::Size(digits), _) if byte.is_ascii_hexdigit() => self.digit(digits, byte),
            (At::Size(1..) | At::Extension, b'\r') => Ok(At::SizeLf),
            (At::Size(1..), b';') => Ok(At::Extension),
            (At::Extension, _) => self.rest(byte, At::Extension),
            (At::SizeLf, b'\n') => Ok(self.begin()),
            (At::DataCr, b'\r') => Ok(At::DataLf),
            (At::DataLf, b'\n') => Ok(At::Size(0)),
            (At::Trailer, b'\r') => Ok(At::LastLf),
            (At::TrailerText, b'\r') => Ok(At::TrailerLf),
            (At::Trailer | At::TrailerText, _) => self.rest(byte, At::TrailerText),
            (At::TrailerLf, b'\n') => Ok(At::Trailer),
            (At::LastLf, b'\n') => Ok(At::Over),
            _ => Err(Malformed::Chunk),
        }
    }

    fn digit(&mut self, digits: u8, byte: u8) -> Result<At, Malformed> {
        let value = char::from(byte).to_digit(16).ok_or(Malformed::Chunk)?;
        if digits == LONGEST_SIZE {
            return Err(Malformed::Chunk);
        }
        self.left = if digits == 0 { 0 } else { self.left << 4 } | u64::from(value);
        Ok(At::Size(digits + 1))
    }

    fn rest(&mut self, byte: u8, then: At) -> Result<At, Malformed> {
        self.rest += 1;
        let is_fit = self.rest < LONGEST_REST && (byte == b'\t' || !byte.is_ascii_control());
        if is_fit { Ok(then) } else { Err(Malformed::Chunk) }
    }

    fn begin(&mut self) -> At {
        self.rest = 0;
        if self.left == 0 { At::Trailer } else { At::Data }
    }
}
