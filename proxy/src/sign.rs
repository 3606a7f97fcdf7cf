//! AWS Signature Version 4 for S3 reads.
//!
//! Input: a request in canonical form, keys, and the instant of signing. Output: the signature, and `Authorization`.
//! Must not: ask the clock, keep state, or change what it signs; what is signed is what is sent.

pub mod canonical;
pub mod encode;
pub mod hex;
pub mod key;

pub use canonical::{CanonicalRequest, EMPTY_PAYLOAD_SHA256};
pub use hex::Hex;
pub use key::{KeyCache, SigningKey};

use jiff::{Timestamp, tz::Offset};

/// The one algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The instant as `x-amz-date` wants it, in UTC whatever the machine's zone. Written by hand: each request is dated, and
/// a general formatter costs as much as a quarter of its signature.
pub fn amz_date(now: Timestamp) -> String {
    let at = Offset::UTC.to_datetime(now);
    let mut date = String::with_capacity(16);
    // No clock is set before the year 0; the calendar ends with the year 9999.
    let year = at.year().max(0);
    for number in [year / 100, year % 100, at.month().into(), at.day().into()] {
        put_two(&mut date, number);
    }
    date.push('T');
    for number in [at.hour(), at.minute(), at.second()] {
        put_two(&mut date, number.into());
    }
    date.push('Z');
    date
}

/// Of a number below 100.
fn put_two(text: &mut String, number: i16) {
    for digit in [number / 10, number % 10] {
        text.extend(u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10)));
    }
}

/// The signature of `request`, which must carry `amz_date` as its `x-amz-date`. `scratch` is empty before and afterwards.
pub fn signature(
    request: &CanonicalRequest<'_>,
    amz_date: &str,
    key: &SigningKey,
    scratch: &mut Vec<u8>,
) -> Hex {
    let hash = request.sha256(scratch);
    key.sign(&[ALGORITHM, "\n", amz_date, "\n", key.scope(), "\n", hash.as_str()])
}

/// The value of `Authorization`, behind what is there already.
pub fn put_authorization(
    out: &mut Vec<u8>,
    request: &CanonicalRequest<'_>,
    access_key_id: &str,
    key: &SigningKey,
    signature: &Hex,
) {
    for piece in [ALGORITHM, " Credential=", access_key_id, "/", key.scope(), ",SignedHeaders="] {
        out.extend_from_slice(piece.as_bytes());
    }
    request.put_signed_headers(out);
    for piece in [",Signature=", signature.as_str()] {
        out.extend_from_slice(piece.as_bytes());
    }
}

#[cfg(test)]
mod tests;
