use super::{Said, put_head, put_local, put_refused, put_unavailable, scrubbed};
use crate::{admit::Verb, credentials::Issued, errors_xml::S3Error, http1::ResponseHead, transfer::Part};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;

/// What is written of such an answer.
fn written(fields: &[(&str, &str)], said: Said) -> String {
    let mut out = Vec::new();
    put_head(&mut out, &ResponseHead::of(206, fields), said, false);
    String::from_utf8(out).unwrap()
}

#[test]
fn fault_d14_what_a_reader_relies_on_passes_as_it_was_written() {
    let head = written(
        &[
            ("Content-Range", "bytes 0-9/100"),
            ("Content-Length", "10"),
            ("content-encoding", "gzip"),
            ("ETag", "\"a\""),
            ("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
            ("x-amz-meta-a", "b"),
        ],
        Said::Bytes(10),
    );
    let expected = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/100\r\ncontent-encoding: gzip\r\n\
                    ETag: \"a\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nx-amz-meta-a: b\r\n\
                    content-length: 10\r\n\r\n";
    assert_eq!(head, expected);
}

#[test]
fn a_share_of_what_s3_sends_is_described_as_what_it_is() {
    let share = Part { first: 2, last: 4, total: Some(100) };
    let head = written(&[("Content-Range", "bytes 2-99/100"), ("etag", "\"a\"")], Said::Part(share));
    let expected = "HTTP/1.1 206 Partial Content\r\netag: \"a\"\r\ncontent-range: bytes 2-4/100\r\n\
                    content-length: 3\r\n\r\n";
    assert_eq!(head, expected);
}

#[test]
fn fault_g16_what_steers_a_client_is_dropped() {
    let head = written(
        &[
            ("Set-Cookie", "a=b"),
            ("location", "http://elsewhere/"),
            ("connection", "keep-alive, X-Private"),
            ("x-private", "1"),
            ("Keep-Alive", "timeout=5"),
            ("www-authenticate", "Basic"),
            ("upgrade", "h2c"),
            ("etag", "\"a\""),
        ],
        Said::Nothing,
    );
    assert_eq!(head, "HTTP/1.1 206 Partial Content\r\netag: \"a\"\r\n\r\n");
}

#[test]
fn a_length_beside_a_transfer_coding_does_not_count() {
    let head = written(&[("content-length", "10"), ("transfer-encoding", "chunked")], Said::Chunked);
    assert_eq!(head, "HTTP/1.1 206 Partial Content\r\ntransfer-encoding: chunked\r\n\r\n");
}

#[test]
fn a_connection_header_cannot_take_the_length_away() {
    let head = written(&[("content-length", "10"), ("connection", "content-length")], Said::Bytes(10));
    assert_eq!(head, "HTTP/1.1 206 Partial Content\r\ncontent-length: 10\r\n\r\n");
}

#[test]
fn an_error_loses_what_described_its_document() {
    let head = ResponseHead::of(
        416,
        &[
            ("content-length", "999"),
            ("Content-Encoding", "gzip"),
            ("content-type", "text/html"),
            ("content-range", "bytes */5"),
            ("x-amz-request-id", "1"),
        ],
    );
    let (mut on_head, mut on_get) = (Vec::new(), Vec::new());
    let error = S3Error::of("InvalidRange", "No.");
    put_refused(&mut on_head, &head, &error, Verb::Head, false);
    let kept = "HTTP/1.1 416 Range Not Satisfiable\r\ncontent-range: bytes */5\r\nx-amz-request-id: 1\r\n";
    assert_eq!(String::from_utf8(on_head).unwrap(), format!("{kept}\r\n"));
    put_refused(&mut on_get, &head, &error, Verb::Get, false);
    let document = String::from_utf8(error.to_xml().to_vec()).unwrap();
    let expected = format!(
        "{kept}content-type: application/xml\r\ncontent-length: {}\r\n\r\n{document}",
        document.len()
    );
    assert_eq!(String::from_utf8(on_get).unwrap(), expected);
}

#[test]
fn an_answer_made_here_says_what_it_is_and_whether_it_is_the_last() {
    let (mut out, mut unavailable) = (Vec::new(), Vec::new());
    let (status, error) = (StatusCode::METHOD_NOT_ALLOWED, S3Error::of("MethodNotAllowed", "No."));
    put_local(&mut out, status, "allow: GET, HEAD\r\n", &error, Verb::Head, true);
    assert_eq!(out, b"HTTP/1.1 405 Method Not Allowed\r\nallow: GET, HEAD\r\nconnection: close\r\n\r\n");
    put_unavailable(&mut unavailable, Verb::Get, false);
    let text = String::from_utf8(unavailable).unwrap();
    assert!(text.starts_with("HTTP/1.1 503 Service Unavailable\r\n") && !text.contains("close"), "{text}");
}

#[test]
fn fault_g18_a_message_that_repeats_a_credential_is_dropped() {
    let issued = Issued {
        generation: 1,
        access_key_id: "canary-id".into(),
        secret_access_key: "canary-secret".into(),
        session_token: Some(HeaderValue::from_static("canary-token")),
        received_at: Timestamp::UNIX_EPOCH,
        expires_at: Timestamp::UNIX_EPOCH,
    };
    for secret in ["canary-id", "canary-secret", "canary-token"] {
        let error = scrubbed(S3Error::of("InvalidArgument", &format!("Bad token {secret}.")), &issued);
        assert_eq!(error, S3Error::of("InvalidArgument", ""), "{secret}");
    }
}
