use super::{is_framed, scrubbed, strip, strip_error};
use crate::{admit::Verb, credentials::Issued, errors_xml::S3Error};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use jiff::Timestamp;

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect()
}

fn names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn fault_d14_what_a_reader_relies_on_passes() {
    let lines = [
        ("content-length", "10"),
        ("content-range", "bytes 0-9/100"),
        ("content-encoding", "gzip"),
        ("etag", "\"a\""),
        ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("x-amz-meta-a", "b"),
    ];
    let mut passed = headers(&lines);
    strip(&mut passed);
    assert_eq!(passed, headers(&lines));
}

#[test]
fn fault_g16_what_steers_a_client_is_dropped() {
    let mut passed = headers(&[
        ("set-cookie", "a=b"),
        ("location", "http://elsewhere/"),
        ("connection", "keep-alive, x-private"),
        ("x-private", "1"),
        ("keep-alive", "timeout=5"),
        ("www-authenticate", "Basic"),
        ("upgrade", "h2c"),
        ("etag", "\"a\""),
    ]);
    strip(&mut passed);
    assert_eq!(names(&passed), ["etag"]);
}

#[test]
fn a_length_beside_a_transfer_coding_does_not_count() {
    let mut passed = headers(&[("content-length", "10"), ("transfer-encoding", "chunked")]);
    strip(&mut passed);
    assert!(passed.is_empty());
}

#[test]
fn a_connection_header_cannot_take_the_length_away() {
    let mut passed = headers(&[("content-length", "10"), ("connection", "content-length")]);
    strip(&mut passed);
    assert_eq!(names(&passed), ["content-length"]);
}

#[test]
fn an_error_loses_what_described_its_document() {
    let mut passed = headers(&[
        ("content-length", "999"),
        ("content-encoding", "gzip"),
        ("content-range", "bytes */5"),
        ("x-amz-request-id", "1"),
    ]);
    strip_error(&mut passed);
    assert_eq!(names(&passed), ["content-range", "x-amz-request-id"]);
}

#[test]
fn a_body_that_ends_with_the_connection_is_not_framed() {
    let head = |status: StatusCode, lines| {
        let mut head = Response::new(()).into_parts().0;
        (head.status, head.headers) = (status, headers(lines));
        head
    };
    assert!(!is_framed(&head(StatusCode::OK, &[]), Verb::Get));
    assert!(is_framed(&head(StatusCode::OK, &[("content-length", "0")]), Verb::Get));
    assert!(is_framed(&head(StatusCode::OK, &[("transfer-encoding", "chunked")]), Verb::Get));
    assert!(is_framed(&head(StatusCode::OK, &[]), Verb::Head));
    assert!(is_framed(&head(StatusCode::NOT_MODIFIED, &[]), Verb::Get));
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
