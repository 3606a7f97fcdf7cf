use super::{
    Check, CheckName, CheckResult, Failure, FailureReason, Fix, PrepareReport, PrepareSpec, ProxySpec,
    RelaySpec, RestoreResult, RestoreSpec, Restored, RowCounts, SizingResult, SnapshotSize, SnapshotSpec,
    TERMINATION_MESSAGE_MAX, TerminationDocument,
};
use crate::{
    env::{self, EnvError, EnvPairs},
    ids::{GroupId, Intent, ServerId},
    names::RunName,
    probes::Probes,
};
use proptest::prelude::*;
use std::{collections::HashMap, num::NonZeroU16};
use uuid::Uuid;

fn lookup(pairs: EnvPairs) -> impl Fn(&str) -> Option<String> {
    let map: HashMap<&str, String> = pairs.into_iter().collect();
    move |name| map.get(name).cloned()
}

fn proxy_spec() -> ProxySpec {
    ProxySpec {
        broker_url: "http://operator.pgro-system.svc:9091/".parse().unwrap(),
        broker_token_file: Some("/var/run/secrets/pgro/token".into()),
        group: GroupId(Uuid::from_u128(1)),
        backup_type: "tamanu postgres".parse().unwrap(),
        bucket: "backups".parse().unwrap(),
        prefix: "a b/".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        endpoint: Some("http://minio:9000/".parse().unwrap()),
        ca_file: None,
        port_file: "/shared/proxy".into(),
        stats_callback_url: None,
        restore_deadline_secs: Some(3600),
    }
}

fn restore_spec() -> RestoreSpec {
    RestoreSpec {
        snapshot_id: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        server_id: ServerId(Uuid::from_u128(2)),
        bucket: "backups".parse().unwrap(),
        prefix: "".parse().unwrap(),
        region: "us-east-1".parse().unwrap(),
        port_file: "/shared/proxy".into(),
        volume: "/pgdata".into(),
        parallel: NonZeroU16::new(3).unwrap(),
        expected_bytes: Some(1 << 40),
        expected_files: Some(7),
        progress_file: Some("/progress/restore.json".into()),
    }
}

fn prepare_spec() -> PrepareSpec {
    PrepareSpec {
        run: RunName::of("s", 1),
        snapshot_id: "0123456789abcdef".into(),
        snapshot_at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        intent: Intent::Analytics,
        volume: "/pgdata".into(),
        data_dir: "restored/15/main".parse().unwrap(),
        memory_bytes: 1 << 30,
        check_budget_secs: 60,
        recovery_budget_secs: 70,
        rows_before: rows(),
        probes: r#"[{"name":"a","sql":"SELECT $1 = '$(X)'"}]"#.parse().unwrap(),
    }
}

fn rows() -> RowCounts {
    [("two\nlines $(X)".to_owned(), Some(u64::MAX)), ("unread".to_owned(), None)].into_iter().collect()
}

fn check(result: CheckResult) -> Check {
    Check { name: CheckName::Opens, result, scope: "server".into(), duration_ms: 1, detail: None }
}

fn sound_report() -> PrepareReport {
    let checks = super::MANDATORY_CHECKS
        .into_iter()
        .map(|name| Check { name, ..check(CheckResult::Passed) })
        .collect();
    PrepareReport { checks, ..PrepareReport::default() }
}

#[test]
fn every_spec_reads_back_what_it_wrote() {
    assert_eq!(ProxySpec::from_env(lookup(proxy_spec().to_env())), Ok(proxy_spec()));
    assert_eq!(RestoreSpec::from_env(lookup(restore_spec().to_env())), Ok(restore_spec()));
    let snapshot = restore_spec().snapshot();
    assert_eq!(SnapshotSpec::from_env(lookup(snapshot.to_env())), Ok(snapshot));
    assert_eq!(PrepareSpec::from_env(lookup(prepare_spec().to_env())), Ok(prepare_spec()));
    let unasked =
        PrepareSpec { probes: Probes::default(), rows_before: RowCounts::default(), ..prepare_spec() };
    assert_eq!(PrepareSpec::from_env(lookup(unasked.to_env())), Ok(unasked));
}

#[test]
fn progress_is_passed_on_only_where_it_is_known_from_where_to_where() {
    let relay = RelaySpec { file: "/progress/x".into(), url: "http://operator:9091/x".parse().unwrap() };
    assert_eq!(RelaySpec::from_env(lookup(relay.to_env())), Ok(Some(relay.clone())));
    assert_eq!(RelaySpec::from_env(lookup(relay.to_env().split_off(1))), Ok(None));
}

#[test]
fn a_missing_variable_is_named() {
    let pairs: EnvPairs = proxy_spec().to_env().into_iter().filter(|(name, _)| *name != env::GROUP).collect();
    let error = ProxySpec::from_env(lookup(pairs)).unwrap_err();
    assert_eq!(error, EnvError::Missing { name: env::GROUP, expected: "a UUID" });
}

#[test]
fn fault_f4_a_data_directory_never_leaves_the_volume() {
    for hostile in ["/etc", "../etc", "a/../../etc", "", "a//b", "./a", "a\n"] {
        assert!(hostile.parse::<super::DataDir>().is_err(), "{hostile:?}");
    }
}

#[test]
fn a_report_with_every_mandatory_check_passed_is_sound() {
    assert!(sound_report().is_sound());
}

#[test]
fn a_mandatory_check_that_did_not_pass_is_no_evidence_of_health() {
    for result in [CheckResult::Failed, CheckResult::Skipped, CheckResult::Unavailable] {
        let mut report = sound_report();
        report.checks[0].result = result;
        assert!(!report.is_sound(), "{result:?}");
    }
    assert!(!PrepareReport::default().is_sound());
}

#[test]
fn fault_f9_reset_data_is_never_sound() {
    assert!(!PrepareReport { fixes: vec![Fix::ResetWal], ..sound_report() }.is_sound());
}

#[test]
fn a_failed_optional_check_makes_the_report_unsound() {
    let mut report = sound_report();
    report.checks.push(Check { name: CheckName::FullRead, ..check(CheckResult::Failed) });
    assert!(!report.is_sound());
}

#[test]
fn probes_that_were_not_asked_count_against_it_and_probes_nobody_gave_do_not() {
    for (result, sound) in [
        (CheckResult::Passed, true),
        (CheckResult::Unavailable, true),
        (CheckResult::Skipped, false),
        (CheckResult::Failed, false),
    ] {
        let mut report = sound_report();
        report.checks.push(Check { name: CheckName::Probes, ..check(result) });
        assert_eq!(report.is_sound(), sound, "{result:?}");
    }
}

#[test]
fn rows_are_counted_for_the_databases_that_are_named() {
    let databases = vec!["app".to_owned(), "x".to_owned()];
    let report = PrepareReport { databases, rows: vec![Some(7), None], ..sound_report() };
    assert_eq!(report.row_counts().to_string(), r#"{"app":7,"x":null}"#);
    assert_eq!(report.shortened(1).row_counts().to_string(), r#"{"app":7}"#);
    assert!(PrepareReport { rows: vec![], ..report }.row_counts().is_empty());
}

#[test]
fn results_have_the_names_of_the_contract() {
    let result = RestoreResult::Failed(Failure { reason: FailureReason::NoSpace, message: "full".into() });
    let text = result.to_termination_message().unwrap();
    assert_eq!(text, r#"{"outcome":"failed","reason":"no_space","message":"full"}"#);
    assert_eq!(RestoreResult::from_termination_message(&text), Ok(result));
}

#[test]
fn a_complete_restore_reads_back() {
    let result = RestoreResult::Restored(Restored {
        snapshot_id: restore_spec().snapshot_id,
        data_dir: "restored".parse().unwrap(),
        postgres_major: 15,
        files: 3,
        bytes: 4,
    });
    let text = result.to_termination_message().unwrap();
    assert_eq!(RestoreResult::from_termination_message(&text), Ok(result));
}

#[test]
fn a_size_reads_back_and_is_no_restore() {
    let size = SnapshotSize { snapshot_id: restore_spec().snapshot_id, bytes: 4, files: 3 };
    let text = SizingResult::Sized(size.clone()).to_termination_message().unwrap();
    assert_eq!(SizingResult::from_termination_message(&text), Ok(SizingResult::Sized(size)));
    assert!(RestoreResult::from_termination_message(&text).is_err());
}

#[test]
fn a_message_that_is_no_document_is_shown_in_the_error() {
    let error = RestoreResult::from_termination_message("panicked").unwrap_err();
    assert!(error.to_string().contains("panicked"));
}

proptest! {
    #[test]
    fn any_report_fits_the_termination_message_and_keeps_its_verdict(
        databases in proptest::collection::vec(".{1,63}", 0..60),
        detail in ".{0,5000}",
        message in ".{0,5000}",
    ) {
        let mut report = sound_report();
        report.rows = databases.iter().map(|name| (name.len() > 9).then_some(u64::MAX)).collect();
        report.databases = databases;
        report.checks[0].detail = Some(detail);
        report.failure = Some(Failure { reason: FailureReason::CheckFailed, message });
        let text = report.to_termination_message().unwrap();
        prop_assert!(text.len() <= TERMINATION_MESSAGE_MAX);
        let back = PrepareReport::from_termination_message(&text).unwrap();
        prop_assert_eq!(back.is_sound(), report.is_sound());
        prop_assert_eq!(back.databases.len() + back.databases_omitted, report.databases.len());
        for (name, rows) in back.row_counts().iter() {
            prop_assert_eq!(rows, (name.len() > 9).then_some(u64::MAX));
        }
    }
}
