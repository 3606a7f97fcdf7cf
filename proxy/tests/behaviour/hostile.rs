//! Bytes no honest client sends: answered 4xx or cut off, and none of them reaches S3.

use crate::support::{
    client::{fetch, raw},
    s3::BUCKET,
    world::{Build, PREFIX, World, target},
};
use proxy::limits::Limits;
use std::time::Duration;

/// What an attacker may be kept waiting for at most, before the head is complete or known to be wrong.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A request as it goes over the wire, and the row of the fault table it stands for.
type Hostile = (&'static str, String);

fn request(line: &str, headers: &str) -> String {
    format!("{line}\r\nhost: a\r\n{headers}\r\n")
}

fn key() -> String {
    format!("/{BUCKET}/a%20b%2Bc%3D1/x")
}

fn get(target: &str) -> String {
    request(&format!("GET {target} HTTP/1.1"), "")
}

fn with(headers: &str) -> String {
    request(&format!("GET {} HTTP/1.1", key()), headers)
}

fn g7_targets_that_name_a_host() -> Vec<Hostile> {
    let hosts =
        ["http://169.254.169.254", "https://s3.amazonaws.com", "http://a@b:80", "ftp://x", "//other.example"];
    hosts.iter().map(|host| ("G7", get(&format!("{host}{}", key())))).collect()
}

fn g8_methods() -> Vec<Hostile> {
    let methods =
        ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "get", "GETX", "HEAD2", "COPY"];
    let mut all: Vec<_> =
        methods.iter().map(|method| ("G8", request(&format!("{method} {} HTTP/1.1", key()), ""))).collect();
    let odd =
        ["OPTIONS * HTTP/1.1", "GET * HTTP/1.1", "CONNECT s3.amazonaws.com:443 HTTP/1.1", "PRI * HTTP/2.0"];
    all.extend(odd.iter().map(|line| ("G8", request(line, ""))));
    all.push(("G8", request(&format!("DELETE {} HTTP/1.1", key()), "x-http-method-override: GET\r\n")));
    all
}

fn g9_escapes() -> Vec<Hostile> {
    let dots = ["..", "%2e%2e", "%2E%2e", ".%2e", "%2e.", ".", "%2e"];
    let slashes = ["/", "%2f", "%2F"];
    let mut all = Vec::new();
    for dots in dots {
        for slash in slashes {
            all.push(format!("/{BUCKET}/a%20b%2Bc%3D1{slash}{dots}{slash}x"));
            all.push(format!("/{BUCKET}/a%20b%2Bc%3D1/x{slash}{dots}"));
            all.push(format!("/{BUCKET}{slash}{dots}{slash}other/x"));
            all.push(format!("/{dots}{slash}{BUCKET}/a%20b%2Bc%3D1/x"));
        }
    }
    let elsewhere =
        ["/", "//", "/other/x", "/backups2/a%20b%2Bc%3D1/x", "/BACKUPS/a%20b%2Bc%3D1/x", "/%00/x"];
    all.extend(elsewhere.iter().map(ToString::to_string));
    let keys =
        ["x", "a%20b", "a%2520b%2Bc%3D1/x", "a+b+c=1/x", "/a%20b%2Bc%3D1/x", "%zz", "a%20b%2Bc%3D1/%ff"];
    all.extend(keys.iter().map(|key| format!("/{BUCKET}/{key}")));
    all.into_iter().map(|target| ("G9", get(&target))).collect()
}

fn g9_queries() -> Vec<Hostile> {
    let sub_resources = [
        "acl",
        "policy",
        "versions",
        "uploads",
        "versionId=1",
        "tagging",
        "torrent",
        "attributes",
        "legal-hold",
        "retention",
        "select&select-type=2",
        "restore",
        "response-content-type=text/html",
        "partNumber=1",
        "X-Amz-Signature=1",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "x-id=GetObject",
        "list-type=2",
        "location",
        "=",
    ];
    let lists = [
        "list-type=2",
        "list-type=2&prefix=",
        "list-type=2&prefix=a",
        "list-type=2&prefix=%2F",
        "prefix=a%20b%2Bc%3D1/",
        "list-type=1&prefix=a%20b%2Bc%3D1/",
        "list-type=2&prefix=a%20b%2Bc%3D1/&prefix=",
        "list-type=2&prefix=&prefix=a%20b%2Bc%3D1/",
        "list-type=2&pre%66ix=a%20b%2Bc%3D1/&prefix=x",
        "list-type=2&prefix=a%20b%2Bc%3D1/..%2f..",
        "list-type=2&prefix=a%20b%2Bc%3D1/&versions",
        "list-type=2&prefix=a%20b%2Bc%3D1/&policy",
        "list-type=2&prefix=a+b%2Bc%3D1/",
        "location&acl",
        "location=x",
        "list-type=2&prefix=a%20b%2Bc%3D1/&max-keys=9999999",
        "list-type=2&prefix=a%20b%2Bc%3D1/&encoding-type=x",
        "",
    ];
    let objects = sub_resources.iter().map(|query| format!("{}?{query}", key()));
    let buckets = lists.iter().map(|query| format!("/{BUCKET}/?{query}"));
    objects.chain(buckets).map(|target| ("G9", get(&target))).collect()
}

fn g11_headers() -> Vec<Hostile> {
    let steering = [
        "x-amz-copy-source: /other/x",
        "x-amz-acl: public-read",
        "x-amz-security-token: stolen",
        "x-amz-meta-a: b",
        "x-amz-server-side-encryption-customer-key: x",
        "x-amz-request-payer: requester",
        "x-amz-mfa: 1",
        "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-content-sha256: x",
        "X-AMZ-ACL: x",
        "x-amz-website-redirect-location: /",
        "x-amz-expected-bucket-owner: 1",
        "x-amz-bypass-governance-retention: 1",
    ];
    let twice = "range: bytes=0-1\r\nrange: bytes=0-9\r\n".to_owned();
    steering
        .iter()
        .map(|line| format!("{line}\r\n"))
        .chain([twice])
        .map(|lines| ("G11", with(&lines)))
        .collect()
}

fn g12_smuggling() -> Vec<Hostile> {
    let lines = [
        "content-length: 5",
        "content-length: +5",
        "content-length: 5, 5",
        "content-length: -1",
        "content-length: 0x5",
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 99999999999999999999",
        "content-length: 00",
        "transfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "transfer-encoding: xchunked",
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: identity",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding : chunked",
        "transfer-encoding:\tchunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        " folded: 1",
        "range: bytes=0-1\r\n folded",
        "no colon",
        ": no name",
        "na me: x",
        "na\u{e9}me: x",
        "range: bytes\0=0-1",
    ];
    let mut all: Vec<_> =
        lines.iter().map(|lines| format!("{}HELLO", with(&format!("{lines}\r\n")))).collect();
    let whole = with("");
    all.push(whole.replace("\r\n", "\n"));
    all.push(whole.replacen("\r\n", "\n", 1));
    all.push(whole.replacen("\r\n", "\r", 1));
    all.push(whole.replace("host", "\0host"));
    all.push(whole.replace("HTTP/1.1", "HTTP/1.0"));
    all.push(whole.replace("HTTP/1.1", "HTTP/3.0"));
    all.push(whole.replace(" HTTP/1.1", ""));
    all.push(format!(
        "{}5\r\nHELLO\r\n0\r\nrange: bytes=0-1\r\n\r\n",
        with("transfer-encoding: chunked\r\n")
    ));
    all.push("\u{16}\u{3}\u{1}\0\u{5}hello\r\n\r\n".to_owned());
    all.into_iter().map(|bytes| ("G12", bytes)).collect()
}

fn g13_bombs() -> Vec<Hostile> {
    let many = (0..65).map(|n| format!("h{n}: x\r\n")).collect::<Vec<_>>().concat();
    let long = format!("x: {}\r\n", "y".repeat(17 * 1024));
    let huge = format!("x: {}\r\n", "y".repeat(1024 * 1024));
    let target = |bytes: usize| get(&format!("{}{}", key(), "y".repeat(bytes)));
    [with(&many), with(&long), with(&huge), target(4096), target(15 * 1024), target(1024 * 1024)]
        .into_iter()
        .map(|bytes| ("G13", bytes))
        .collect()
}

/// Refused, or closed without a word: never a success, never a redirect, never silence.
fn is_refusal(answer: &str) -> bool {
    let statuses = answer.split("HTTP/1.").skip(1).filter_map(|rest| rest.get(2..5));
    let mut statuses = statuses.filter(|status| status.bytes().all(|b| b.is_ascii_digit()));
    statuses.all(|status| status.starts_with('4'))
}

#[tokio::test]
async fn faults_g7_to_g13_nothing_hostile_reaches_s3() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    let families = [
        g7_targets_that_name_a_host(),
        g8_methods(),
        g9_escapes(),
        g9_queries(),
        g11_headers(),
        g12_smuggling(),
        g13_bombs(),
    ];
    let all = families.concat();
    assert!(all.len() > 180, "{}", all.len());
    for (row, bytes) in all {
        let shown: String = bytes.chars().take(200).collect();
        let answer = raw(world.address, bytes.as_bytes(), AT_ONCE).await;
        let answer = answer.unwrap_or_else(|_| panic!("{row}: not answered, not closed: {shown:?}"));
        assert!(is_refusal(&answer), "{row}: {shown:?} was answered {answer:?}");
        assert_eq!(world.s3.seen().len(), 0, "{row}: reached S3: {shown:?}");
    }
    assert!(world.get("x").await.status.is_success(), "the proxy still serves");
}

#[tokio::test]
async fn fault_g12_what_follows_a_refused_body_is_not_taken_for_a_request() {
    let world = World::start().await;
    let smuggled = with("");
    let bytes = format!("{}{smuggled}", with(&format!("content-length: {}\r\n", smuggled.len())));
    let answer = raw(world.address, bytes.as_bytes(), AT_ONCE).await.unwrap();
    assert!(is_refusal(&answer), "{answer}");
    assert_eq!(world.s3.seen().len(), 0);
}

#[tokio::test]
async fn fault_g10_hosts_are_ignored_whatever_they_say() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    let line = format!("GET {} HTTP/1.1\r\n", key());
    for hosts in ["host: evil.example\r\n", "host: a\r\nhost: b\r\n", "host: 169.254.169.254:80\r\n", ""] {
        let bytes = format!("{line}{hosts}connection: close\r\n\r\n");
        let answer = raw(world.address, bytes.as_bytes(), AT_ONCE).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") || is_refusal(&answer), "{answer}");
    }
    let own = world.s3.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    assert!(world.s3.seen().iter().all(|seen| seen.headers["host"] == own.as_str()));
}

#[tokio::test]
async fn fault_g15_what_concerns_this_hop_stays_on_it() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    let lines = "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\nproxy-authorization: Basic eA==\r\n\
                 te: trailers\r\nkeep-alive: 5\r\nproxy-connection: keep-alive\r\nif-match: \"x\"\r\n\
                 connection: upgrade, if-match, close\r\n";
    let answer = raw(world.address, with(lines).as_bytes(), AT_ONCE).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let seen = world.s3.seen().remove(0).headers;
    for name in
        ["upgrade", "http2-settings", "proxy-authorization", "te", "keep-alive", "connection", "if-match"]
    {
        assert!(!seen.contains_key(name), "{name}");
    }
}

async fn hasty() -> World {
    let limits = Limits {
        head: Duration::from_millis(300),
        idle: Duration::from_millis(600),
        connections: 3,
        ..Build::default().limits
    };
    let world = World::build(Build { limits, ..Build::default() }).await;
    world.s3.put(&format!("{PREFIX}x"), "x");
    world
}

#[tokio::test]
async fn fault_g14_an_unfinished_head_is_cut_off() {
    let world = hasty().await;
    for bytes in ["", "G", "GET /x HTTP/1.1\r\nhost: a\r\n"] {
        let answer = raw(world.address, bytes.as_bytes(), AT_ONCE).await.expect("a closed connection");
        assert!(is_refusal(&answer), "{answer}");
    }
}

#[tokio::test]
async fn fault_g14_an_idle_connection_is_closed() {
    let world = hasty().await;
    let answer = raw(world.address, with("").as_bytes(), AT_ONCE * 2).await.expect("a closed connection");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn fault_g14_connections_beyond_the_cap_wait_and_are_served() {
    let world = hasty().await;
    let path = target("x");
    let all = (0..30).map(|_| fetch(world.address, "GET", &path, &[]));
    assert!(futures::future::join_all(all).await.iter().all(|got| got.status.is_success()));
}
