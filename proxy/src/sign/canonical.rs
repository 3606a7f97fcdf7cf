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
    pub fn put_signed_headers(&self, list: &mut String) {
        for (nth, (name, _)) in self.headers.iter().enumerate() {
            if nth > 0 {
                list.push(';');
            }
            list.push_str(name);
        }
    }

    /// The hash of the canonical text, in hexadecimal.
    pub fn sha256(&self) -> Hex {
        Hex::of(digest::digest(&digest::SHA256, self.text().as_bytes()).as_ref())
    }

    /// In one piece: hashing thirty pieces costs more than putting them together.
    fn text(&self) -> String {
        let Self { method, path, query, headers } = self;
        let mut text = String::with_capacity(self.longest());
        for piece in [*method, "\n", path, "\n", query, "\n"] {
            text.push_str(piece);
        }
        for (name, value) in *headers {
            for piece in [*name, ":", *value, "\n"] {
                text.push_str(piece);
            }
        }
        text.push('\n');
        self.put_signed_headers(&mut text);
        text.push('\n');
        text.push_str(EMPTY_PAYLOAD_SHA256);
        text
    }

    /// Bytes that the text fits into: each name is in it twice.
    fn longest(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| 2 * name.len() + value.len() + 3);
        128 + self.path.len() + self.query.len() + headers.sum::<usize>()
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
        assert_eq!(request.text(), expected);
        assert!(request.longest() >= expected.len());
    }
}
