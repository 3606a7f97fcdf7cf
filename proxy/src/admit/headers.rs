//! Which of a client's headers S3 gets to see.
//!
//! Input: all headers of a request. Output: the few that a read needs, values as they will be signed and sent.
//! Must not: let the client set a date, a token, or anything else that S3 acts upon.

use super::Refusal;
use crate::sign::EMPTY_PAYLOAD_SHA256;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONNECTION, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
        USER_AGENT,
    },
};

/// Passed on and, but for the user agent, signed.
const FORWARDED: [HeaderName; 7] =
    [RANGE, IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, IF_RANGE, USER_AGENT];

/// What S3 clients send of themselves although a re-signing proxy has no use for it.
const IGNORED_AMZ: [&str; 2] = ["x-amz-date", "x-amz-checksum-mode"];

/// The headers to pass on. Others are left behind; those that try to steer S3 are refused.
pub fn forwarded(headers: &HeaderMap) -> Result<HeaderMap, Refusal> {
    headers.iter().try_for_each(|(name, value)| is_harmless(name, value))?;
    let mut passed = HeaderMap::new();
    for name in FORWARDED.into_iter().filter(|name| !is_nominated(headers, name)) {
        if let Some(value) = only(headers, &name)? {
            passed.insert(name, normal(value)?);
        }
    }
    Ok(passed)
}

fn is_harmless(name: &HeaderName, value: &HeaderValue) -> Result<(), Refusal> {
    let name = name.as_str();
    let harmless = match name {
        "x-amz-content-sha256" => value == EMPTY_PAYLOAD_SHA256 || value == "UNSIGNED-PAYLOAD",
        _ => !name.starts_with("x-amz-") || IGNORED_AMZ.contains(&name),
    };
    if harmless { Ok(()) } else { Err(Refusal::Header) }
}

/// Whether `Connection` names this header as one for us alone.
fn is_nominated(headers: &HeaderMap, name: &HeaderName) -> bool {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|token| token.trim().eq_ignore_ascii_case(name.as_str()))
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(Refusal::Header),
    }
}

/// The value in the one form that is both signed and sent: visible ASCII, single spaces.
fn normal(value: &HeaderValue) -> Result<HeaderValue, Refusal> {
    let text = value.to_str().map_err(|_| Refusal::Header)?;
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    HeaderValue::try_from(words.join(" ")).map_err(|_| Refusal::Header)
}
