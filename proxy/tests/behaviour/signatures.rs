//! Every key and list is signed so that an independent judge, inside the fake S3, accepts it.

use crate::support::{
    client::fetch,
    s3::BUCKET,
    world::{Build, PREFIX, World, target},
};
use http::StatusCode;
use proptest::prelude::*;
use proxy::sign::encode::{encode_path, encode_query};

/// Keys that other proxies are known to have signed wrongly.
const KEYS: [&str; 16] = [
    "plain",
    "with space",
    "plus+plus",
    "equals=colon:at@",
    "tilde~dot.dash-under_",
    "percent%25",
    "literal%2F",
    "literal%20",
    "double//slash",
    "trailing/",
    "sub-delims!$&'()*,;",
    "question?mark#hash",
    "brackets[]{}|^`\"<>\\",
    "é€😀",
    "new\nline\ttab",
    ".storageconfig",
];

#[tokio::test]
async fn every_key_a_bucket_can_hold_can_be_read() {
    let world = World::start().await;
    for key in KEYS {
        world.s3.put(&format!("{PREFIX}{key}"), key.as_bytes());
        let got = world.get(&encode_path(key)).await;
        assert_eq!((got.status, got.text().as_str()), (StatusCode::OK, key));
    }
}

#[tokio::test]
async fn what_arrives_is_the_canonical_form_however_the_client_wrote_it() {
    let world = World::start().await;
    for written in ["x%3a%7ey", "x:~y", "x%3A~y"] {
        world.get(written).await;
    }
    for seen in world.s3.seen() {
        assert_eq!(seen.target, format!("/{BUCKET}/a%20b%2Bc%3D1/x%3A~y"));
    }
}

#[tokio::test]
async fn fault_d16_lists_with_awkward_prefixes_are_accepted() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}é +%&=1"), "");
    let prefix = encode_query(&format!("{PREFIX}é +%&"));
    let query = format!("list-type=2&prefix={prefix}&delimiter=%2F&max-keys=1000&fetch-owner=true");
    let got = fetch(world.address, "GET", &format!("/{BUCKET}/?{query}"), &[]).await;
    assert_eq!(got.text(), format!("<Key>{PREFIX}é +%&=1</Key>"));
}

#[tokio::test]
async fn a_range_is_signed_and_sent() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "0123456789");
    let got = fetch(world.address, "GET", &target("x"), &[("range", "bytes=2-4")]).await;
    assert_eq!((got.status, got.text().as_str()), (StatusCode::PARTIAL_CONTENT, "234"));
    let authorization = world.s3.seen()[0].headers["authorization"].to_str().unwrap().to_owned();
    assert!(authorization.contains(";range;"), "{authorization}");
}

#[tokio::test]
async fn fault_g19_the_clients_date_and_keys_count_for_nothing() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    let dummies =
        [("x-amz-date", "99991231T235959Z"), ("authorization", "AWS4-HMAC-SHA256 Credential=dummy")];
    let got = fetch(world.address, "GET", &target("x"), &dummies).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_ne!(world.s3.seen()[0].headers["x-amz-date"], "99991231T235959Z");
}

#[tokio::test]
async fn fault_g11_s3_sees_only_headers_a_read_needs() {
    let world = World::start().await;
    let sent =
        [("accept-encoding", "gzip"), ("cookie", "a=b"), ("expect", "100-continue"), ("user-agent", "kopia")];
    fetch(world.address, "GET", &target("x"), &sent).await;
    let seen = world.s3.seen().remove(0).headers;
    let mut names: Vec<_> = seen.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let ours =
        ["authorization", "host", "user-agent", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];
    assert_eq!(names, ours);
}

#[test]
fn fault_d16_random_keys_are_accepted_by_an_independent_judge() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::build(Build { prefix: "", ..Build::default() }));
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(key in "[ -~é€😀%/+]{1,60}")| {
        prop_assume!(key.split('/').all(|segment| !matches!(segment, "." | "..")));
        world.s3.put(&key, key.clone());
        let target = format!("/{BUCKET}/{}", encode_path(&key));
        let got = runtime.block_on(fetch(world.address, "GET", &target, &[]));
        prop_assert_eq!(got.text(), key);
    });
}
