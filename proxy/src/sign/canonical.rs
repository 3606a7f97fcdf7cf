//! The canonical form of a request, which is also its form on the wire.
//!
//! Input: method, encoded path and query, headers to sign. Output: the canonical text's hash and the list of signed
//! headers. Must not: encode, sort or trim anything itself: it describes what is sent, it does not mend it.

use super::hex::Hex;
use ring::digest;

/// SHA-256 of nothing: the payload of every GET and HEAD.
pub const EMPTY_PAYLOAD_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A request without a body, as it goes out.
#[derive(Clone, Copy)]
pub struct CanonicalRequest<'a> {
    /// `GET` or `HEAD`.
    pub method: &'a str,
    /// Percent-encoded once, beginning with `/`.
    pub path: &'a str,
    /// Percent-encoded once, sorted, `name=` where there is no value; without `?`.
    pub query: &'a str,
    /// Lower-case names in ascending order, values as sent: trimmed, single spaces.
    pub headers: &'a [(&'a str, &'a str)],
}

impl CanonicalRequest<'_> {
    /// The names of all headers, as `SignedHeaders` lists them.
    pub fn put_signed_headers(&self, list: &mut Vec<u8>) {
        for (nth, (name, _)) in self.headers.iter().enumerate() {
            if nth > 0 {
                list.push(b';');
            }
            list.extend_from_slice(name.as_bytes());
        }
    }

    /// The hash of the canonical text, in hexadecimal. `scratch` is where the text is put together, as hashing thirty
    /// pieces costs more; it is empty before and afterwards.
    pub fn sha256(&self, scratch: &mut Vec<u8>) -> Hex {
        self.put_text(scratch);
        let hash = Hex::of(digest::digest(&digest::SHA256, scratch).as_ref());
        scratch.clear();
        hash
    }

    fn put_text(&self, text: &mut Vec<u8>) {
        let Self { method, path, query, headers } = self;
        for piece in [*method, "\n", path, "\n", query, "\n"] {
            text.extend_from_slice(piece.as_bytes());
        }
        for (name, value) in *headers {
            for piece in [*name, ":", *value, "\n"] {
                text.extend_from_slice(piece.as_bytes());
            }
        }
        text.push(b'\n');
        self.put_signed_headers(text);
        text.push(b'\n');
        text.extend_from_slice(EMPTY_PAYLOAD_SHA256.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::CanonicalRequest;

    #[test]
    fn the_text_is_laid_out_as_documented() {
        let headers = [("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9")];
        let request = CanonicalRequest { method: "GET", path: "/test.txt", query: "", headers: &headers };
        let expected = "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n\nhost;range\n\
                        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let mut text = Vec::new();
        request.put_text(&mut text);
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn what_was_put_together_for_a_hash_is_not_kept() {
        let request = CanonicalRequest { method: "GET", path: "/", query: "", headers: &[("host", "h")] };
        let mut scratch = Vec::new();
        let first = request.sha256(&mut scratch);
        assert!(scratch.is_empty());
        assert_eq!(request.sha256(&mut scratch).as_str(), first.as_str());
    }
}
