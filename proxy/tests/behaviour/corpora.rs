//! Corpora of what the parsers here were ever confused by, and mutations of them: whatever comes, the rules hold.

use crate::support::{
    client::{SOON, raw},
    s3::BUCKET,
    world::{Build, World},
};
use futures::StreamExt;
use proxy::{
    admit::{Territory, Verb},
    errors_xml::S3Error,
    http1::{Decoder, Extent, Framing, RequestHead, ResponseHead, Step},
    sign::encode::decode,
};
use std::{fs, path::Path};

const MUTATIONS: usize = 300;
const PREFIX: &str = "a b/";

fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

fn targets() -> Vec<Vec<u8>> {
    include_str!("../corpus/targets.txt").lines().map(|line| line.as_bytes().to_vec()).collect()
}

/// A seeded stream, so that a failure repeats itself.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// Changes, drops, repeats, inserts, or goes on as another entry does.
fn mutated(entry: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = entry.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len());
        let byte = *b"%/.&=?2eEfF \r\n\0\xff<>a".get(chance.below(20)).unwrap_or(&b'+');
        match chance.below(5) {
            0 if at < bytes.len() => bytes[at] = byte,
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.extend_from_within(at..),
            3 => bytes.insert(at, byte),
            _ => bytes = [&bytes[..at], &other[chance.below(other.len())..]].concat(),
        }
    }
    bytes
}

/// Each entry, and what becomes of it.
fn grown(corpus: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut chance = Chance(7);
    let mut all = corpus.to_vec();
    for entry in corpus {
        for _ in 0..MUTATIONS {
            let other = &corpus[chance.below(corpus.len())];
            all.push(mutated(entry, other, &mut chance));
        }
    }
    all
}

fn territory() -> Territory {
    Territory { bucket: BUCKET.parse().unwrap(), prefix: PREFIX.parse().unwrap(), target_bytes: 4096 }
}

#[test]
fn fault_g9_whatever_is_admitted_lies_below_the_prefix_and_reads_the_same_twice() {
    let (territory, mut admitted) = (territory(), 0);
    for target in grown(&targets()) {
        let head = [b"GET ", target.as_slice(), b" HTTP/1.1\r\n\r\n"].concat();
        let Ok(request) = RequestHead::parse(&head, 64) else { continue };
        let Ok(wanted) = territory.admit(&request) else { continue };
        admitted += 1;
        let path = decode(&wanted.path).unwrap();
        let key = path.strip_prefix("/backups/").unwrap();
        assert!(key.is_empty() || key.starts_with(PREFIX), "{target:?}: {path}");
        assert!(!path.split('/').any(|segment| matches!(segment, "." | "..")), "{target:?}: {path}");
        let again = format!("{}?{}", wanted.path, wanted.query);
        let again = RequestHead::new("GET", &again, &[]);
        assert_eq!(territory.admit(&again).unwrap(), wanted, "{target:?}");
    }
    assert!(admitted > 1_000, "{admitted}");
}

#[test]
fn fault_g18_whatever_an_error_says_three_short_texts_are_left() {
    for document in grown(&files("errors")) {
        let error = S3Error::read(&document);
        let xml = String::from_utf8(error.to_xml().to_vec()).unwrap();
        assert!(xml.len() < 1024 && xml.matches('<').count() == 9, "{xml}");
        assert_eq!(
            S3Error::read(xml.as_bytes()),
            S3Error::read(S3Error::read(xml.as_bytes()).to_xml().as_ref())
        );
    }
}

#[tokio::test]
async fn fault_g12_whatever_head_comes_s3_sees_nothing_but_reads_below_the_prefix() {
    let world = World::build(Build { prefix: PREFIX, ..Build::default() }).await;
    let heads = grown(&files("heads")).into_iter().map(|mut head| {
        head.extend_from_slice(b"\r\n\r\nX\r\n\r\n");
        head
    });
    let address = world.address;
    let sent = heads.map(|head| async move { raw(address, &head, SOON).await.is_ok() });
    let ended: Vec<bool> = futures::stream::iter(sent).buffer_unordered(16).collect().await;
    assert!(ended.iter().all(|ended| *ended), "a connection was left open");
    for seen in world.s3.seen() {
        assert!(seen.target.starts_with("/backups/a%20b/") && !seen.target.contains(".."), "{}", seen.target);
    }
}

/// What is left of an answer behind its head, once that was read here and by hyper's parser alike.
fn behind_the_head(answer: &[u8]) -> Option<(ResponseHead, &[u8])> {
    let length = Extent::default().of(answer).ok()??;
    let head = ResponseHead::parse(&answer[..length]).ok()?;
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut theirs = httparse::Response::new(&mut fields);
    assert_eq!(theirs.parse(answer), Ok(httparse::Status::Complete(length)), "{answer:?}");
    assert_eq!(theirs.code, Some(head.status.as_u16()), "{answer:?}");
    Some((head, &answer[length..]))
}

/// The body's bytes among these, as far as they are well-formed.
fn body(framing: Framing, mut rest: &[u8]) -> usize {
    let (mut decoder, mut length) = (Decoder::new(framing), 0);
    while let Ok(Step::Data { skip, len }) = decoder.next(rest) {
        decoder.took(len);
        length += len;
        rest = &rest[skip + len..];
    }
    length
}

#[test]
fn fault_g16_whatever_answer_comes_its_head_reads_the_same_twice_and_its_body_has_an_end() {
    let (mut read, mut framed) = (0, 0);
    for answer in grown(&files("answers")) {
        let Some((head, rest)) = behind_the_head(&answer) else { continue };
        read += 1;
        let Ok(framing) = Framing::of(&head, Verb::Get) else { continue };
        framed += usize::from(framing != Framing::Unframed);
        let most = match framing {
            Framing::Length(length) => usize::try_from(length).unwrap_or(usize::MAX).min(rest.len()),
            Framing::Chunked => rest.len().saturating_sub("1\r\n".len()),
            Framing::Empty | Framing::Unframed => 0,
        };
        assert!(body(framing, rest) <= most, "{answer:?}");
    }
    assert!(read > 300 && framed > 100, "{read} {framed}");
}
