//! Requests whose heads or bodies can be read in two ways, or not at all.

use super::{Hostile, VERBS, key, request, with};

pub(super) fn all() -> Vec<Hostile> {
    [bodies(), odd_heads(), stray_bytes(), odd_bytes(), versions(), garbage(), bombs()].concat()
}

fn bodies() -> Vec<Hostile> {
    let framings = [
        "content-length: 5",
        "content-length: +5",
        "content-length: 5, 5",
        "content-length: -1",
        "content-length: 0x5",
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5\r\ncontent-length: 5",
        "content-length: 00",
        "content-length: 18446744073709551616",
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked",
        "transfer-encoding: identity",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: xchunked",
        "transfer-encoding: \"chunked\"",
        "transfer-encoding:\tchunked",
        "transfer-encoding : chunked",
        "Transfer-Encoding: cHuNkEd",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding:",
    ];
    let smuggled = String::from_utf8(with("")).unwrap();
    let bodies = [
        "HELLO".to_owned(),
        format!("5\r\nHELLO\r\n0\r\n\r\n{smuggled}"),
        format!("0;a=b\r\nrange: bytes=0-1\r\n\r\n{smuggled}"),
        smuggled,
    ];
    let mut all = Vec::new();
    for framing in framings {
        for verb in VERBS {
            for body in &bodies {
                let mut bytes = request(verb, &key(), &format!("{framing}\r\n"));
                bytes.extend_from_slice(body.as_bytes());
                all.push(("G12", bytes));
            }
        }
    }
    all
}

fn odd_heads() -> Vec<Hostile> {
    let lines = [
        " folded: 1",
        "range: bytes=0-1\r\n folded",
        "range: bytes=0-1\r\n\tfolded",
        "no colon",
        ": no name",
        "na me: x",
        "na\u{e9}me: x",
        "range : bytes=0-1",
        "\trange: bytes=0-1",
        "(range): x",
        "a,b: x",
        "a;b: x",
        "a/b: x",
        "a\"b: x",
        "{a}: x",
    ];
    let both = |line: &str| VERBS.map(|verb| ("G12", request(verb, &key(), &format!("{line}\r\n"))));
    lines.iter().flat_map(|line| both(line)).collect()
}

/// A NUL, a bare LF or a bare CR at each place of a head.
fn stray_bytes() -> Vec<Hostile> {
    let whole = with("range: bytes=0-1\r\n");
    let places = 0..whole.len() - 3;
    let strays = |at: usize| [0, b'\n', b'\r'].map(|stray| ("G12", inserted(&whole, at, stray)));
    let mut all: Vec<_> = places.flat_map(strays).collect();
    let text = String::from_utf8(whole).unwrap();
    all.push(("G12", text.replace("\r\n", "\n").into_bytes()));
    all.push(("G12", text.replacen("\r\n", "\n", 1).into_bytes()));
    all.push(("G12", text.replacen("\r\n", "\r", 1).into_bytes()));
    all
}

/// A byte that has no place in a method, a target, a version or a name.
fn odd_bytes() -> Vec<Hostile> {
    let whole = with("range: bytes=0-1\r\n");
    let text = String::from_utf8(whole.clone()).unwrap();
    let place = |of: &str| text.find(of).unwrap() + 1;
    let places = [1, place("/x HTTP"), place("HTTP/"), place("range")];
    let bytes = (1..=0x1f).chain([0x7f, 0x80, 0xa0, 0xc3, 0xfe, 0xff]).filter(|byte| !b"\r\n".contains(byte));
    bytes.flat_map(|byte| places.map(|at| ("G12", inserted(&whole, at, byte)))).collect()
}

fn inserted(whole: &[u8], at: usize, byte: u8) -> Vec<u8> {
    [&whole[..at], &[byte], &whole[at..]].concat()
}

fn versions() -> Vec<Hostile> {
    let versions = [
        " HTTP/1.0",
        " HTTP/0.9",
        " HTTP/1.2",
        " HTTP/2.0",
        " HTTP/3.0",
        " HTTP/1.10",
        " HTTP/11",
        " http/1.1",
        " HTTPS/1.1",
        "",
        " HTTP/1.1 x",
        "  HTTP/1.1",
        "\tHTTP/1.1",
        " HTTP/1",
        " HTTP/",
        " HTTP/1.1.",
        " HTTP/-1.1",
    ];
    let both = |version: &str| {
        VERBS.map(|verb| ("G12", format!("{verb} {}{version}\r\nhost: a\r\n\r\n", key()).into_bytes()))
    };
    versions.iter().flat_map(|version| both(version)).collect()
}

/// Other protocols, and noise.
fn garbage() -> Vec<Hostile> {
    let openings: [&[u8]; 6] = [
        b"\x16\x03\x01\x00\x05hello",
        b"PRI * HTTP/2.0\r\n\r\nSM",
        b"SSH-2.0-OpenSSH_9.9",
        b"\x05\x01\x00",
        b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2",
        b"{\"json\": true}",
    ];
    let mut all: Vec<_> = openings.iter().map(|bytes| ("G12", [bytes, &b"\r\n\r\n"[..]].concat())).collect();
    let noise = |seed: u64| {
        (0..40).map(move |n: u64| (seed * 40 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()[7])
    };
    all.extend((1..100).map(|seed| ("G12", noise(seed).chain(*b"\r\n\r\n").collect())));
    all
}

fn bombs() -> Vec<Hostile> {
    let many = |count: usize| (0..count).map(|n| format!("h{n}: x\r\n")).collect::<Vec<_>>().concat();
    let long = |bytes: usize| format!("x: {}\r\n", "y".repeat(bytes));
    let mut all: Vec<_> = [64, 65, 100, 1_000].map(|count| ("G13", with(&many(count)))).into();
    all.extend([17 << 10, 64 << 10, 1 << 20].map(|bytes| ("G13", with(&long(bytes)))));
    let targets = [4_096, 5_000, 15 << 10, 64 << 10, 1 << 20];
    all.extend(targets.map(|bytes| ("G13", request("GET", &format!("{}{}", key(), "y".repeat(bytes)), ""))));
    all
}
