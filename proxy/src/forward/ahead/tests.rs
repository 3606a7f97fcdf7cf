mod scripts;

use super::{Ahead, Bounds, LEAST, Parked, REACH, UNUSED, plain_range, shared_out};
use crate::{
    admit::{Admitted, Passed, Precondition, Verb},
    http1::{Framing, ResponseHead},
    transfer::{Facts, Part},
    upstream::{Body, Connection, Receive},
};
use http::{HeaderValue, StatusCode};
use tokio::{
    io::{AsyncReadExt, duplex},
    time::{Instant, timeout},
};

const SEATS: usize = 10;

fn on() -> Ahead {
    Ahead::new(Some(Bounds::of(Receive { buffer: None, most: 6 << 20, seats: SEATS })))
}

fn wanted(range: &str, more: &[(Precondition, &str)]) -> Admitted {
    let mut headers = Passed::default();
    headers.set(Precondition::Range, Some(range.to_owned()));
    for (name, value) in more {
        headers.set(*name, Some((*value).to_owned()));
    }
    Admitted { verb: Verb::Get, path: "/b/p".into(), query: String::new(), headers }
}

fn large() -> Admitted {
    wanted(&format!("bytes=100-{}", 99 + LEAST), &[])
}

#[test]
fn a_long_range_is_reached_beyond() {
    let (wider, _seat) = on().wider(&large()).unwrap();
    let reach = format!("bytes=100-{}", 99 + LEAST + REACH);
    assert_eq!(wider.headers.get(Precondition::Range), Some(reach.as_str()));
    assert_eq!((wider.verb, wider.path.as_str()), (Verb::Get, "/b/p"));
}

#[test]
fn nothing_is_reached_beyond_where_it_is_switched_off_or_of_no_use() {
    assert!(Ahead::new(None).wider(&large()).is_none());
    let short = format!("bytes=0-{}", LEAST - 2);
    for range in [
        &short,
        "bytes=0-",
        "bytes=-9999999",
        "bytes=9999999-0",
        "bytes=0-9999999,3-4",
        "bytes=0-18446744073709551615",
    ] {
        assert!(on().wider(&wanted(range, &[])).is_none(), "{range}");
    }
    let head = Admitted { verb: Verb::Head, ..large() };
    assert!(on().wider(&head).is_none());
}

#[test]
fn a_condition_that_s3_has_to_judge_is_left_to_it() {
    use Precondition::{IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince};
    for name in [IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince] {
        assert_eq!(plain_range(&wanted("bytes=0-9", &[(name, "x")])), None, "{name:?}");
    }
    assert_eq!(plain_range(&wanted("bytes=0-9", &[(IfMatch, "\"a\"")])), Some((0, 9)));
}

#[test]
fn only_so_many_streams_read_ahead_at_a_time() {
    let ahead = on();
    let mut seats: Vec<_> = (0..SEATS).map(|_| ahead.wider(&large()).unwrap()).collect();
    assert!(ahead.wider(&large()).is_none());
    seats.pop();
    assert!(ahead.wider(&large()).is_some());
}

#[test]
fn streams_nobody_comes_back_for_end_it() {
    let ahead = on();
    let dropped =
        (0..100).take_while(|_| ahead.wider(&large()).map(|(_, mut seat)| seat.owes(REACH)).is_some());
    assert!((2..20).contains(&dropped.count()));
}

fn part(first: u64, last: u64) -> Facts {
    let part = Part { first, last, total: Some(100) };
    Facts {
        status: StatusCode::PARTIAL_CONTENT,
        tag: Some(HeaderValue::from_static("\"a\"")),
        length: Some(part.bytes()),
        part: Some(part),
    }
}

#[test]
fn a_part_is_shared_out_without_a_gap_or_an_overlap() {
    assert_eq!(shared_out(&part(10, 99), 19), Some((part(10, 19), part(20, 99))));
    for last in [9, 99, 100] {
        assert_eq!(shared_out(&part(10, 99), last), None, "{last}");
    }
    assert_eq!(shared_out(&Facts { tag: None, ..part(10, 99) }, 19), None, "nothing to recognise it by");
}

#[tokio::test(start_paused = true)]
async fn a_stream_nobody_comes_back_for_is_closed_after_a_while_and_not_before() {
    let (ahead, began) = (on(), Instant::now());
    let (near, mut far) = duplex(64);
    let body = Body::new(Connection::new(Box::new(near)), Framing::Length(80), true);
    let (_, seat) = ahead.wider(&large()).unwrap();
    ahead.park(Parked::new("/b/p".into(), ResponseHead::of(206, &[]), part(20, 99), body, seat));
    let closed = tokio::select! {
        () = ahead.sweep() => None,
        read = timeout(UNUSED * 2, far.read_u8()) => read.ok(),
    };
    assert!(closed.is_some_and(|read| read.is_err()), "still open after {:?}", began.elapsed());
    assert!(began.elapsed() >= UNUSED, "{:?}", began.elapsed());
}
