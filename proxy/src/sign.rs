//! AWS Signature Version 4 for S3 reads.
//!
//! Input: a request in canonical form, keys, and the instant of signing. Output: the value of `Authorization`.
//! Must not: ask the clock, keep state, or change what it signs; what is signed is what is sent.

pub mod canonical;
pub mod encode;
pub mod key;

pub use canonical::{CanonicalRequest, EMPTY_PAYLOAD_SHA256};
pub use key::{KeyCache, SigningKey};

use jiff::Timestamp;

/// The one algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The instant as `x-amz-date` wants it, in UTC whatever the machine's zone.
pub fn amz_date(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The value of `Authorization` for `request`, which must carry `amz_date` as its `x-amz-date`.
pub fn authorization(
    request: &CanonicalRequest<'_>,
    access_key_id: &str,
    amz_date: &str,
    key: &SigningKey,
) -> String {
    let scope = key.scope();
    let text = format!("{ALGORITHM}\n{amz_date}\n{scope}\n{}", request.sha256_hex());
    let signature = key.sign(text.as_bytes());
    let signed_headers = request.signed_headers();
    format!(
        "{ALGORITHM} Credential={access_key_id}/{scope},SignedHeaders={signed_headers},Signature={signature}"
    )
}

#[cfg(test)]
mod tests;
