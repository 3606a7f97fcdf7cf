use super::{Phase, Record};
use crate::model::{Attempt, Ending, JobId, Reason, Resumption};
use contract::{
    names::{RunName, annotations as keys},
    pods::{RowCounts, SnapshotSize},
};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn full() -> Record {
    let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    Record {
        phase: Phase::Failed,
        display_name: Some("Clinic A".into()),
        desired_snapshot_id: Some("$(hostile)".into()),
        desired_snapshot_at: Some(at),
        last_restored_snapshot_id: Some("abc".into()),
        last_restored_snapshot_at: Some(at),
        last_restored_at: Some(at),
        last_restored_rows: RowCounts::from_iter([("a \"b\"\n".to_owned(), Some(7)), ("c".to_owned(), None)]),
        serving_run: Some(RunName::of("abc", 1)),
        postgres_version: Some("15.18".into()),
        last_verification_reported_at: Some(at),
        last_verification_error: Some("no".into()),
        last_report_refusal: Some("403".into()),
        force_refresh: Some("now".into()),
        force_refresh_acted_on: Some("before".into()),
        release_noted: Some(at),
        snapshot_size: Some(Box::new(SnapshotSize {
            snapshot_id: "0123456789abcdef".parse().unwrap(),
            bytes: 7,
            files: 2,
        })),
        volume_min_bytes: Some(1 << 40),
        attempt: Some(Attempt {
            snapshot: "abd".into(),
            snapshot_at: Some(at),
            bucket: Some("backups".into()),
            number: 3,
            failures_before: 2,
            started_at: at,
            resumption: Some(Box::new(Resumption { count: 1, job: JobId::of("u7"), at })),
            ending: Some(Ending::Failed { at, reason: Reason::NoCluster }),
        }),
        outbox: Vec::new(),
    }
}

fn stored(record: &Record) -> BTreeMap<String, String> {
    record.to_annotations().into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))).collect()
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    for record in [Record::default(), full()] {
        assert_eq!(Record::from_annotations(&stored(&record)), Ok(record));
    }
}

#[test]
fn what_a_record_no_longer_says_is_removed() {
    let written = Record::default().to_annotations();
    assert_eq!(written[keys::FORCE_REFRESH], None);
    assert_eq!(written.len(), full().to_annotations().len());
}

#[test]
fn an_annotation_that_does_not_parse_is_named_and_nothing_is_guessed() {
    for key in [
        keys::RESTORE_STATE,
        keys::LAST_RESTORED_AT,
        keys::ATTEMPT,
        keys::PENDING_REPORT,
        keys::SERVING_RUN,
        keys::SNAPSHOT_SIZE,
        keys::LAST_RESTORED_ROWS,
        keys::VOLUME_MIN_BYTES,
    ] {
        let mut annotations = stored(&full());
        annotations.insert(key.to_owned(), "gibberish".to_owned());
        let error = Record::from_annotations(&annotations).unwrap_err();
        assert_eq!((error.key, error.value.as_str()), (key, "gibberish"));
    }
}

#[test]
fn foreign_annotations_are_nobodys_business() {
    let mut annotations = stored(&full());
    annotations.insert("example.com/x".into(), "y".into());
    assert_eq!(Record::from_annotations(&annotations), Ok(full()));
}

proptest! {
    #[test]
    fn any_text_in_any_annotation_is_read_or_refused_but_never_panics(index in 0..21_usize, text in ".{0,60}") {
        let mut annotations = stored(&full());
        let key = full().to_annotations().into_keys().nth(index).unwrap();
        annotations.insert(key.to_owned(), text);
        let _: Result<Record, _> = Record::from_annotations(&annotations);
    }
}
