//! Hostile requests by families, each the product of a few parts; every row of the fault table from G7 to G13.

mod framing;

use crate::support::s3::BUCKET;

/// The row of the fault table, and a request as it goes over the wire.
pub(super) type Hostile = (&'static str, Vec<u8>);

const PREFIX: &str = "a%20b%2Bc%3D1";
const VERBS: [&str; 2] = ["GET", "HEAD"];
const DOTS: [&str; 7] = ["..", "%2e%2e", "%2E%2e", ".%2e", "%2e.", ".", "%2e"];
const SLASHES: [&str; 3] = ["/", "%2f", "%2F"];

pub(super) fn all() -> Vec<Hostile> {
    [
        targets_that_name_a_host(),
        methods(),
        dot_segments(),
        elsewhere(),
        sub_resources(),
        lists(),
        steering_headers(),
        framing::all(),
    ]
    .concat()
}

pub(super) fn key() -> String {
    format!("/{BUCKET}/{PREFIX}/x")
}

fn request(verb: &str, target: &str, lines: &str) -> Vec<u8> {
    format!("{verb} {target} HTTP/1.1\r\nhost: a\r\n{lines}\r\n").into_bytes()
}

/// A read of an object that is there, with more lines.
pub(super) fn with(lines: &str) -> Vec<u8> {
    request("GET", &key(), lines)
}

fn reads(row: &'static str, targets: impl IntoIterator<Item = String>) -> Vec<Hostile> {
    let both = |target: String| VERBS.map(|verb| (row, request(verb, &target, "")));
    targets.into_iter().flat_map(both).collect()
}

fn targets_that_name_a_host() -> Vec<Hostile> {
    let schemes = ["http://", "https://", "HTTP://", "ftp://", "//", "s3://", "file://"];
    let hosts = [
        "169.254.169.254",
        "s3.amazonaws.com",
        "a@b:80",
        "[::1]",
        "localhost",
        "127.0.0.1:9000",
        "evil.example",
    ];
    let joined = |scheme: &str| hosts.map(|host| format!("{scheme}{host}{}", key()));
    reads("G7", schemes.iter().flat_map(|scheme| joined(scheme)))
}

fn methods() -> Vec<Hostile> {
    let methods = [
        "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "get", "Get", "head", "GETX",
        "HEAD2", "COPY", "MOVE", "LOCK", "SEARCH", "PURGE", "LINK", "REPORT", "MKCOL", "CONNECT",
    ];
    let targets = [
        key(),
        format!("/{BUCKET}?delete"),
        format!("/{BUCKET}/?list-type=2&prefix={PREFIX}/"),
        "/".into(),
        "*".into(),
    ];
    let disguises = ["", "x-http-method-override: GET\r\n", "x-amz-copy-source: /b/k\r\n"];
    let mut all: Vec<Hostile> = Vec::new();
    for method in methods {
        for target in &targets {
            all.extend(disguises.map(|line| ("G8", request(method, target, line))));
        }
    }
    let odd = [
        "OPTIONS *",
        "GET *",
        "HEAD *",
        "CONNECT s3.amazonaws.com:443",
        "CONNECT 169.254.169.254:80",
        "PRI *",
    ];
    all.extend(odd.map(|line| ("G8", format!("{line} HTTP/1.1\r\nhost: a\r\n\r\n").into_bytes())));
    all
}

fn dot_segments() -> Vec<Hostile> {
    let mut targets = Vec::new();
    for dots in DOTS {
        for before in SLASHES {
            for after in SLASHES {
                targets.push(format!("/{BUCKET}/{PREFIX}{before}{dots}{after}x"));
                targets.push(format!("/{BUCKET}/{PREFIX}/y{before}{dots}{after}..{after}x"));
                targets.push(format!("/{BUCKET}{before}{dots}{after}other/x"));
            }
            targets.push(format!("/{BUCKET}/{PREFIX}/x{before}{dots}"));
            targets.push(format!("/{dots}{before}{BUCKET}/{PREFIX}/x"));
            targets.push(format!("/{BUCKET}/{PREFIX}{before}{dots}{before}{dots}{before}other/x"));
        }
    }
    reads("G9", targets)
}

fn elsewhere() -> Vec<Hostile> {
    let buckets = [
        "other",
        "backups2",
        "BACKUPS",
        "Backups",
        "backups.",
        "backup",
        "%00",
        "backups%00",
        "backups%20",
        "backups%2Fother",
        "%62ackups2",
        "backups:1",
        "backups@v",
        "..",
        "",
        "*",
    ];
    let keys = ["", "/", "/x", "/a%20b%2Bc%3D1/x", "/a%20b%2Bc%3D1/%ff"];
    let mut targets: Vec<_> =
        buckets.iter().flat_map(|bucket| keys.map(|key| format!("/{bucket}{key}"))).collect();
    let outside = [
        "x",
        "a%20b",
        "a%20b%2Bc%3D2/x",
        "a%2520b%2Bc%3D1/x",
        "a+b+c=1/x",
        "/a%20b%2Bc%3D1/x",
        "A%20b%2Bc%3D1/x",
        "%zz",
        "a%20b%2Bc%3D1/%ff",
        "a%20b%2Bc%3D1/%c3",
        "a%20b%2Bc%3D1/x%00",
        "a%20b%2Bc%3D1/%",
        "a%20b%2Bc%3D1/%2",
        "a%20b%2Bc%3D1%5Cx",
    ];
    targets.extend(outside.map(|key| format!("/{BUCKET}/{key}")));
    reads("G9", targets)
}

fn sub_resources() -> Vec<Hostile> {
    let names = [
        "acl",
        "policy",
        "versions",
        "uploads",
        "versionId",
        "tagging",
        "torrent",
        "attributes",
        "legal-hold",
        "retention",
        "select",
        "restore",
        "response-content-type",
        "response-cache-control",
        "partNumber",
        "X-Amz-Signature",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Security-Token",
        "AWSAccessKeyId",
        "Signature",
        "x-id",
        "list-type",
        "location",
        "encryption",
        "lifecycle",
        "website",
        "cors",
        "logging",
        "notification",
        "replication",
        "object-lock",
        "publicAccessBlock",
        "ownershipControls",
        "session",
        "delete",
        "append",
        "rename",
    ];
    let on_an_object =
        names.iter().flat_map(|name| [format!("{}?{name}", key()), format!("{}?{name}=1", key())]);
    let list = format!("/{BUCKET}/?list-type=2&prefix={PREFIX}/");
    let unknown = names.iter().filter(|name| **name != "list-type" && **name != "location");
    let on_a_list = unknown.map(|name| format!("{list}&{name}=1"));
    reads("G9", on_an_object.chain(on_a_list).chain([format!("{}?=", key())]))
}

fn lists() -> Vec<Hostile> {
    let outside = [
        "",
        "a",
        "%2F",
        "a+b%2Bc%3D1/",
        "a%20b%2Bc%3D2/",
        "%2Fa%20b%2Bc%3D1/",
        "A%20b%2Bc%3D1/",
        "a%2520b%2Bc%3D1/",
        "a%20b%2Bc%3D10/",
        "%00",
        "%ff",
        "%zz",
        "../",
        "a%20b%2Bc%3D1",
    ];
    let escapes = DOTS.iter().flat_map(|dots| SLASHES.map(|slash| format!("{PREFIX}/{slash}{dots}{slash}x")));
    let prefixes = outside.iter().map(ToString::to_string).chain(escapes);
    let mut queries: Vec<_> = prefixes.map(|prefix| format!("list-type=2&prefix={prefix}")).collect();
    let fine = format!("list-type=2&prefix={PREFIX}/");
    let twice =
        ["prefix=", "prefix=x", "list-type=2", "pre%66ix=x", "%70refix=x", "list%2Dtype=2", "list-type=1"];
    queries.extend(twice.map(|more| format!("{fine}&{more}")));
    queries.extend(twice.map(|more| format!("{more}&{fine}")));
    let values =
        ["max-keys=9999999", "max-keys=-1", "max-keys=x", "encoding-type=x", "fetch-owner=1", "marker=x"];
    queries.extend(values.map(|more| format!("{fine}&{more}")));
    let others = [
        "",
        "prefix=a%20b%2Bc%3D1/",
        "list-type=1&prefix=a%20b%2Bc%3D1/",
        "list-type=",
        "location&acl",
        "location=x",
        "location&location",
    ];
    queries.extend(others.map(str::to_owned));
    let targets =
        queries.iter().flat_map(|query| [format!("/{BUCKET}?{query}"), format!("/{BUCKET}/?{query}")]);
    targets.map(|target| ("G9", request("GET", &target, ""))).collect()
}

fn steering_headers() -> Vec<Hostile> {
    let names = [
        "x-amz-copy-source",
        "x-amz-acl",
        "x-amz-security-token",
        "x-amz-meta-a",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-request-payer",
        "x-amz-mfa",
        "x-amz-website-redirect-location",
        "x-amz-expected-bucket-owner",
        "x-amz-bypass-governance-retention",
        "x-amz-grant-read",
        "x-amz-tagging",
        "x-amz-storage-class",
        "x-amz-object-lock-mode",
        "x-amz-decoded-content-length",
        "x-amz-trailer",
        "x-amz-user-agent2",
        "x-amz-rename-source",
        "x-amz-if-match-size",
    ];
    let mut all = Vec::new();
    for name in names {
        for written in [name.to_owned(), name.to_uppercase(), name.replace("amz", "Amz")] {
            for verb in VERBS {
                all.push(("G11", request(verb, &key(), &format!("{written}: x\r\n"))));
                all.push(("G11", request(verb, &key(), &format!("range: bytes=0-1\r\n{written}:\r\n"))));
            }
        }
    }
    let digests = ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x", ""];
    all.extend(digests.map(|digest| ("G11", with(&format!("x-amz-content-sha256: {digest}\r\n")))));
    let twice =
        ["range: bytes=0-1", "if-match: \"a\"", "if-none-match: \"a\"", "if-range: \"a\"", "user-agent: a"];
    all.extend(twice.map(|line| ("G11", with(&format!("{line}\r\n{line}\r\n")))));
    all
}
