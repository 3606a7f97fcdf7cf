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

pub use method::Verb;
pub use refusal::Refusal;

use crate::sign::encode;
use contract::ids::{Bucket, Prefix};
use http::{HeaderMap, Version, request::Parts};
use path::Place;

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
    pub headers: HeaderMap,
}

impl Admitted {
    /// Whether the bucket is asked for, and not an object.
    pub fn is_of_bucket(&self) -> bool {
        !self.query.is_empty()
    }
}

impl Territory {
    /// The wish of a client in canonical form, if it lies within these bounds.
    pub fn admit(&self, head: &Parts) -> Result<Admitted, Refusal> {
        let verb = method::verb(&head.method)?;
        body::none(&head.headers)?;
        if head.version != Version::HTTP_11 {
            return Err(Refusal::Version);
        }
        let (raw_path, raw_query) = self.origin_form(head)?;
        let (key, query) = match path::place(raw_path, self)? {
            Place::Object(key) => (key, query::of_object(raw_query)?),
            Place::Bucket => (String::new(), query::of_bucket(raw_query, verb, &self.prefix)?),
        };
        let path = format!("/{}/{}", self.bucket, encode::encode_path(&key));
        Ok(Admitted { verb, path, query, headers: headers::forwarded(&head.headers)? })
    }

    fn origin_form<'a>(&self, head: &'a Parts) -> Result<(&'a str, &'a str), Refusal> {
        if head.uri.scheme().is_some() || head.uri.authority().is_some() {
            return Err(Refusal::AbsoluteForm);
        }
        let target = head.uri.path_and_query().ok_or(Refusal::AbsoluteForm)?;
        if target.as_str().len() > self.target_bytes {
            return Err(Refusal::TargetTooLong);
        }
        Ok((target.path(), target.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
