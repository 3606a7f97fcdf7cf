//! The canonical form of a request, which is also its form on the wire.
//!
//! Input: method, encoded path and query, headers to sign. Output: the canonical text's hash and the list of signed
//! headers. Must not: encode, sort or trim anything itself: it describes what is sent, it does not mend it.

use sha2::{Digest, Sha256};

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
    pub fn signed_headers(&self) -> String {
        self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
    }

    /// The canonical text, hashed piece by piece.
    pub fn sha256_hex(&self) -> String {
        let mut hash = Sha256::new();
        self.pieces(|piece| hash.update(piece.as_bytes()));
        hex::encode(hash.finalize())
    }

    fn pieces(&self, mut put: impl FnMut(&str)) {
        let Self { method, path, query, headers } = self;
        [method, "\n", path, "\n", query, "\n"].into_iter().for_each(&mut put);
        for (name, value) in *headers {
            [name, ":", value, "\n"].into_iter().for_each(&mut put);
        }
        ["\n", &self.signed_headers(), "\n", EMPTY_PAYLOAD_SHA256].into_iter().for_each(&mut put);
    }
}

#[cfg(test)]
mod tests {
    use super::CanonicalRequest;

    #[test]
    fn the_text_is_laid_out_as_documented() {
        let headers = [("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9")];
        let request = CanonicalRequest { method: "GET", path: "/test.txt", query: "", headers: &headers };
        let mut text = String::new();
        request.pieces(|piece| text.push_str(piece));
        let expected = "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n\nhost;range\n\
                        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(text, expected);
    }
}
