//! Percent-coding as S3 canonicalises it: decoded once, encoded once.
//!
//! Input: a piece of a request target, or the decoded text. Output: the other one. Must not: treat `+` as a space,
//! normalise `.`, `..` or `//`, or accept what decodes in more than one way.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same for paths, where `/` separates.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// A text that is no percent-coding of UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a '%' must be followed by two hexadecimal digits, and the decoded bytes must be UTF-8 without NUL")]
pub struct Undecodable;

/// Decodes once; `%2520` becomes `%20`, `+` stays. Most keys have nothing to decode, and are not copied.
pub fn decode(text: &str) -> Result<Cow<'_, str>, Undecodable> {
    if !is_well_formed(text.as_bytes()) {
        return Err(Undecodable);
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| Undecodable)?;
    if decoded.contains('\0') { Err(Undecodable) } else { Ok(decoded) }
}

/// A key, `/` kept, behind what is there already.
pub fn put_path(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, RESERVED_IN_PATH));
}

/// A key, `/` kept.
pub fn encode_path(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, RESERVED_IN_PATH)).into_owned()
}

/// A name or value of a query.
pub fn encode_query(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, RESERVED)).into_owned()
}

fn is_well_formed(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::{Undecodable, decode, encode_path, encode_query};
    use proptest::prelude::*;
    use std::borrow::Cow;

    #[test]
    fn decoding_happens_once() {
        assert_eq!(decode("a%2520b").as_deref(), Ok("a%20b"));
        assert_eq!(decode("a+b%2B").as_deref(), Ok("a+b+"));
        assert_eq!(decode("%e2%82%AC").as_deref(), Ok("€"));
    }

    #[test]
    fn what_is_no_percent_coding_is_refused() {
        for text in ["%", "a%2", "%zz", "%%20", "%+1", "%ff", "%c3", "a%00b", "\u{e9}%e9"] {
            assert_eq!(decode(text), Err(Undecodable), "{text}");
        }
    }

    #[test]
    fn what_is_plain_already_is_not_copied() {
        assert!(matches!(decode("kopia.repository"), Ok(Cow::Borrowed(_))));
        assert_eq!(decode("a\0b"), Err(Undecodable));
    }

    #[test]
    fn the_cases_that_bite_are_encoded_as_s3_does() {
        assert_eq!(encode_path("a b+c=d:e~f//g@,$!*'()"), "a%20b%2Bc%3Dd%3Ae~f//g%40%2C%24%21%2A%27%28%29");
        assert_eq!(encode_path("literal %2F"), "literal%20%252F");
        assert_eq!(encode_query("a/b é"), "a%2Fb%20%C3%A9");
    }

    proptest! {
        #[test]
        fn encoding_reads_back(text in "[^\0]*") {
            prop_assert_eq!(decode(&encode_path(&text)).map(Cow::into_owned), Ok(text.clone()));
            prop_assert_eq!(decode(&encode_query(&text)).map(Cow::into_owned), Ok(text));
        }

        #[test]
        fn encoded_text_is_plain_ascii(text in any::<String>()) {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%/".contains(&b);
            prop_assert!(encode_path(&text).bytes().all(is_plain));
        }
    }
}
