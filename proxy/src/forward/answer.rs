//! Answers on their way to the client.
//!
//! Input: S3's head, and what is known of the body's length. Output: the head without what concerns only our connection
//! to S3, or a rewritten error document. Must not: change a status, a length, or anything an object's reader relies on.

use crate::{admit::Verb, credentials::Issued, errors_xml::S3Error, http1::ResponseHead, transfer::Part};
use bytes::Bytes;
use http::StatusCode;
use std::io::Write as _;

/// Meant for this hop, or an attempt to steer the client elsewhere. Lengths are written anew.
const STRIPPED: [&str; 15] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "content-length",
    "upgrade",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "set-cookie",
    "location",
    "alt-svc",
    "strict-transport-security",
];

/// What described an error document that is replaced.
const OF_DOCUMENT: [&str; 3] = ["content-encoding", "content-type", "etag"];

/// What is said of a body's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Bytes(u64),
    /// That it comes in chunks.
    Chunked,
    /// That it is this part, of a longer one that S3 sends.
    Part(Part),
}

/// The head of an answer that S3 gave.
pub fn put_head(out: &mut Vec<u8>, head: &ResponseHead, said: Said, close: bool) {
    put_status(out, head.status);
    put_fields(out, head, if matches!(said, Said::Part(_)) { &["content-range"] } else { &[] });
    put_end(out, said, close);
}

/// S3's status and headers over a document of ours.
pub fn put_refused(out: &mut Vec<u8>, head: &ResponseHead, error: &S3Error, verb: Verb, close: bool) {
    put_status(out, head.status);
    put_fields(out, head, &OF_DOCUMENT);
    put_document(out, error, verb, close);
}

/// An answer made here, with one more field or none.
pub fn put_local(
    out: &mut Vec<u8>,
    status: StatusCode,
    field: &str,
    error: &S3Error,
    verb: Verb,
    close: bool,
) {
    put_status(out, status);
    out.extend_from_slice(field.as_bytes());
    put_document(out, error, verb, close);
}

/// Asks the client to try again later.
pub fn put_unavailable(out: &mut Vec<u8>, verb: Verb, close: bool) {
    let error = S3Error::of("ServiceUnavailable", contract::pods::OUTAGE_MESSAGE);
    put_local(out, StatusCode::SERVICE_UNAVAILABLE, "", &error, verb, close);
}

fn put_status(out: &mut Vec<u8>, status: StatusCode) {
    for piece in ["HTTP/1.1 ", status.as_str(), " ", status.canonical_reason().unwrap_or_default(), "\r\n"] {
        out.extend_from_slice(piece.as_bytes());
    }
}

fn put_fields(out: &mut Vec<u8>, head: &ResponseHead, also: &[&str]) {
    let nominates = head.has("connection");
    let is_stripped = |name: &[u8]| {
        STRIPPED.iter().chain(also).any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
            || nominates && head.nominates(name)
    };
    for (name, value) in head.fields().filter(|(name, _)| !is_stripped(name)) {
        for piece in [name, b": ", value, b"\r\n"] {
            out.extend_from_slice(piece);
        }
    }
}

fn put_end(out: &mut Vec<u8>, said: Said, close: bool) {
    // Writing to a Vec does not fail.
    let _ = match said {
        Said::Nothing => Ok(()),
        Said::Bytes(bytes) => write!(out, "content-length: {bytes}\r\n"),
        Said::Chunked => write!(out, "transfer-encoding: chunked\r\n"),
        Said::Part(part @ Part { first, last, total }) => {
            let total = total.map_or("*".to_owned(), |total| total.to_string());
            let length = part.bytes();
            write!(out, "content-range: bytes {first}-{last}/{total}\r\ncontent-length: {length}\r\n")
        }
    };
    out.extend_from_slice(if close { b"connection: close\r\n\r\n" } else { b"\r\n" });
}

fn put_document(out: &mut Vec<u8>, error: &S3Error, verb: Verb, close: bool) {
    if verb == Verb::Head {
        return put_end(out, Said::Nothing, close);
    }
    let document: Bytes = error.to_xml();
    out.extend_from_slice(b"content-type: application/xml\r\n");
    put_end(out, Said::Bytes(document.len() as u64), close);
    out.extend_from_slice(&document);
}

/// Without a message or id that repeats one of our credentials.
pub fn scrubbed(error: S3Error, issued: &Issued) -> S3Error {
    let fit = |text: String| if issued.occurs_in(&text) { String::new() } else { text };
    S3Error { code: fit(error.code), message: fit(error.message), request_id: fit(error.request_id) }
}

#[cfg(test)]
mod tests;
