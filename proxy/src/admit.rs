//! What may be signed at all: reads below one prefix of one bucket.
//!
//! Input: the head of a request, as a client wrote it. Output: the same wish in canonical form, or a [`Refusal`].
//! Must not: pass anything on as it came; what leaves here was decoded, judged and encoded anew.

pub mod body;
pub mod headers;
pub mod method;
pub mod path;
pub mod query;
pub mod refusal;

pub use headers::{Passed, Precondition};
pub use method::Verb;
pub use refusal::Refusal;

use crate::{http1::RequestHead, sign::encode};
use contract::ids::{Bucket, Prefix};
use path::Place;
use std::borrow::Cow;

/// The only place this proxy reads, pinned at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory {
    /// The one bucket.
    pub bucket: Bucket,
    /// What every key and every listed prefix begins with.
    pub prefix: Prefix,
    /// Longest request target that is looked at.
    pub target_bytes: usize,
}

/// A request that may be signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// GET or HEAD.
    pub verb: Verb,
    /// Encoded once: `/bucket/key`.
    pub path: String,
    /// Encoded once and sorted, without `?`; empty where there is none.
    pub query: String,
    /// The client's headers that S3 gets to see, beside our own.
    pub headers: Passed,
}

impl Admitted {
    /// Whether the bucket is asked for, and not an object.
    pub fn is_of_bucket(&self) -> bool {
        !self.query.is_empty()
    }
}

impl Territory {
    /// The wish of a client in canonical form, if it lies within these bounds.
    pub fn admit(&self, head: &RequestHead<'_>) -> Result<Admitted, Refusal> {
        let verb = method::verb(head.method)?;
        body::none(head)?;
        let (raw_path, raw_query) = self.origin_form(head.target)?;
        let (key, query) = match path::place(raw_path, self)? {
            Place::Object(key) => (key, query::of_object(raw_query)?),
            Place::Bucket => (Cow::default(), query::of_bucket(raw_query, verb, &self.prefix)?),
        };
        Ok(Admitted { verb, path: self.path(&key), query, headers: headers::forwarded(head)? })
    }

    fn path(&self, key: &str) -> String {
        let bucket = self.bucket.as_str();
        let mut path = String::with_capacity(bucket.len() + key.len() + 2);
        for piece in ["/", bucket, "/"] {
            path.push_str(piece);
        }
        encode::put_path(&mut path, key);
        path
    }

    fn origin_form<'a>(&self, target: &'a str) -> Result<(&'a str, &'a str), Refusal> {
        if !target.starts_with('/') {
            return Err(Refusal::AbsoluteForm);
        }
        if target.len() > self.target_bytes {
            return Err(Refusal::TargetTooLong);
        }
        if target.contains('#') {
            // A fragment is no part of a request; some take it off, others take it for a part of the key.
            return Err(Refusal::Undecodable);
        }
        Ok(target.split_once('?').unwrap_or((target, "")))
    }
}

#[cfg(test)]
mod tests;
