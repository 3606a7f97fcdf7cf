//! A hundred thousand fault scripts over the pure machine: whatever S3 does, each byte that goes out is the right one.

use super::super::{Ending, Facts, Part, Rupture, Transfer, wish::Wish};
use super::{OTHER, TAG};
use crate::random::Random;
use bytes::Bytes;
use http::StatusCode;

const SCRIPTS: u64 = 100_000;

/// One way for S3 to answer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Turn {
    /// As asked, cut after so many bytes, or not at all.
    Honest { cut: Option<u64> },
    /// As asked, without a length.
    Chunked { cut: Option<u64> },
    /// The object was replaced, and S3 says so.
    Replaced,
    /// The object was replaced, and S3 forgets to look at `If-Match`.
    Spliced,
    /// The whole object, as if no range had been asked for.
    Ignored,
    /// A range a little off, honestly labelled.
    Shifted,
    /// One byte more than was announced.
    Longer,
}

impl Turn {
    fn pick(random: &mut Random, len: u64) -> Self {
        let cut = (!random.one_in(4)).then(|| random.below(len + 1));
        match random.below(14) {
            0 => Self::Replaced,
            1 => Self::Spliced,
            2 => Self::Ignored,
            3 => Self::Shifted,
            4 => Self::Longer,
            5..=8 => Self::Chunked { cut },
            _ => Self::Honest { cut },
        }
    }

    fn is_honest(self) -> bool {
        matches!(self, Self::Honest { .. } | Self::Chunked { .. })
    }
}

/// The object, its successor under the same key, and what the client asked for.
struct Object {
    old: Bytes,
    new: Bytes,
    wish: Option<Wish>,
}

impl Object {
    fn pick(random: &mut Random) -> Self {
        let len = 1 + random.below(40);
        let byte = |random: &mut Random| random.next().to_le_bytes()[0];
        let old: Bytes = (0..len).map(|_| byte(random)).collect();
        let new = (0..len).map(|_| byte(random)).collect();
        let (first, count) = (random.below(len), 1 + random.below(len));
        let wish = match random.below(4) {
            0 => Some(Wish::Between(first, (first + count).min(len) - 1)),
            1 => Some(Wish::From(first)),
            2 => Some(Wish::Last(count)),
            _ => None,
        };
        Self { old, new, wish }
    }

    fn len(&self) -> u64 {
        self.old.len() as u64
    }

    /// What the client asked for.
    fn wanted(&self) -> (u64, u64) {
        let last = self.len() - 1;
        match self.wish {
            None => (0, last),
            Some(Wish::Between(first, end)) => (first, end),
            Some(Wish::From(first)) => (first, last),
            Some(Wish::Last(count)) => (self.len() - count, last),
        }
    }

    fn truth(&self) -> Bytes {
        slice(&self.old, self.wanted())
    }
}

fn slice(bytes: &Bytes, (first, last): (u64, u64)) -> Bytes {
    bytes.slice(usize::try_from(first).unwrap()..=usize::try_from(last).unwrap())
}

/// S3's answer to a request for `asked`: head, body, and how that ends.
fn answer(object: &Object, turn: Turn, asked: Option<(u64, u64)>) -> (Facts, Bytes, Ending) {
    let total = object.len();
    let span = asked.unwrap_or((0, total - 1));
    let ranged = |(first, last): (u64, u64), tag| {
        let part = Part { first, last, total: Some(total) };
        match asked {
            Some(_) => Facts {
                status: StatusCode::PARTIAL_CONTENT,
                tag: Some(tag),
                length: Some(part.bytes()),
                part: Some(part),
            },
            None => Facts { status: StatusCode::OK, tag: Some(tag), length: Some(total), part: None },
        }
    };
    let shortened = |body: Bytes, cut: Option<u64>| match cut {
        Some(cut) if cut < body.len() as u64 => (body.slice(..usize::try_from(cut).unwrap()), Ending::Broken),
        Some(_) => (body, Ending::Broken),
        None => (body, Ending::Proper),
    };
    let old = slice(&object.old, span);
    match turn {
        Turn::Honest { cut } => {
            let (body, ending) = shortened(old, cut);
            (ranged(span, TAG), body, ending)
        }
        Turn::Chunked { cut } => {
            let (body, ending) = shortened(old, cut);
            (Facts { length: None, ..ranged(span, TAG) }, body, ending)
        }
        Turn::Replaced => {
            let facts =
                Facts { status: StatusCode::PRECONDITION_FAILED, tag: None, length: None, part: None };
            (facts, Bytes::new(), Ending::Proper)
        }
        Turn::Spliced => (ranged(span, OTHER), slice(&object.new, span), Ending::Proper),
        Turn::Ignored => {
            let facts = Facts { status: StatusCode::OK, tag: Some(TAG), length: Some(total), part: None };
            (facts, object.old.clone(), Ending::Proper)
        }
        Turn::Shifted => {
            let off = (span.0.saturating_sub(1), span.1);
            (ranged(off, TAG), slice(&object.old, off), Ending::Proper)
        }
        Turn::Longer => (ranged(span, TAG), [&old[..], b"!"].concat().into(), Ending::Proper),
    }
}

/// What became of one client's request.
struct Told {
    bytes: Vec<u8>,
    end: Result<(), Rupture>,
    fetched: u64,
    resumed: u64,
    honest: bool,
}

/// Gives a body in pieces of odd sizes.
fn pour(transfer: &mut Transfer, body: &Bytes, random: &mut Random, told: &mut Told) -> Result<(), Rupture> {
    let mut rest = body.clone();
    while !rest.is_empty() {
        let size = 1 + random.below(9);
        let piece = rest.split_to(rest.len().min(usize::try_from(size).unwrap()));
        told.fetched += piece.len() as u64;
        told.bytes.extend_from_slice(transfer.take(&piece)?);
    }
    Ok(())
}

fn resumed(
    transfer: &mut Transfer,
    object: &Object,
    random: &mut Random,
    told: &mut Told,
) -> Result<Ending, Rupture> {
    let turn = Turn::pick(random, object.len());
    told.honest &= turn.is_honest();
    told.resumed += 1;
    let ask = transfer.ask();
    let span = (ask.first, ask.last.unwrap_or(object.len() - 1));
    let (facts, body, ending) = answer(object, turn, Some(span));
    transfer.continues(&facts)?;
    pour(transfer, &body, random, told)?;
    Ok(ending)
}

/// Plays one script to its end; the first answer is an honest one, as what else it may be is not the machine's matter.
fn play(seed: u64) -> (Object, Told) {
    let mut random = Random(seed);
    let object = Object::pick(&mut random);
    let cut = Some(random.below(object.len() + 1));
    let turn = if random.one_in(2) { Turn::Honest { cut } } else { Turn::Chunked { cut } };
    let (facts, body, mut ending) = answer(&object, turn, object.wish.map(|_| object.wanted()));
    let mut transfer = Transfer::begin(&facts).unwrap();
    let mut told = Told { bytes: Vec::new(), end: Ok(()), fetched: 0, resumed: 0, honest: true };
    told.end = pour(&mut transfer, &body, &mut random, &mut told);
    while told.end.is_ok() && !transfer.is_whole(ending) {
        match resumed(&mut transfer, &object, &mut random, &mut told) {
            Ok(next) => ending = next,
            Err(rupture) => told.end = Err(rupture),
        }
    }
    (object, told)
}

#[test]
fn faults_d3_to_d9_a_hundred_thousand_scripts_never_yield_a_wrong_byte() {
    let (mut whole, mut aborted) = (0, 0);
    for seed in 0..SCRIPTS {
        let (object, told) = play(seed);
        let truth = object.truth();
        assert!(truth.starts_with(&told.bytes), "script {seed}: a wrong byte went out");
        match told.end {
            Ok(()) => {
                whole += 1;
                assert_eq!(told.bytes, truth, "script {seed}: ended short");
                assert!(told.fetched <= truth.len() as u64 + told.resumed, "script {seed}: fetched twice");
            }
            Err(rupture) => {
                aborted += 1;
                assert!(!told.honest, "script {seed}: {rupture} although S3 was honest");
            }
        }
    }
    assert!(whole > SCRIPTS / 10 && aborted > SCRIPTS / 10, "{whole} whole, {aborted} aborted");
}
