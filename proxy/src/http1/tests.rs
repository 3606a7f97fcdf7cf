//! Every split of a message reads the same, and what hyper's own parser would read differently is refused.

use super::{Decoder, Extent, Framing, Malformed, RequestHead, ResponseHead, Step, extent::padding};
use crate::admit::Verb;
use proptest::prelude::*;

const MOST: usize = 64;

const HEADS: [&str; 5] = [
    "GET / HTTP/1.1\r\n\r\n",
    "HEAD /b/k?x=y HTTP/1.1\r\nhost: a\r\nRange:bytes=0-1\r\nempty:\r\nblank: \t \r\n\r\n",
    "GET /b/a%20b HTTP/1.1\r\nuser-agent:  MinIO (linux; amd64)  \r\nx: \u{e9}\r\n\r\n",
    "PUT * HTTP/1.1\r\na-b_c!#$%&'*+.^`|~09: v\r\n\r\n",
    "GET http://h/ HTTP/1.1\r\nconnection: close, Range\r\nconnection: x\r\n\r\n",
];

/// Where a head ends that arrives as these pieces, and how many bytes were given by then.
fn found(pieces: &[&[u8]]) -> Result<Option<usize>, Malformed> {
    let (mut extent, mut here) = (Extent::default(), Vec::new());
    for piece in pieces {
        here.extend_from_slice(piece);
        if let Some(length) = extent.of(&here)? {
            return Ok(Some(length));
        }
    }
    Ok(None)
}

#[test]
fn a_head_ends_at_the_same_byte_however_it_is_split() {
    for head in HEADS {
        let bytes = [head.as_bytes(), b"GET /next"].concat();
        for at in 0..bytes.len() {
            let (left, right) = bytes.split_at(at);
            assert_eq!(found(&[left, right]), Ok(Some(head.len())), "{head:?} at {at}");
        }
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(found(&single), Ok(Some(head.len())), "{head:?}");
        assert_eq!(found(&[&head.as_bytes()[..head.len() - 1]]), Ok(None), "{head:?}");
    }
}

#[test]
fn fault_g12_a_stray_byte_is_noticed_before_the_head_is_whole() {
    let whole = HEADS[1].as_bytes();
    for at in 0..whole.len() - 3 {
        for stray in [b'\n', b'\r', 0, 0x1f, 0x7f] {
            if stray == b'\r' && whole[at] == b'\n' || stray == b'\n' && at > 0 && whole[at - 1] == b'\r' {
                // Not stray: a line end, of an empty line in the second case.
                continue;
            }
            let bytes = [&whole[..at], &[stray], &whole[at..=at + 2]].concat();
            let told = found(&bytes.chunks(1).collect::<Vec<_>>());
            assert_eq!(told, Err(Malformed::Stray), "{stray} at {at}");
        }
    }
}

#[test]
fn empty_lines_before_a_head_are_overlooked_but_not_for_ever() {
    assert_eq!(padding(b"GET"), 0);
    assert_eq!(padding(b"\r\nGET"), 2);
    assert_eq!(padding(b"\r\n\r"), 2);
    assert_eq!(padding(b"\r\n\r\n\r\n\r\n"), 4);
}

#[test]
fn a_request_is_read_as_it_was_written() {
    let head = RequestHead::parse(HEADS[1].as_bytes(), MOST).unwrap();
    assert_eq!((head.method, head.target), ("HEAD", "/b/k?x=y"));
    let fields: Vec<_> = head.fields().collect();
    let expected: [(&str, &[u8]); 4] =
        [("host", b"a"), ("Range", b"bytes=0-1"), ("empty", b""), ("blank", b"")];
    assert_eq!(fields, expected);
    let head = RequestHead::parse(HEADS[4].as_bytes(), MOST).unwrap();
    assert!(
        head.lists("Connection", "range") && head.lists("connection", "X") && !head.lists("connection", "r")
    );
}

/// Why a request is refused.
fn refusal(head: &str) -> Option<Malformed> {
    RequestHead::parse(head.as_bytes(), MOST).err()
}

#[test]
fn fault_g12_a_first_line_that_is_not_exactly_one_of_http_1_1_is_refused() {
    for line in [
        "",
        "GET",
        "GET /",
        "GET  / HTTP/1.1",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET /\tHTTP/1.1",
        "G@T / HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        "GET / x HTTP/1.1",
        "(GET) / HTTP/1.1",
    ] {
        assert_eq!(refusal(&format!("{line}\r\n\r\n")), Some(Malformed::FirstLine), "{line:?}");
    }
    for version in ["HTTP/1.0", "HTTP/2.0", "HTTP/1.10", "http/1.1", "HTTP/1.1.", "HTTP/11", "x"] {
        let told = refusal(&format!("GET / {version}\r\n\r\n"));
        assert_eq!(told, Some(Malformed::Version), "an HTTP/1.0 client could not see a cut: {version}");
    }
}

#[test]
fn fault_g12_a_field_that_could_be_read_in_two_ways_is_refused() {
    for line in [
        " folded: 1",
        "\tfolded",
        "no colon",
        ": no name",
        "na me: x",
        "range : x",
        "(a): x",
        "a,b: x",
        "n\u{e9}: x",
    ] {
        assert_eq!(refusal(&format!("GET / HTTP/1.1\r\n{line}\r\n\r\n")), Some(Malformed::Field), "{line:?}");
    }
}

#[test]
fn fault_g13_only_so_many_fields_are_looked_at() {
    let with = |count: usize| format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(count));
    assert!(RequestHead::parse(with(MOST).as_bytes(), MOST).is_ok());
    assert_eq!(RequestHead::parse(with(MOST + 1).as_bytes(), MOST), Err(Malformed::TooManyFields));
}

fn framing(fields: &str, verb: Verb) -> Result<Framing, Malformed> {
    Framing::of(&ResponseHead::parse(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes())?, verb)
}

#[test]
fn fault_g16_a_body_ends_in_one_way_or_the_answer_is_refused() {
    let on_get = |fields: &str| framing(fields, Verb::Get);
    assert_eq!(on_get("Content-Length: 7\r\n"), Ok(Framing::Length(7)));
    assert_eq!(on_get("transfer-encoding: Chunked\r\n"), Ok(Framing::Chunked));
    assert_eq!(on_get("transfer-encoding: chunked\r\ncontent-length: 7\r\n"), Ok(Framing::Chunked));
    assert_eq!(on_get(""), Ok(Framing::Unframed));
    assert_eq!(framing("content-length: 7\r\n", Verb::Head), Ok(Framing::Empty));
    for length in ["-1", "+1", "7, 7", "0x7", "", "18446744073709551616", "7\r\ncontent-length: 7"] {
        assert_eq!(on_get(&format!("content-length: {length}\r\n")), Err(Malformed::Length), "{length}");
    }
    for coding in ["gzip", "gzip, chunked", "identity", "", "chunked\r\ntransfer-encoding: chunked"] {
        assert_eq!(on_get(&format!("transfer-encoding: {coding}\r\n")), Err(Malformed::Coding), "{coding}");
    }
}

#[test]
fn an_answer_says_whether_another_may_follow() {
    let keeps =
        |head: &str| ResponseHead::parse(format!("{head}\r\n\r\n").as_bytes()).map(|head| head.keeps_alive());
    assert_eq!(keeps("HTTP/1.1 200"), Ok(true));
    assert_eq!(keeps("HTTP/1.1 200 "), Ok(true));
    assert_eq!(keeps("HTTP/1.1 200 OK\r\nConnection: x, Close"), Ok(false));
    assert_eq!(keeps("HTTP/1.0 200 OK"), Ok(false));
    for line in ["HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 abc", "HTTP/1.1200", "HTTP/1.1  200", "nonsense"] {
        assert!(keeps(line).is_err(), "{line}");
    }
    assert_eq!(keeps("HTTP/2.0 200"), Err(Malformed::Version));
}

/// What a body is that arrives as these pieces, and how many bytes were left behind it; nothing while it is not over.
fn decoded(framing: Framing, pieces: &[&[u8]]) -> Result<Option<(Vec<u8>, usize)>, Malformed> {
    let (mut decoder, mut body) = (Decoder::new(framing), Vec::new());
    for (nth, piece) in pieces.iter().enumerate() {
        let mut rest = *piece;
        loop {
            match decoder.next(rest)? {
                Step::More => break,
                Step::End { skip } => {
                    let left = pieces[nth + 1..].iter().map(|piece| piece.len()).sum::<usize>();
                    return Ok(Some((body, rest.len() - skip + left)));
                }
                Step::Data { skip, len } => {
                    // Taken in two bites, as a reader with little room would.
                    let bite = len.div_ceil(2);
                    body.extend_from_slice(&rest[skip..skip + bite]);
                    decoder.took(bite);
                    rest = &rest[skip + bite..];
                }
            }
        }
    }
    Ok(None)
}

#[test]
fn a_body_is_the_same_however_it_is_split() {
    let chunked =
        "5\r\nhello\r\n1;ext=\"a\"\r\n!\r\n00a\r\n0123456789\r\n0\r\ntrailer: x\r\nanother: y\r\n\r\nHTTP";
    let bodies = [
        (Framing::Chunked, chunked, "hello!0123456789"),
        (Framing::Chunked, "0\r\n\r\nHTTP", ""),
        (Framing::Length(5), "helloHTTP", "hello"),
        (Framing::Length(0), "HTTP", ""),
        (Framing::Empty, "HTTP", ""),
    ];
    for (framing, bytes, body) in bodies {
        let (bytes, expected) = (bytes.as_bytes(), Ok(Some((body.as_bytes().to_vec(), 4))));
        for at in 0..bytes.len() {
            let (left, right) = bytes.split_at(at);
            assert_eq!(decoded(framing, &[left, right]), expected, "{framing:?} at {at}");
        }
        assert_eq!(decoded(framing, &bytes.chunks(1).collect::<Vec<_>>()), expected, "{framing:?}");
    }
    for at in 0..chunked.len() - 4 {
        assert_eq!(
            decoded(Framing::Chunked, &[&chunked.as_bytes()[..at]]),
            Ok(None),
            "a break at {at} is no end"
        );
    }
}

#[test]
fn fault_d5_what_is_not_chunked_as_it_should_be_is_a_break() {
    let long = "1".repeat(17);
    let extension = format!("1;{}\r\na", "x".repeat(5000));
    let trailers = format!("0\r\n{}", "t: xyz\r\n".repeat(1000));
    for body in [
        "",
        "\r\n",
        "x\r\n",
        " 5\r\n",
        "-1\r\n",
        "5 \r\nhello",
        "5\nhello",
        "5\r\nhelloX",
        "5\r\nhello\rX",
        "5\r\nhello\n",
        "0\r\n\rX",
        "0\r\nt: x\r\r",
        "0\r\nt\0\r\n",
        "1;\u{1}\r\n",
        &long,
        &extension,
        &trailers,
        "0x1\r\n",
    ] {
        let told = decoded(Framing::Chunked, &[body.as_bytes()]);
        assert!(told == Err(Malformed::Chunk) || body.is_empty(), "{body:?}: {told:?}");
    }
}

/// Bytes like those of heads, and now and then others.
fn near_heads() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "GET",
        "HEAD",
        " ",
        "/",
        "/b/k",
        "HTTP/1.1",
        "HTTP/1.0",
        "\r\n",
        "\r",
        "\n",
        "host",
        ":",
        ": ",
        "a",
        "\t",
        "content-length",
        "7",
        "transfer-encoding",
        "chunked",
        ",",
        "\0",
        "%",
        "\u{e9}",
        "(",
        "200",
        " OK",
        "connection",
        "close",
    ]);
    let begun = prop::sample::select(vec![
        "",
        "GET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\r\n",
        "GET /b/k HTTP/1.1\r\nhost: a\r\n",
    ]);
    (begun, prop::collection::vec(words, 0..12), prop::sample::select(vec!["", "\r\n\r\n", "\r\n"]))
        .prop_map(|(begun, words, end)| [begun, &words.concat(), end].concat().into_bytes())
}

/// Method, target and fields.
type Read = (String, String, Vec<(String, Vec<u8>)>);

/// What hyper's parser makes of a request.
fn theirs(bytes: &[u8]) -> Option<Read> {
    let mut headers = [httparse::EMPTY_HEADER; MOST];
    let mut head = httparse::Request::new(&mut headers);
    if !head.parse(bytes).ok()?.is_complete() || head.version? != 1 {
        return None;
    }
    let fields = head.headers.iter().map(|field| (field.name.to_owned(), field.value.trim_ascii().to_vec()));
    Some((head.method?.to_owned(), head.path?.to_owned(), fields.collect()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fault_g12_what_is_read_here_hyper_reads_just_so(bytes in near_heads()) {
        let Ok(Some(length)) = found(&[&bytes]) else { return Ok(()) };
        if let Ok(head) = RequestHead::parse(&bytes[..length], MOST) {
            let fields = head.fields().map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
            let ours = (head.method.to_owned(), head.target.to_owned(), fields);
            prop_assert_eq!(Some(ours), theirs(&bytes[..length]));
        }
    }

    #[test]
    fn fault_g16_whatever_answer_comes_it_is_read_or_refused(bytes in near_heads(), more in any::<Vec<u8>>()) {
        let Ok(Some(length)) = found(&[&bytes, &more]) else { return Ok(()) };
        let whole = [&bytes[..], &more].concat();
        if let Ok(head) = ResponseHead::parse(&whole[..length]) {
            let mut fields = [httparse::EMPTY_HEADER; 100];
            let mut theirs = httparse::Response::new(&mut fields);
            prop_assert!(theirs.parse(&whole[..length]).is_ok_and(|status| status.is_complete()));
            prop_assert_eq!(theirs.code, Some(head.status.as_u16()));
            prop_assert_eq!(theirs.headers.len(), head.fields().count());
            let _ = Framing::of(&head, Verb::Get);
        }
    }

    #[test]
    fn a_body_in_any_chunks_and_any_split_comes_out_whole(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut wire: Vec<u8> = chunks.iter().flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()).collect();
        wire.extend_from_slice(b"0\r\n\r\n");
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(wire.len())).chain([0, wire.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|ends| &wire[ends[0]..ends[1]]).collect();
        prop_assert_eq!(decoded(Framing::Chunked, &pieces), Ok(Some((chunks.concat(), 0))));
    }

    #[test]
    fn whatever_bytes_come_a_body_is_data_a_break_or_an_end(bytes in any::<Vec<u8>>(), length in 0_u64..99) {
        drop(decoded(Framing::Chunked, &[&bytes]));
        let told = decoded(Framing::Length(length), &[&bytes]).unwrap();
        let here = usize::try_from(length).unwrap();
        prop_assert_eq!(told, bytes.get(..here).map(|body| (body.to_vec(), bytes.len() - here)));
    }
}
