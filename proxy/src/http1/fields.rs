//! Header lines.
//!
//! Input: the lines of a head. Output: names and values. Must not: unfold, join or decode.

use super::Malformed;
use memchr::memchr;
use std::ops::Range;

/// Where a name and its value stand.
pub(super) type Spans = (Range<usize>, Range<usize>);

/// What `made` makes of the spans of all fields in `head`, whose first line ends at `from` and whose last one is empty.
pub(super) fn each<T>(
    head: &[u8],
    from: usize,
    most: usize,
    made: impl Fn(Spans) -> T,
) -> Result<Vec<T>, Malformed> {
    let (mut at, mut fields) = (from, Vec::with_capacity(16));
    while let Some(length) = memchr(b'\n', &head[at..]).filter(|length| *length > 1) {
        if fields.len() == most {
            return Err(Malformed::TooManyFields);
        }
        fields.push(made(span(head, at, at + length - 1)?));
        at += length + 1;
    }
    Ok(fields)
}

fn span(head: &[u8], from: usize, to: usize) -> Result<Spans, Malformed> {
    let colon = memchr(b':', &head[from..to]).ok_or(Malformed::Field)?;
    let name = from..from + colon;
    if !is_token(&head[name.clone()]) {
        return Err(Malformed::Field);
    }
    let value = &head[name.end + 1..to];
    let left = value.iter().take_while(|byte| is_blank(**byte)).count();
    let right = value[left..].iter().rev().take_while(|byte| is_blank(**byte)).count();
    Ok((name.clone(), name.end + 1 + left..to - right))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// As RFC 9110 §5.6.2 has it; never empty.
pub(super) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| TOKEN[usize::from(*byte)])
}

const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || is_other_token(byte);
        byte += 1;
    }
    table
};

const fn is_other_token(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#'
            | b'$'
            | b'%'
            | b'&'
            | b'\''
            | b'*'
            | b'+'
            | b'-'
            | b'.'
            | b'^'
            | b'_'
            | b'`'
            | b'|'
            | b'~'
    )
}

/// The text of bytes that were found to be ASCII.
pub(super) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
