//! Which of a client's headers S3 gets to see.
//!
//! Input: all headers of a request. Output: the few that a read needs, values as they will be signed and sent.
//! Must not: let the client set a date, a token, or anything else that S3 acts upon.

use super::Refusal;
use crate::{http1::RequestHead, sign::EMPTY_PAYLOAD_SHA256};

/// A header that is passed on; in the order in which signatures name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the header of its name")]
pub enum Precondition {
    IfMatch,
    IfModifiedSince,
    IfNoneMatch,
    IfRange,
    IfUnmodifiedSince,
    Range,
    /// Of no consequence, and so not signed: proxies on the way may change it.
    UserAgent,
}

use Precondition::{IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince, Range, UserAgent};

const ALL: [Precondition; 7] =
    [IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince, Range, UserAgent];

impl Precondition {
    /// As it is sent.
    pub fn name(self) -> &'static str {
        match self {
            IfMatch => "if-match",
            IfModifiedSince => "if-modified-since",
            IfNoneMatch => "if-none-match",
            IfRange => "if-range",
            IfUnmodifiedSince => "if-unmodified-since",
            Range => "range",
            UserAgent => "user-agent",
        }
    }

    fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|own| own.name().eq_ignore_ascii_case(name))
    }
}

/// The headers that are passed on, each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed([Option<String>; ALL.len()]);

impl Passed {
    /// Its value.
    pub fn get(&self, name: Precondition) -> Option<&str> {
        self.0[name as usize].as_deref()
    }

    /// In place of what the client sent.
    pub fn set(&mut self, name: Precondition, value: Option<String>) {
        self.0[name as usize] = value;
    }

    /// Names and values, in the order of signatures.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        ALL.into_iter().filter_map(|name| Some((name.name(), self.get(name)?)))
    }
}

/// What S3 clients send of themselves although a re-signing proxy has no use for it.
const IGNORED_AMZ: [&str; 2] = ["x-amz-date", "x-amz-checksum-mode"];

/// The headers to pass on. Others are left behind; those that try to steer S3 are refused.
pub fn forwarded(head: &RequestHead<'_>) -> Result<Passed, Refusal> {
    let mut passed = Passed::default();
    for (name, value) in head.fields() {
        is_harmless(name, value)?;
        let Some(own) = Precondition::named(name).filter(|own| !head.lists("connection", own.name())) else {
            continue;
        };
        if passed.get(own).is_some() {
            return Err(Refusal::Header);
        }
        passed.set(own, Some(normal(value)?));
    }
    Ok(passed)
}

fn is_harmless(name: &str, value: &[u8]) -> Result<(), Refusal> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let harmless = if !name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-")) {
        true
    } else if is("x-amz-content-sha256") {
        value == EMPTY_PAYLOAD_SHA256.as_bytes() || value == b"UNSIGNED-PAYLOAD"
    } else {
        IGNORED_AMZ.into_iter().any(is)
    };
    if harmless { Ok(()) } else { Err(Refusal::Header) }
}

/// The value in the one form that is both signed and sent: visible ASCII, single spaces.
fn normal(value: &[u8]) -> Result<String, Refusal> {
    if !value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
        return Err(Refusal::Header);
    }
    let text = std::str::from_utf8(value).map_err(|_| Refusal::Header)?;
    if !value.windows(2).any(|pair| pair == b"  ") && !value.contains(&b'\t') {
        // Its ends are trimmed already.
        return Ok(text.to_owned());
    }
    let mut words = text.split_ascii_whitespace();
    let mut normal = String::with_capacity(text.len());
    normal.extend(words.next());
    words.for_each(|word| normal.extend([" ", word]));
    Ok(normal)
}
