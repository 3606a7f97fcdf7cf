mod scripts;

use super::{Ask, Ending, Facts, Part, Rupture, Transfer};
use http::{HeaderValue, StatusCode};

const TAG: HeaderValue = HeaderValue::from_static("\"one\"");
const OTHER: HeaderValue = HeaderValue::from_static("\"two\"");

/// The head of a whole object of ten bytes.
fn whole() -> Facts {
    Facts { status: StatusCode::OK, tag: Some(TAG), length: Some(10), part: None }
}

/// The same, its length unknown.
fn chunked() -> Facts {
    Facts { length: None, ..whole() }
}

fn part(first: u64, last: u64) -> Facts {
    let part = Part { first, last, total: Some(10) };
    Facts {
        status: StatusCode::PARTIAL_CONTENT,
        tag: Some(TAG),
        length: Some(part.bytes()),
        part: Some(part),
    }
}

/// A transfer that broke off after `bytes`.
fn broken(first: &Facts, bytes: &'static str) -> Transfer {
    let mut transfer = Transfer::begin(first).unwrap();
    assert_eq!(transfer.take(bytes.as_bytes()).unwrap(), bytes.as_bytes());
    transfer
}

fn asked(first: &Facts, bytes: &'static str) -> Transfer {
    let mut transfer = broken(first, bytes);
    transfer.ask();
    transfer
}

#[test]
fn fault_d3_what_is_missing_is_asked_for_in_the_same_version() {
    assert_eq!(broken(&whole(), "0123").ask(), Ask { first: 4, last: Some(9), tag: TAG });
}

#[test]
fn fault_d3_the_clients_own_range_is_gone_on_with() {
    assert_eq!(broken(&part(3, 7), "34").ask(), Ask { first: 5, last: Some(7), tag: TAG });
}

#[test]
fn fault_d5_without_a_known_end_the_last_byte_is_asked_for_again() {
    let mut transfer = broken(&chunked(), "0123456789");
    assert!(!transfer.is_whole(Ending::Broken));
    assert_eq!(transfer.ask(), Ask { first: 9, last: None, tag: TAG });
    assert_eq!(transfer.continues(&part(9, 9)), Ok(()));
    assert_eq!(transfer.take(b"9"), Ok(&b""[..]));
    assert!(transfer.is_whole(Ending::Proper));
}

#[test]
fn fault_d9_a_repeated_byte_that_differs_is_an_abort() {
    let mut transfer = asked(&chunked(), "0123");
    assert_eq!(transfer.continues(&part(3, 9)), Ok(()));
    assert_eq!(transfer.take(b"x456789"), Err(Rupture::OtherBytes));
}

#[test]
fn fault_d4_a_body_is_whole_only_with_its_last_byte() {
    let transfer = broken(&whole(), "012345678");
    assert!(!transfer.is_whole(Ending::Broken) && !transfer.is_whole(Ending::Proper));
    assert!(broken(&whole(), "0123456789").is_whole(Ending::Broken), "nothing is missing");
}

#[test]
fn fault_d8_another_version_is_never_gone_on_with() {
    let precondition = Facts { status: StatusCode::PRECONDITION_FAILED, ..whole() };
    let longer = Part { first: 4, last: 9, total: Some(11) };
    let without_tag = Facts { tag: None, ..part(4, 9) };
    let others = [
        precondition,
        Facts { tag: Some(OTHER), ..part(4, 9) },
        Facts { part: Some(longer), ..part(4, 9) },
        without_tag,
    ];
    for facts in others {
        assert_eq!(asked(&whole(), "0123").continues(&facts), Err(Rupture::Replaced), "{facts:?}");
    }
}

#[test]
fn fault_d9_an_ignored_or_wrong_range_is_never_gone_on_with() {
    let ignored = asked(&whole(), "0123").continues(&whole());
    assert_eq!(ignored, Err(Rupture::NotThePart(StatusCode::OK)));
    for (first, last) in [(0, 9), (3, 9), (5, 9), (4, 8)] {
        let wrong = asked(&whole(), "0123").continues(&part(first, last));
        assert_eq!(wrong, Err(Rupture::OtherPart), "{first}-{last}");
    }
    let contradicted = Facts { length: Some(7), ..part(4, 9) };
    assert_eq!(asked(&whole(), "0123").continues(&contradicted), Err(Rupture::OtherPart));
    let endless = Facts { part: Some(Part { first: 3, last: 9, total: None }), ..part(3, 9) };
    assert_eq!(asked(&chunked(), "0123").continues(&endless), Err(Rupture::OtherPart));
}

#[test]
fn fault_d9_more_than_was_announced_is_an_abort() {
    let mut transfer = Transfer::begin(&part(3, 7)).unwrap();
    assert_eq!(transfer.take(b"345678"), Err(Rupture::TooMuch));
}

#[test]
fn what_cannot_be_recognised_is_not_gone_on_with() {
    for facts in [
        Facts { tag: None, ..whole() },
        Facts { part: None, ..part(3, 7) },
        Facts { status: StatusCode::NOT_MODIFIED, ..whole() },
    ] {
        assert!(Transfer::begin(&facts).is_none(), "{facts:?}");
    }
}
