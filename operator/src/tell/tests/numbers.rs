use super::watched::{Watched, well};
use crate::{
    apply::ApplyError,
    model::Wanted,
    plan::{
        Step,
        tests::sim::{FIRST, SECOND, target, wanted},
    },
};
use contract::pods::{Fix, PrepareReport};
use jiff::SignedDuration;

/// The labels of the replica of `wanted(1, …)`.
fn labels(entry: &Wanted) -> String {
    let key = entry.identity.key;
    format!(
        "namespace=\"{}\",group=\"{}\",server=\"{}\",type=\"tamanu-postgres\",intent=\"verify\"",
        entry.namespace, entry.identity.group, key.server_id
    )
}

fn gauge(watched: &Watched, name: &str, entry: &Wanted) -> i64 {
    let start = format!("pgro_replica_{name}{{{}}} ", labels(entry));
    let lines = watched.metric(&start);
    assert_eq!(lines.len(), 1, "{name}: {lines:?}");
    lines[0][start.len()..].parse().unwrap()
}

#[test]
fn a_replica_tells_what_it_serves_since_when_and_what_was_repaired() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    assert_eq!(gauge(&watched, "last_verified_timestamp_seconds", &entry), 0);
    assert_eq!(gauge(&watched, "snapshot_timestamp_seconds", &entry), 0);
    watched.comes_up(&entry, PrepareReport { fixes: vec![Fix::Locale, Fix::Reindex], ..well() });
    let verified = watched.sim.now.as_second();
    assert_eq!(gauge(&watched, "last_verified_timestamp_seconds", &entry), verified);
    assert_eq!(gauge(&watched, "snapshot_timestamp_seconds", &entry), 1_767_225_600);
    for fix in ["locale", "reindex"] {
        let line = format!("pgro_replica_fix_applied{{fix=\"{fix}\",{}}} 1", labels(&entry));
        assert_eq!(
            watched.metric("pgro_replica_fix_applied").iter().filter(|found| **found == line).count(),
            1
        );
    }
}

#[test]
fn a_run_that_ended_well_tells_its_phases_and_checks() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    watched.comes_up(&entry, well());
    let phases = [
        ("queue", 0.0),
        ("fetch", 60.0),
        ("recover", 29.997),
        ("check", 0.003),
        ("switch", 0.0),
        ("verify", 30.0),
        ("whole", 90.0),
    ];
    for (phase, seconds) in phases {
        let line = format!(
            "pgro_restore_phase_duration_seconds_sum{{phase=\"{phase}\",intent=\"verify\"}} {seconds:?}"
        );
        assert_eq!(watched.metric(&line), std::slice::from_ref(&line));
    }
    let line = "pgro_verification_checks_total{check=\"amcheck\",result=\"passed\"} 1";
    assert_eq!(watched.metric(line), [line]);
    let line = "pgro_restore_runs_total{intent=\"verify\",result=\"success\",reason=\"none\"} 1";
    assert_eq!(watched.metric(line), [line]);
}

#[test]
fn failures_in_a_row_and_old_age_are_told_and_a_success_ends_both() {
    let entry = Wanted { freshness: Some(SignedDuration::from_mins(5)), ..wanted(1, Some(FIRST)) };
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    assert_eq!(gauge(&watched, "overdue", &entry), 0);
    for failures in 1..=2 {
        watched.fails(&entry);
        assert_eq!(gauge(&watched, "consecutive_failures", &entry), failures);
        watched.sim.pass(600);
        watched.settle();
    }
    assert_eq!(gauge(&watched, "overdue", &entry), 1);
    watched.comes_up(&entry, well());
    assert_eq!(gauge(&watched, "consecutive_failures", &entry), 0);
    assert_eq!(gauge(&watched, "overdue", &entry), 0);
}

#[test]
fn an_age_that_the_worklist_calls_overdue_goes_before_what_it_calls_fresh() {
    let (minutes, hours) = (SignedDuration::from_mins, SignedDuration::from_hours);
    for (freshness, overdue_after, after, overdue) in [
        (Some(minutes(5)), Some(hours(2)), hours(1), 0),
        (Some(minutes(5)), Some(hours(2)), hours(3), 1),
        (None, Some(hours(2)), hours(3), 1),
        (None, None, hours(3), 0),
    ] {
        let entry = Wanted { freshness, overdue_after, ..wanted(1, Some(FIRST)) };
        let mut watched = Watched::new([entry.clone()]);
        watched.settle();
        watched.sim.now += after;
        watched.pass();
        assert_eq!(gauge(&watched, "overdue", &entry), overdue, "{overdue_after:?} after {after:?}");
    }
}

#[test]
fn waiting_and_running_restores_are_told_apart() {
    let mut watched = Watched::new((0..5).map(|number| wanted(number, Some(FIRST))));
    watched.sim.policy.max_concurrent_restores = 2;
    watched.settle();
    assert_eq!(watched.metric("pgro_restore_queue_depth"), ["pgro_restore_queue_depth 3"]);
    assert_eq!(watched.metric("pgro_restores_in_progress"), ["pgro_restores_in_progress 2"]);
}

#[test]
fn a_move_of_guests_is_counted_and_the_first_serving_is_none() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    watched.comes_up(&entry, well());
    assert!(watched.metric("pgro_switchover_total").is_empty());
    watched.sim.poll([Wanted { target: target(SECOND, "2026-01-02T00:00:00Z"), ..entry.clone() }]);
    watched.settle();
    watched.comes_up(&entry, well());
    assert_eq!(watched.metric("pgro_switchover_total"), ["pgro_switchover_total{result=\"done\"} 1"]);
}

#[test]
fn figures_vanish_with_their_replica() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::serving(&entry);
    watched.pass();
    assert_eq!(watched.metric("pgro_replica_overdue").len(), 1);
    watched.sim.observed.namespaces.clear();
    watched.sim.poll([]);
    watched.pass();
    assert!(watched.metric("pgro_replica_").is_empty());
}

#[test]
fn fault_g1_series_are_as_many_as_replicas_whatever_steps_and_errors_say() {
    let entries: Vec<Wanted> = (0..50).map(|number| wanted(number, Some(FIRST))).collect();
    let mut watched = Watched::new(entries);
    watched.sim.policy.max_concurrent_restores = 50;
    watched.settle();
    let before = watched.metric("pgro_").len();
    for _ in 0..3 {
        watched.pass_that(|step: &Step| Some(Err(ApplyError::Timeout { step: step.name() })));
        watched.pass();
    }
    assert_eq!(watched.metric("pgro_").len(), before);
    assert_eq!(watched.metric("pgro_replica_overdue").len(), 50);
}

#[test]
fn how_long_a_replica_waits_for_its_turn_is_told_when_it_comes() {
    let mut watched = Watched::new((0..2).map(|number| wanted(number, Some(FIRST))));
    watched.sim.policy.max_concurrent_restores = 1;
    watched.settle();
    let first = wanted(0, Some(FIRST));
    let (first, second) = match watched.sim.replica(&first.namespace).record.attempt {
        Some(_) => (first, wanted(1, Some(FIRST))),
        None => (wanted(1, Some(FIRST)), first),
    };
    watched.comes_up(&first, well());
    assert!(watched.sim.replica(&second.namespace).record.attempt.is_some());
    let line = "pgro_restore_phase_duration_seconds_sum{phase=\"queue\",intent=\"verify\"} 90.0";
    assert_eq!(watched.metric(line), [line]);
}
