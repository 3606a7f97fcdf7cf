//! Where in S3 a request target points.
//!
//! Input: the raw path. Output: the bucket itself, or a decoded key below the prefix. Must not: judge encoded text;
//! `%2e%2e` and `..` are the same thing and are refused alike.

use super::{Refusal, Territory};
use crate::sign::encode;
use std::borrow::Cow;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place<'a> {
    /// The bucket, to be listed.
    Bucket,
    /// The object of this key, decoded.
    Object(Cow<'a, str>),
}

/// The place a raw path (`/bucket`, `/bucket/`, `/bucket/key…`) names, if it lies within `territory`.
pub fn place<'a>(raw: &'a str, territory: &Territory) -> Result<Place<'a>, Refusal> {
    let below_root = raw.strip_prefix('/').ok_or(Refusal::AbsoluteForm)?;
    let (raw_bucket, raw_key) = below_root.split_once('/').unwrap_or((below_root, ""));
    if decoded(raw_bucket)? != territory.bucket.as_str() {
        return Err(Refusal::OtherBucket);
    }
    match decoded(raw_key)? {
        key if key.is_empty() => Ok(Place::Bucket),
        key => inside(&key, territory.prefix.as_str()).map(|()| Place::Object(key)),
    }
}

/// That a decoded key or listed prefix lies below `prefix`, without `.` or `..` segments.
pub fn inside(text: &str, prefix: &str) -> Result<(), Refusal> {
    if text.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(Refusal::DotSegment);
    }
    match text.strip_prefix(prefix) {
        Some(rest) if is_own(rest, prefix) => Ok(()),
        _ => Err(Refusal::OutsidePrefix),
    }
}

/// Kopia appends its blob names, which hold no `/`, to the prefix as it is. So a prefix without a `/` at its end stands
/// for names that continue it and for what lies in a folder of that name, not for a folder whose name is longer:
/// `group-1` is not `group-10/`.
fn is_own(rest: &str, prefix: &str) -> bool {
    prefix.is_empty() || prefix.ends_with('/') || rest.starts_with('/') || !rest.contains('/')
}

fn decoded(raw: &str) -> Result<Cow<'_, str>, Refusal> {
    encode::decode(raw).map_err(|_| Refusal::Undecodable)
}
