use super::{Admitted, Passed, Precondition, Refusal, Territory, Verb};
use crate::http1::RequestHead;
use proptest::prelude::*;

fn territory(prefix: &str) -> Territory {
    Territory { bucket: "backups".parse().unwrap(), prefix: prefix.parse().unwrap(), target_bytes: 4096 }
}

fn head<'a>(method: &'a str, target: &'a str, fields: &[(&'a str, &'a str)]) -> RequestHead<'a> {
    RequestHead::new(method, target, fields)
}

fn admit(target: &str) -> Result<Admitted, Refusal> {
    territory("a b/").admit(&head("GET", target, &[]))
}

fn admitted_path(target: &str) -> String {
    admit(target).unwrap().path
}

fn with_headers(headers: &[(&str, &str)]) -> Result<Passed, Refusal> {
    territory("").admit(&head("GET", "/backups/x", headers)).map(|admitted| admitted.headers)
}

#[test]
fn a_key_below_the_prefix_is_admitted_in_canonical_form() {
    let admitted = territory("a b/").admit(&head("HEAD", "/backups/a%20b/p%3d1:+~", &[])).unwrap();
    assert_eq!((admitted.verb, admitted.path.as_str()), (Verb::Head, "/backups/a%20b/p%3D1%3A%2B~"));
    assert_eq!(admitted.query, "");
}

#[test]
fn an_encoded_slash_is_a_slash_and_a_literal_one_stays_literal() {
    assert_eq!(admitted_path("/backups/a%20b%2fx"), "/backups/a%20b/x");
    assert_eq!(admitted_path("/backups/a%20b/x%252Fy"), "/backups/a%20b/x%252Fy");
}

#[test]
fn empty_segments_of_a_key_are_kept() {
    assert_eq!(admitted_path("/backups/a%20b//x/"), "/backups/a%20b//x/");
}

#[test]
fn fault_g9_other_buckets_are_refused() {
    for target in
        ["/", "/other/a%20b/x", "//backups/a%20b/x", "/backups%2Fa%20b/x", "/backup", "/Backups/a%20b/x"]
    {
        assert_eq!(admit(target), Err(Refusal::OtherBucket), "{target}");
    }
}

#[test]
fn fault_g9_keys_outside_of_the_prefix_are_refused() {
    for target in
        ["/backups/x", "/backups/a+b/x", "/backups/a%2520b/x", "/backups//a%20b/x", "/backups/a%20b"]
    {
        assert_eq!(admit(target), Err(Refusal::OutsidePrefix), "{target}");
    }
}

#[test]
fn fault_g9_a_prefix_without_a_slash_does_not_reach_into_longer_names() {
    let group = territory("group-1");
    let admit = |target: &str| group.admit(&head("GET", target, &[])).map(|_| ());
    for target in
        ["/backups/group-1kopia.repository", "/backups/group-1/x", "/backups/?list-type=2&prefix=group-1xe"]
    {
        assert_eq!(admit(target), Ok(()), "{target}");
    }
    for target in ["/backups/group-10/x", "/backups/group-10%2fx", "/backups/?list-type=2&prefix=group-10/"] {
        assert_eq!(admit(target), Err(Refusal::OutsidePrefix), "{target}");
    }
}

#[test]
fn fault_g9_the_prefix_is_not_escaped_by_dots() {
    for dots in ["..", "%2e%2e", "%2E.", ".%2e", ".", "%2e"] {
        for target in [format!("/backups/a%20b/{dots}/x"), format!("/backups/a%20b/x/{dots}")] {
            assert_eq!(admit(&target), Err(Refusal::DotSegment), "{target}");
        }
    }
    assert_eq!(admit("/backups/a%20b/..%2fx"), Err(Refusal::DotSegment));
    assert!(admit("/backups/a%20b/..x").is_ok());
}

#[test]
fn fault_g9_what_has_no_single_decoding_is_refused() {
    for target in [
        "/backups/a%20b/x#y",
        "/backups/a%20b/%zz",
        "/backups/a%20b/%",
        "/backups/a%20b/%ff",
        "/backups/a%20b/%00",
        "/%/x",
    ] {
        assert_eq!(admit(target), Err(Refusal::Undecodable), "{target}");
    }
}

#[test]
fn fault_g9_an_object_has_no_sub_resources() {
    for query in
        ["acl", "versionId=1", "uploads", "partNumber=1", "response-content-type=a", "x-id=GetObject"]
    {
        assert_eq!(admit(&format!("/backups/a%20b/x?{query}")), Err(Refusal::Query), "{query}");
    }
    assert_eq!(admit("/backups/a%20b/x?").unwrap().query, "");
}

#[test]
fn kopias_list_is_admitted_sorted_and_encoded() {
    let target = "/backups/?delimiter=%2F&encoding-type=url&fetch-owner=true&list-type=2&prefix=a%20b%2Fxe";
    let admitted = admit(target).unwrap();
    assert_eq!(admitted.path, "/backups/");
    assert_eq!(format!("/backups/?{}", admitted.query), target);
}

#[test]
fn a_plus_in_a_query_is_a_plus() {
    let admitted = admit("/backups?prefix=a%20b/x+y&list-type=2&start-after=%e2%82%ac").unwrap();
    assert_eq!(admitted.query, "list-type=2&prefix=a%20b%2Fx%2By&start-after=%E2%82%AC");
}

#[test]
fn the_location_of_the_bucket_may_be_asked_for() {
    for target in ["/backups?location", "/backups/?location="] {
        assert_eq!(admit(target).unwrap().query, "location=");
    }
    assert_eq!(admit("/backups?location=x"), Err(Refusal::Query));
}

#[test]
fn fault_g9_lists_stay_below_the_prefix() {
    for query in ["list-type=2", "list-type=2&prefix=", "list-type=2&prefix=a", "list-type=2&prefix=a+b/"] {
        assert_eq!(admit(&format!("/backups/?{query}")), Err(Refusal::OutsidePrefix), "{query}");
    }
    assert_eq!(admit("/backups/?list-type=2&prefix=a%20b/../x"), Err(Refusal::DotSegment));
}

#[test]
fn fault_g9_only_known_parameters_are_admitted_and_each_once() {
    let list = "list-type=2&prefix=a%20b/";
    for extra in ["prefix=x", "list-type=2", "pre%66ix=x", "acl", "policy", "versions", "uploads", "marker=x"]
    {
        assert_eq!(admit(&format!("/backups/?{list}&{extra}")), Err(Refusal::Query), "{extra}");
    }
    for extra in ["X-Amz-Signature=1", "max-keys=-1", "max-keys=10000", "fetch-owner=1", "encoding-type=xml"]
    {
        assert_eq!(admit(&format!("/backups/?{list}&{extra}")), Err(Refusal::Query), "{extra}");
    }
    for query in ["", "prefix=a%20b/", "list-type=1&prefix=a%20b/"] {
        assert_eq!(admit(&format!("/backups/?{query}")), Err(Refusal::Query), "{query}");
    }
}

#[test]
fn a_bucket_has_no_head() {
    let refused = territory("").admit(&head("HEAD", "/backups/?list-type=2", &[]));
    assert_eq!(refused, Err(Refusal::Query));
}

#[test]
fn fault_g7_a_target_that_names_a_host_is_refused() {
    for target in ["http://169.254.169.254/backups/a%20b/x", "https://s3.amazonaws.com/backups/a%20b/x"] {
        assert_eq!(admit(target), Err(Refusal::AbsoluteForm), "{target}");
    }
}

#[test]
fn fault_g13_a_long_target_is_refused() {
    assert_eq!(admit(&format!("/backups/a%20b/{}", "x".repeat(4096))), Err(Refusal::TargetTooLong));
}

#[test]
fn the_longest_key_there_can_be_fits() {
    let key = "€".repeat(341);
    let target = format!("/backups/{}", crate::sign::encode::encode_path(&key));
    assert!(territory("").admit(&head("GET", &target, &[])).is_ok());
}

#[test]
fn kopias_own_headers_pass_or_are_left_behind() {
    let passed = with_headers(&[
        ("host", "[::1]:1"),
        ("user-agent", "MinIO (linux; amd64) minio-go/v7.2.1"),
        ("authorization", "AWS4-HMAC-SHA256 dummy"),
        ("x-amz-date", "99991231T000000Z"),
        ("x-amz-content-sha256", crate::sign::EMPTY_PAYLOAD_SHA256),
        ("accept-encoding", "gzip"),
        ("range", "bytes=0-9"),
    ])
    .unwrap();
    let names: Vec<_> = passed.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["range", "user-agent"]);
}

#[test]
fn fault_g11_headers_that_steer_s3_are_refused() {
    for name in
        ["x-amz-copy-source", "x-amz-acl", "x-amz-security-token", "x-amz-meta-a", "x-amz-request-payer"]
    {
        assert_eq!(with_headers(&[(name, "x")]), Err(Refusal::Header), "{name}");
    }
    assert_eq!(with_headers(&[("x-amz-content-sha256", "STREAMING-AWS4")]), Err(Refusal::Header));
}

#[test]
fn a_header_that_can_be_read_in_two_ways_is_refused() {
    assert_eq!(with_headers(&[("range", "bytes=0-1"), ("range", "bytes=0-9")]), Err(Refusal::Header));
    assert_eq!(with_headers(&[("if-match", "\"é\"")]), Err(Refusal::Header));
}

#[test]
fn values_are_brought_into_the_form_that_is_signed() {
    assert_eq!(
        with_headers(&[("range", " bytes=0-1,  3-4 ")]).unwrap().get(Precondition::Range),
        Some("bytes=0-1, 3-4")
    );
}

#[test]
fn fault_g15_headers_meant_for_this_hop_are_left_behind() {
    let hop =
        [("connection", "close, Range"), ("range", "bytes=0-1"), ("upgrade", "h2c"), ("te", "trailers")];
    assert_eq!(with_headers(&hop), Ok(Passed::default()));
    assert_eq!(with_headers(&[("proxy-authorization", "x"), ("keep-alive", "1")]), Ok(Passed::default()));
}

proptest! {
    #[test]
    fn every_key_below_the_prefix_keeps_its_meaning(key in "[^\0]{1,60}") {
        prop_assume!(key.split('/').all(|segment| !matches!(segment, "." | "..")));
        let key = format!("a b/{key}");
        let path = admitted_path(&format!("/backups/{}", crate::sign::encode::encode_path(&key)));
        let decoded = crate::sign::encode::decode(&path).unwrap();
        prop_assert_eq!(decoded, format!("/backups/{key}"));
    }

    #[test]
    fn nothing_admitted_points_elsewhere(target in "/(backups|other|%62ackups|)/?(a%20b|%2e|\\.\\.|%2F|/|x|%25|\\+|\\?|&|=|prefix|list-type=2|%){0,12}") {
        if let Ok(admitted) = admit(&target) {
            let path = crate::sign::encode::decode(&admitted.path).unwrap();
            prop_assert!(path == "/backups/" || path.starts_with("/backups/a b/"), "{}", path);
            prop_assert!(!path.split('/').any(|segment| segment == ".."), "{}", path);
            prop_assert_eq!(admit(&format!("{}?{}", admitted.path, admitted.query)), Ok(admitted));
        }
    }
}
