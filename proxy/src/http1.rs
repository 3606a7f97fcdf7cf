//! HTTP/1.1 without I/O: bytes in, heads and pieces of bodies out.
//!
//! Input: bytes as they arrived, in any split. Output: where a head ends, what it says, how its body is delimited. Must
//! not: mend what is written in an unusual way. Two programs that mend it differently read two different messages, and
//! that is how requests are smuggled.

pub mod chunked;
pub mod extent;
pub mod fields;
pub mod framing;
pub mod request;
pub mod response;

pub use extent::Extent;
pub use framing::{Decoder, Framing, Step};
pub use request::RequestHead;
pub use response::ResponseHead;

/// Why bytes are no HTTP/1.1 message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Parsers are known to read these in different ways.
    #[error("a head may not hold a bare CR, a bare LF, a NUL or another control character")]
    Stray,
    /// Not three parts, or not of the right characters.
    #[error("the first line is none of HTTP/1.1")]
    FirstLine,
    /// An older client could not tell a cut answer from a whole one; a newer one speaks another protocol.
    #[error("only HTTP/1.1 is spoken")]
    Version,
    /// No name, a space before the colon, or the continuation of the line before.
    #[error("a header line is not written as name, colon, value")]
    Field,
    /// More than are looked at.
    #[error("a head has too many lines")]
    TooManyFields,
    /// Lengths that contradict each other, or are no numbers.
    #[error("the length of the body can be read in more than one way")]
    Length,
    /// Another one than `chunked`.
    #[error("the transfer coding is not chunked")]
    Coding,
    /// A size that is no number, a line without an end.
    #[error("the body is not chunked as it should be")]
    Chunk,
}

#[cfg(test)]
mod tests;
