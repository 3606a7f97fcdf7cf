//! Over real sockets: a body that breaks off is gone on with, in the same version or not at all.

use crate::support::{
    client::{SOON, fetch, send},
    s3::{ETAG, Fault},
    wire::{Cut, How, WireS3},
    world::{Build, PREFIX, World, neighbours, spec, target},
};
use bytes::Bytes;
use contract::pods::ProxySpec;
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use proxy::limits::Limits;
use std::{collections::BTreeSet, time::Duration};

const PACK: usize = 20 << 20;
const CUTS: usize = 20;
/// Packs per kind of break; 150 of them make two thousand different offsets and more: `just long-runs`.
const PACKS_VARIABLE: &str = "PGRO_TEST_CUT_PACKS";

fn pack() -> Bytes {
    (0..PACK).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect()
}

async fn before(s3: &WireS3, stall: Duration) -> World {
    let (fake, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(&fake, &broker, &folder, PREFIX);
    let spec = ProxySpec { endpoint: Some(s3.url.parse().unwrap()), ..spec };
    let limits = Limits { stall, ..Build::default().limits };
    World::of(fake, broker, folder, spec, limits).await
}

/// Where the answers to one client's request break off: at both ends of buffers, and anywhere.
fn cuts(nth: usize, how: How) -> Vec<Cut> {
    let edges = [1, 4096, 65_535, 65_536, 131_072, PACK / CUTS];
    let anywhere = |cut: usize| (nth * CUTS + cut).wrapping_mul(0x9e37_79b9) % (2 * PACK / CUTS);
    let after = |cut| edges.get(cut).copied().unwrap_or_else(|| anywhere(cut));
    (0..CUTS).map(|cut| Cut { after: after(cut), how }).collect()
}

/// What many packs had to bear.
#[derive(Default)]
struct Borne {
    packs: usize,
    offsets: BTreeSet<usize>,
    most_fetched_twice: u64,
}

impl Borne {
    fn add(&mut self, (offsets, twice): (Vec<usize>, u64)) {
        self.packs += 1;
        self.offsets.extend(offsets);
        self.most_fetched_twice = self.most_fetched_twice.max(twice);
    }

    fn tell(&self, how: How) {
        let Self { packs, offsets, most_fetched_twice } = self;
        println!(
            "{how:?}: {packs} packs, {} offsets, at most {most_fetched_twice} bytes twice",
            offsets.len()
        );
        assert!(offsets.len() >= packs / 2 * CUTS * 2 / 3, "the same offsets again and again");
    }
}

/// Returns the offsets it broke off at, and how many bytes were fetched twice.
async fn survives(object: &Bytes, chunked: bool, cuts: Vec<Cut>, stall: Duration) -> (Vec<usize>, u64) {
    let told = format!("{chunked} {cuts:?}");
    let s3 = WireS3::start(object.clone(), chunked, cuts).await;
    let world = before(&s3, stall).await;
    let got = world.get("x").await;
    assert!(got.body.as_ref().is_ok_and(|body| body == object), "other bytes, or none: {told}");
    assert!(s3.requests() > 1);
    let figures = world.stop().await.traffic;
    let twice = figures.s3_received_payload_bytes - object.len() as u64;
    assert!(twice <= object.len() as u64 / 100 + (256 << 10), "{twice} bytes were fetched twice: {told}");
    (s3.broken(), twice)
}

fn packs() -> usize {
    std::env::var(PACKS_VARIABLE).map_or(1, |packs| packs.parse().unwrap())
}

#[tokio::test]
async fn fault_d3_a_pack_that_is_reset_twenty_times_arrives_whole() {
    bear(How::Reset).await;
}

#[tokio::test]
async fn fault_d4_and_d5_a_pack_that_ends_short_twenty_times_arrives_whole() {
    bear(How::Fin).await;
}

async fn bear(how: How) {
    let (pack, mut borne) = (pack(), Borne::default());
    let first = usize::from(matches!(how, How::Fin));
    for nth in first..first + packs() {
        for chunked in [false, true] {
            borne.add(survives(&pack, chunked, cuts(nth, how), SOON).await);
        }
    }
    borne.tell(how);
}

#[tokio::test]
async fn fault_d6_and_d7_a_stall_and_a_drip_are_noticed_and_gone_on_with() {
    let object = pack().slice(..300_000);
    for how in [How::Stall, How::Drip] {
        survives(&object, false, vec![Cut { after: 200_000, how }], Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn fault_d3_a_part_is_gone_on_with_to_its_own_end() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "0123456789");
    for (range, whole, asked) in [
        ("bytes=2-7", "234567", "bytes=4-7"),
        ("bytes=2-", "23456789", "bytes=4-9"),
        ("bytes=-4", "6789", "bytes=8-9"),
    ] {
        world.s3.fail(Fault::CutPart { after: 2 });
        let got = fetch(world.address, "GET", &target("x"), &[("range", range)]).await;
        assert_eq!((got.status, got.text().as_str()), (StatusCode::PARTIAL_CONTENT, whole), "{range}");
        let rest = world.s3.seen().pop().unwrap().headers;
        assert_eq!((&rest["range"], &rest["if-match"]), (&asked.parse().unwrap(), &ETAG.parse().unwrap()));
    }
}

fn answer(status: u16, tag: &str, part: &str, bytes: &'static str) -> Fault {
    let head = Response::builder().status(status).header("etag", tag).header("content-length", bytes.len());
    let head = if part.is_empty() { head } else { head.header("content-range", part) };
    Fault::Answer(head.body(crate::support::http::whole(bytes)).unwrap())
}

#[tokio::test]
async fn faults_d8_and_d9_what_does_not_go_on_where_it_broke_off_is_a_visible_abort() {
    let lies = [
        answer(206, "\"other\"", "bytes 4-9/10", "456789"),
        answer(206, ETAG, "bytes 4-9/11", "456789"),
        answer(206, ETAG, "bytes 3-9/10", "3456789"),
        answer(206, ETAG, "bytes 4-8/10", "45678"),
        answer(206, ETAG, "", "456789"),
        answer(200, ETAG, "", "0123456789"),
        answer(204, ETAG, "", ""),
        Fault::Error(412, "PreconditionFailed"),
        Fault::Error(404, "NoSuchKey"),
        Fault::Error(416, "InvalidRange"),
        Fault::Error(403, "AccessDenied"),
    ];
    for lie in lies {
        let world = World::start().await;
        world.s3.put(&format!("{PREFIX}x"), "0123456789");
        world.s3.fail(Fault::Cut { after: 4, chunked: false });
        world.s3.fail(lie);
        let answer = send(world.address, "GET", &target("x"), &[]).await;
        let (told, broke) = read(answer).await;
        assert!(broke && "0123456789".starts_with(&told), "{told:?}");
        assert_eq!(world.s3.seen().len(), 2);
    }
}

/// What came of a body, and whether it broke off.
async fn read(answer: Response<hyper::body::Incoming>) -> (String, bool) {
    let (mut body, mut told) = (answer.into_body(), String::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return (told, true) };
        told.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    (told, false)
}

#[tokio::test]
async fn fault_d3_trouble_on_the_way_to_the_rest_is_absorbed_too() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "0123456789");
    world.s3.fail(Fault::Cut { after: 4, chunked: false });
    world.s3.fail(Fault::Error(503, "SlowDown"));
    world.s3.fail(Fault::Error(400, "ExpiredToken"));
    world.s3.fail(Fault::CutPart { after: 0 });
    assert_eq!(world.get("x").await.text(), "0123456789");
}

#[tokio::test]
async fn fault_d4_an_answer_without_a_version_is_cut_where_it_broke_off() {
    let world = World::start().await;
    let (pieces, body) = crate::support::http::piecewise();
    world.s3.fail(Fault::Body(10, body));
    pieces.send(Ok(Bytes::from_static(b"0123"))).await.unwrap();
    let answer = send(world.address, "GET", &target("x"), &[]).await;
    drop(pieces);
    assert_eq!(read(answer).await, ("0123".to_owned(), true));
}

#[tokio::test]
async fn fault_d5_a_list_that_breaks_off_is_asked_for_again() {
    let world = World::start().await;
    world.s3.put(&format!("{PREFIX}x"), "");
    for after in [0, 1, 5] {
        world.s3.fail(Fault::CutList { after });
        let list = format!("/{}/?list-type=2&prefix=a%20b%2Bc%3D1%2F", crate::support::s3::BUCKET);
        let got = fetch(world.address, "GET", &list, &[]).await;
        assert_eq!(got.text(), format!("<Key>{PREFIX}x</Key>"));
        assert_eq!(got.header("content-length"), got.text().len().to_string());
    }
}
