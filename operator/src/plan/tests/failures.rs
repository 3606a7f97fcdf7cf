use super::sim::{FIRST, SECOND, Sim, sound, target, wanted};
use crate::{
    model::{Hindrance, JobPhase, Phase, PostgresPhase, Reason, Trouble},
    plan::Because,
};
use contract::{
    canopy::Outcome,
    pods::{CheckResult, Failure, FailureReason, PrepareReport},
};
use jiff::Timestamp;

#[test]
fn a_failed_restore_is_reported_with_its_reason() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.fails(&entry, FailureReason::SnapshotNotFound);
    assert_eq!(sim.phase(&entry), Phase::Failed);
    let report = &sim.reported[0];
    assert_eq!((report.outcome, report.replica_healthy), (Outcome::Failure, false));
    assert_eq!(report.error.as_deref(), Some("backup_bad: snapshot_not_found: it said so"));
}

#[test]
fn a_failed_attempt_is_retried_after_growing_pauses_under_a_new_run_id() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let mut pauses = Vec::new();
    for _ in 0..3 {
        sim.fails(&entry, FailureReason::ProxyUnavailable);
        let Because::BackingOff { until, .. } = sim.because(&entry) else {
            panic!("{:?}", sim.because(&entry))
        };
        pauses.push(until.duration_since(sim.now));
        sim.now = until;
        sim.settle();
        assert_eq!(sim.phase(&entry), Phase::Restoring);
    }
    assert!(pauses.is_sorted() && pauses[0] < pauses[2], "{pauses:?}");
    let ids: std::collections::BTreeSet<_> = sim.reported.iter().map(|r| r.run_id).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_newer_snapshot_is_tried_at_once() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.fails(&entry, FailureReason::NoCluster);
    let mut newer = entry.clone();
    newer.target = target(SECOND, "2026-01-02T00:00:00Z");
    sim.poll([newer]);
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Restoring);
}

#[test]
fn fault_e6_a_hostile_snapshot_id_is_refused_reported_and_never_built() {
    let mut entry = wanted(1, None);
    entry.target = target("$(touch /pwned)", "2026-01-01T00:00:00Z");
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Failed);
    assert_eq!(sim.because(&entry), Because::Refused);
    assert!(sim.replica(&entry.namespace).runs.is_empty());
    assert_eq!(sim.reported.len(), 1);
    assert_eq!(sim.reported[0].snapshot_id.as_deref(), Some("$(touch /pwned)"));
    sim.pass(100_000);
    sim.settle();
    assert_eq!(sim.reported.len(), 1);
}

#[test]
fn denied_credentials_fail_the_attempt_and_it_recovers_when_granted() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    while !sim.observed.keys().contains(&entry.identity.key)
        || sim.replica(&entry.namespace).record.attempt.is_none()
    {
        for step in sim.plan().steps().into_iter().cloned().collect::<Vec<_>>() {
            sim.take(step);
        }
    }
    let run = sim.open_run(&entry);
    let trouble = Trouble::new(Reason::NotGranted, "403 no declaration grants it");
    sim.replica_mut(&entry.namespace).hindered =
        Some(Hindrance { run, trouble, since: Timestamp::UNIX_EPOCH, passing: false });
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Failed);
    assert_eq!(
        sim.reported[0].error.as_deref(),
        Some("credentials_denied: not_granted: 403 no declaration grants it")
    );
    sim.pass(3600);
    sim.settle();
    sim.comes_up(&entry);
    assert_eq!(sim.phase(&entry), Phase::Active);
}

#[test]
fn fault_a22_a_pod_that_never_starts_is_a_named_failure() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.job_ends(
        &entry,
        JobPhase::Starting { waiting_for: Some(Trouble::new(Reason::ImagePullFailed, "ImagePullBackOff")) },
    );
    sim.pass(3600);
    sim.settle();
    let error = sim.reported[0].error.clone().unwrap();
    assert!(
        error.starts_with("infrastructure: image_pull_failed: ") && error.contains("ImagePullBackOff"),
        "{error}"
    );
}

#[test]
fn fault_e2_a_pod_that_ends_without_a_word_is_never_a_success() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.policy.resumes_max = 0;
    sim.settle();
    sim.job_ends(&entry, JobPhase::Lost(Trouble::new(Reason::OomKilled, "OOMKilled")));
    let error = sim.reported[0].error.clone().unwrap();
    assert!(error.starts_with("infrastructure: oom_killed: ") && error.contains("OOMKilled"), "{error}");
}

#[test]
fn fault_f10_a_database_that_fails_a_check_is_never_served() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.restored(&entry);
    let mut report = sound();
    report.checks[2].result = CheckResult::Failed;
    report.failure = Some(Failure { reason: FailureReason::CheckFailed, message: "app.t_pkey".into() });
    sim.postgres_comes_to(
        &entry,
        PostgresPhase::Failed {
            report: Some(report.into()),
            trouble: Trouble::new(Reason::CheckFailed, "app.t_pkey"),
        },
    );
    assert_eq!(sim.phase(&entry), Phase::Failed);
    assert_eq!(sim.replica(&entry.namespace).service, None);
    let report = &sim.reported[0];
    assert_eq!(report.error.as_deref(), Some("verification_failed: check_failed: app.t_pkey"));
    assert_eq!(report.health_details.as_ref().unwrap()["checks"][2]["result"], "failed");
    assert_eq!(report.postgres_version.as_deref(), Some("15.18"));
}

#[test]
fn an_answering_server_without_passed_checks_is_not_healthy() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.restored(&entry);
    sim.postgres_comes_to(&entry, PostgresPhase::Ready(PrepareReport::default().into()));
    assert_eq!(sim.reported[0].outcome, Outcome::Failure);
    assert_eq!(sim.replica(&entry.namespace).service, None);
}

#[test]
fn fault_a21_recovery_that_never_ends_meets_its_deadline() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    sim.restored(&entry);
    sim.pass(6 * 3600);
    sim.settle();
    assert!(
        sim.reported[0]
            .error
            .as_deref()
            .unwrap()
            .starts_with("deadline: deadline_exceeded: failed to recover")
    );
}

#[test]
fn fault_b12_an_entry_that_changes_before_anything_was_made_is_followed() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    while !sim.observed.keys().contains(&entry.identity.key)
        || sim.replica(&entry.namespace).record.attempt.is_none()
    {
        for step in sim.plan().steps().into_iter().cloned().collect::<Vec<_>>() {
            sim.take(step);
        }
    }
    let mut newer = entry.clone();
    newer.target = target(SECOND, "2026-01-02T00:00:00Z");
    sim.poll([newer.clone()]);
    sim.settle();
    sim.comes_up(&newer);
    assert_eq!(sim.reported.len(), 1);
    assert_eq!(sim.reported[0].snapshot_id.as_deref(), Some(SECOND));
}

#[test]
fn fault_b12_an_entry_that_changes_under_a_running_restore_waits_for_its_end() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let mut newer = entry.clone();
    newer.target = target(SECOND, "2026-01-02T00:00:00Z");
    sim.poll([newer.clone()]);
    sim.settle();
    sim.comes_up(&newer);
    sim.pass(60);
    sim.settle();
    sim.comes_up(&newer);
    let snapshots: Vec<_> = sim.reported.iter().filter_map(|r| r.snapshot_id.as_deref()).collect();
    assert_eq!(snapshots, [FIRST, SECOND]);
}

#[test]
fn fault_e2_a_restore_that_is_broken_off_goes_on_in_the_same_run_and_only_its_end_is_told() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let run = sim.open_run(&entry);
    for reason in [Reason::Evicted, Reason::ResultLost, Reason::DeadlineExceeded] {
        sim.job_ends(&entry, JobPhase::Lost(Trouble::new(reason, "gone")));
        assert!(matches!(sim.because(&entry), Because::BackingOff { .. }), "{reason:?}");
        sim.pass(120);
        sim.settle();
        assert_eq!(sim.open_run(&entry), run);
        assert!(matches!(sim.because(&entry), Because::RestoreRunning { .. }), "{reason:?}");
    }
    assert!(sim.reported.is_empty());
    sim.comes_up(&entry);
    assert_eq!(sim.phase(&entry), Phase::Active);
    assert_eq!(sim.reported.len(), 1);
}

#[test]
fn fault_e7_each_volume_that_proves_too_small_is_followed_by_a_larger_one() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let mut sizes = Vec::new();
    for _ in 0..4 {
        sim.fails(&entry, FailureReason::NoSpace);
        sizes.push(sim.replica(&entry.namespace).record.volume_min_bytes.unwrap() >> 30);
        sim.pass(4000);
        sim.settle();
    }
    assert_eq!(sizes, [5, 8, 12, 18]);
    sim.comes_up(&entry);
    let record = &sim.replica(&entry.namespace).record;
    assert_eq!((record.volume_min_bytes, &record.snapshot_size), (Some(18 << 30), &None));
}
