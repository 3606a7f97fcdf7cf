//! S3's error documents, rewritten: they may echo tokens and canonical requests.
//!
//! Input: the first bytes of an error body. Output: code, message and request id, each of a harmless alphabet, and a
//! document of our own with just these. Must not: pass on anything else, whatever the body holds.

use bytes::Bytes;
use std::fmt::Write as _;

/// S3's own documents are below 2 KiB; beyond this nobody looks.
pub const LONGEST_DOCUMENT: usize = 16 * 1024;
const LONGEST_CODE: usize = 64;
const LONGEST_MESSAGE: usize = 300;
const LONGEST_REQUEST_ID: usize = 128;

/// What is kept of an error document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Error {
    /// Such as `NoSuchKey`; empty where there was none.
    pub code: String,
    /// For people; empty where there was none, or none fit to be shown.
    pub message: String,
    /// For a support case; empty where there was none.
    pub request_id: String,
}

impl S3Error {
    /// Of our own making.
    pub fn of(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned(), request_id: String::new() }
    }

    /// Reads what S3 sent; whatever does not look right is left empty. Total: no input makes it fail.
    pub fn read(body: &[u8]) -> Self {
        let body = &body[..body.len().min(LONGEST_DOCUMENT)];
        let text = String::from_utf8_lossy(body);
        let field = |name, longest, is_fit: fn(char) -> bool| {
            element(&text, name)
                .filter(|value| value.len() <= longest && value.chars().all(is_fit))
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            code: field("Code", LONGEST_CODE, is_word),
            message: field("Message", LONGEST_MESSAGE, is_prose),
            request_id: field("RequestId", LONGEST_REQUEST_ID, is_id),
        }
    }

    /// The document that goes to the client.
    pub fn to_xml(&self) -> Bytes {
        let mut xml = r#"<?xml version="1.0" encoding="UTF-8"?><Error>"#.to_owned();
        for (name, value) in
            [("Code", &self.code), ("Message", &self.message), ("RequestId", &self.request_id)]
        {
            // Writing to a String does not fail.
            let _ = write!(xml, "<{name}>{}</{name}>", escape(value));
        }
        xml.push_str("</Error>");
        xml.into()
    }
}

/// The text of the first element of this name, if it has only text inside.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let after = text.split_once(&format!("<{name}>"))?.1;
    let (value, closing) = after.split_once('<')?;
    closing.strip_prefix('/')?.strip_prefix(name)?.strip_prefix('>')?;
    Some(value)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// No `&`: an entity could spell anything.
fn is_prose(c: char) -> bool {
    (c.is_ascii_graphic() || c == ' ') && c != '&'
}

fn is_id(c: char) -> bool {
    is_word(c) || matches!(c, '/' | '+' | '=')
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_DOCUMENT, S3Error};
    use proptest::prelude::*;

    const EXPIRED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message>
<Token-0>canary-token</Token-0><RequestId>4442587FB7D0A2F9</RequestId><HostId>canary</HostId></Error>"#;

    #[test]
    fn fault_g18_code_message_and_request_id_are_kept_and_nothing_else() {
        let error = S3Error::read(EXPIRED.as_bytes());
        assert_eq!(error.code, "ExpiredToken");
        assert_eq!(error.message, "The provided token has expired.");
        assert_eq!(error.request_id, "4442587FB7D0A2F9");
        assert!(!String::from_utf8_lossy(&error.to_xml()).contains("canary"));
    }

    #[test]
    fn what_is_written_reads_back() {
        let error =
            S3Error { request_id: "a/b+c=".into(), ..S3Error::of("NoSuchKey", "It isn't there (really).") };
        assert_eq!(S3Error::read(&error.to_xml()), error);
    }

    #[test]
    fn what_does_not_look_right_is_left_empty() {
        for body in
            ["", "<html>502</html>", "<Code>", "<Code></Message>", "<Code>a<b/></Code>", "<Code>a b</Code>"]
        {
            assert_eq!(S3Error::read(body.as_bytes()), S3Error::default(), "{body}");
        }
        let spelled = "<Message>&#99;anary</Message>";
        assert_eq!(S3Error::read(spelled.as_bytes()).message, "");
    }

    #[test]
    fn an_endless_document_is_looked_at_only_so_far() {
        let mut body = vec![b' '; LONGEST_DOCUMENT];
        body.extend_from_slice(EXPIRED.as_bytes());
        assert_eq!(S3Error::read(&body), S3Error::default());
    }

    proptest! {
        #[test]
        fn any_body_becomes_a_small_document_of_three_elements(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let xml = S3Error::read(&body).to_xml();
            prop_assert!(xml.len() < 1024);
            prop_assert_eq!(String::from_utf8_lossy(&xml).matches('<').count(), 9);
        }
    }
}
