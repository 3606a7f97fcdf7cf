//! What it costs to write and sign one request with a token of 900 bytes.

use crate::goals::{Goal, told};
use http::HeaderValue;
use jiff::Timestamp;
use proxy::{
    admit::{Admitted, Passed, Precondition, Verb},
    credentials::Issued,
    forward::outgoing::Outgoing,
    sign::{self, CanonicalRequest, EMPTY_PAYLOAD_SHA256, SigningKey},
    upstream::Endpoint,
};
use ring::digest;
use std::hint::black_box;

const BATCHES: usize = 7;
const BATCH: u32 = 100_000;
/// Bytes of the canonical request below.
const CANONICAL: usize = 1266;
const DATE: &str = "20261122T120000Z";

pub(crate) fn measure() {
    let token = "T".repeat(900);
    let headers = [
        ("host", "s3.us-east-1.amazonaws.com"),
        ("range", "bytes=4194304-8388607"),
        ("x-amz-content-sha256", EMPTY_PAYLOAD_SHA256),
        ("x-amz-date", DATE),
        ("x-amz-security-token", &token),
    ];
    let request = CanonicalRequest {
        method: "GET",
        path: "/bucket/prefix/p0123456789abcdef",
        query: "",
        headers: &headers,
    };
    let key = SigningKey::derive(&"secret".into(), DATE, "us-east-1");
    let (mut scratch, mut value) = (Vec::new(), Vec::new());
    let signing = nanoseconds(|| {
        let signature = sign::signature(black_box(&request), DATE, &key, &mut scratch);
        value.clear();
        sign::put_authorization(&mut value, &request, "ASIAEXAMPLE", &key, &signature);
        black_box(&value);
    });
    println!("900-byte token, CPU time of this thread, medians of {BATCHES} batches of {BATCH}");
    told("us to sign", signing / 1e3, Goal::AtMost(1.2));
    println!("  us to hash as many bytes and no more: {:.2}", nanoseconds(hashing()) / 1e3);
    println!("  us to write and sign a request: {:.2}", nanoseconds(writing(&token)) / 1e3);
}

/// What no signer that uses this SHA-256 can do without: the canonical request, and the text to sign twice.
fn hashing() -> impl FnMut() {
    let bytes = vec![b'x'; CANONICAL + 4 * 64];
    move || {
        black_box(digest::digest(&digest::SHA256, black_box(&bytes)));
    }
}

fn writing(token: &str) -> impl FnMut() {
    let region: contract::ids::Region = "us-east-1".parse().unwrap();
    let outgoing = Outgoing::new(Endpoint::new(None, &region).unwrap(), region);
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let mut headers = Passed::default();
    headers.set(Precondition::Range, Some("bytes=4194304-8388607".into()));
    let wanted = Admitted {
        verb: Verb::Get,
        path: "/bucket/prefix/p0123456789abcdef".into(),
        query: String::new(),
        headers,
    };
    let issued = Issued {
        generation: 1,
        access_key_id: "ASIAEXAMPLE".into(),
        secret_access_key: "secret".into(),
        session_token: Some(HeaderValue::from_str(token).unwrap()),
        received_at: now,
        expires_at: now,
    };
    move || {
        black_box(&*outgoing.write(black_box(&wanted), &issued, now));
    }
}

/// Nanoseconds this thread has had a processor, so that what else the machine does is left out. The kernel brings the figure
/// up to date every few milliseconds only.
fn on_cpu() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    told.split(' ').next().unwrap().parse().unwrap()
}

/// Median over batches, each of which lasts for long enough that a few milliseconds do not matter.
fn nanoseconds(mut act: impl FnMut()) -> f64 {
    let mut batches: Vec<_> = (0..BATCHES)
        .map(|_| {
            let began = on_cpu();
            (0..BATCH).for_each(|_| act());
            (on_cpu() - began) / f64::from(BATCH)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    batches[BATCHES / 2]
}
