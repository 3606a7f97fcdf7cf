//! Where a head ends.
//!
//! Input: the bytes of a head that are here so far. Output: its length once it is whole. Must not: parse, or wait for
//! the end of a head that is malformed already: who waits for that can be kept waiting.

use super::Malformed;
use memchr::memchr;

/// How far a head was looked at.
#[derive(Debug, Default)]
pub struct Extent {
    /// Where the present line begins.
    line: usize,
}

impl Extent {
    /// The length of the head at the front of `bytes`, with its empty line, if that is here. Called anew as bytes arrive.
    pub fn of(&mut self, bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        while let Some(length) = memchr(b'\n', &bytes[self.line..]) {
            let end = self.line + length;
            let line = bytes[self.line..end].strip_suffix(b"\r").ok_or(Malformed::Stray)?;
            is_clean(line)?;
            self.line = end + 1;
            if line.is_empty() {
                return Ok(Some(self.line));
            }
        }
        let begun = &bytes[self.line..];
        is_clean(begun.strip_suffix(b"\r").unwrap_or(begun))?;
        Ok(None)
    }
}

/// Without branches, so that sixteen bytes are looked at together.
fn is_clean(line: &[u8]) -> Result<(), Malformed> {
    let stray = |byte: u8| u8::from(byte < b' ' && byte != b'\t' || byte == 0x7f);
    let any = line.iter().fold(0, |any, byte| any | stray(*byte));
    if any > 0 { Err(Malformed::Stray) } else { Ok(()) }
}

/// Empty lines before a head, which RFC 9112 §2.2 asks to overlook; two of them are patience enough.
pub fn padding(bytes: &[u8]) -> usize {
    bytes.chunks(2).take(2).take_while(|pair| *pair == b"\r\n").count() * 2
}
