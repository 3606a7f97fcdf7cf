//! Canopy or S3 does not answer: work is parked, nothing is reported, and one attempt at a time asks again.

use super::sim::{FIRST, Sim, wanted};
use crate::{
    model::{Hindrance, Reason, Trouble, Wanted},
    plan::{Because, Scope},
};
use contract::{ids::GroupId, pods::FailureReason};
use jiff::SignedDuration;
use uuid::Uuid;

fn fleet(size: u128, at_a_time: usize) -> (Vec<Wanted>, Sim) {
    let entries: Vec<_> = (1..=size).map(|n| wanted(n, Some(FIRST))).collect();
    let mut sim = Sim::new(entries.clone());
    sim.policy.max_concurrent_restores = at_a_time;
    sim.settle();
    (entries, sim)
}

fn is_restoring(sim: &Sim, entry: &Wanted) -> bool {
    sim.replica(&entry.namespace).record.attempt.as_ref().is_some_and(crate::model::Attempt::is_open)
}

/// The first `count` restores in progress meet an S3 that does not answer.
fn meet_an_outage(sim: &mut Sim, entries: &[Wanted], count: usize) {
    let open: Vec<_> = entries.iter().filter(|entry| is_restoring(sim, entry)).take(count).cloned().collect();
    assert_eq!(open.len(), count);
    for entry in open {
        sim.fails(&entry, FailureReason::StorageUnavailable);
    }
}

fn parked(sim: &Sim, entries: &[Wanted]) -> usize {
    let waiting = entries.iter().filter(|entry| !is_restoring(sim, entry));
    waiting.filter(|entry| matches!(sim.because(entry), Because::Parked(_))).count()
}

#[test]
fn fault_i6_an_outage_of_s3_is_remembered_and_never_reported() {
    let (entries, mut sim) = fleet(1, 8);
    meet_an_outage(&mut sim, &entries, 1);
    assert!(sim.reported.is_empty());
    let record = &sim.replica(&entries[0].namespace).record;
    assert_eq!(record.last_verification_error.as_deref(), Some("outage: storage_unavailable: it said so"));
    assert!(matches!(sim.because(&entries[0]), Because::BackingOff { failures: 1, .. }));
    sim.pass(90);
    sim.settle();
    sim.comes_up(&entries[0]);
    assert_eq!(sim.reported.len(), 1, "one outcome, one report");
}

#[test]
fn pauses_after_an_outage_grow_but_not_beyond_minutes() {
    let (entries, mut sim) = fleet(1, 8);
    for _ in 0..12 {
        meet_an_outage(&mut sim, &entries, 1);
        let Because::BackingOff { until, .. } = sim.because(&entries[0]) else { panic!("not backing off") };
        assert!(until.duration_since(sim.now) <= sim.policy.outage_retry_max);
        sim.now = until;
        sim.settle();
    }
}

#[test]
fn one_replica_alone_does_not_park_its_bucket() {
    let (entries, mut sim) = fleet(3, 2);
    meet_an_outage(&mut sim, &entries, 1);
    assert_eq!(entries.iter().filter(|entry| is_restoring(&sim, entry)).count(), 2);
    assert_eq!(parked(&sim, &entries), 0);
}

#[test]
fn a_bucket_that_two_replicas_found_silent_is_asked_by_one_at_a_time() {
    let (entries, mut sim) = fleet(6, 2);
    meet_an_outage(&mut sim, &entries, 2);
    meet_an_outage(&mut sim, &entries, 1);
    let bucket = Scope::Bucket("backups".into());
    let found = entries.iter().find_map(|entry| match sim.because(entry) {
        Because::Parked(why) => Some(why),
        _ => None,
    });
    let why = found.unwrap();
    assert_eq!((why.scope, why.probing), (bucket, None));
    assert_eq!(parked(&sim, &entries), 3, "the others have their own pause");
    sim.now = why.until;
    sim.settle();
    assert_eq!(parked(&sim, &entries), 5, "one asks");
    sim.pass(3600);
    assert_eq!(entries.iter().filter(|entry| is_restoring(&sim, entry)).count(), 1);
}

#[test]
fn an_answer_lets_everybody_go_on_at_once() {
    let (entries, mut sim) = fleet(4, 2);
    meet_an_outage(&mut sim, &entries, 2);
    meet_an_outage(&mut sim, &entries, 1);
    sim.now += sim.policy.probe_pause;
    sim.settle();
    let probe = entries.iter().find(|entry| is_restoring(&sim, entry)).unwrap().clone();
    sim.pass(30);
    sim.comes_up(&probe);
    assert_eq!(parked(&sim, &entries), 0);
    assert_eq!(entries.iter().filter(|entry| is_restoring(&sim, entry)).count(), 2);
}

#[test]
fn a_restore_that_runs_for_long_is_an_answer() {
    let (entries, mut sim) = fleet(4, 2);
    meet_an_outage(&mut sim, &entries, 2);
    meet_an_outage(&mut sim, &entries, 1);
    sim.now += sim.policy.probe_pause;
    sim.settle();
    let probe = entries.iter().find(|entry| is_restoring(&sim, entry)).unwrap().clone();
    sim.job_ends(&probe, crate::model::JobPhase::Running);
    assert_eq!(parked(&sim, &entries), 3);
    sim.now += sim.policy.probe_patience();
    sim.settle();
    assert_eq!(parked(&sim, &entries), 0);
}

#[test]
fn a_canopy_that_does_not_answer_parks_the_group_it_was_asked_for_and_no_other() {
    let mut entries: Vec<_> = (1..=3).map(|n| wanted(n, Some(FIRST))).collect();
    entries[2].identity.group = GroupId(Uuid::from_u128(8));
    let mut sim = Sim::new(entries.clone());
    sim.policy.max_concurrent_restores = 2;
    let began = |sim: &Sim, n: usize| {
        let replica = sim.observed.replicas().find(|replica| replica.namespace == entries[n].namespace);
        replica.is_some_and(|replica| replica.record.attempt.is_some())
    };
    while !(began(&sim, 0) && began(&sim, 1)) {
        for step in sim.plan().steps().into_iter().cloned().collect::<Vec<_>>() {
            sim.take(step);
        }
    }
    for entry in &entries[..2] {
        let run = sim.open_run(entry);
        let trouble = Trouble::new(Reason::CanopyUnavailable, "502 issuer down");
        let since = sim.now;
        sim.replica_mut(&entry.namespace).hindered = Some(Hindrance { run, trouble, since, passing: false });
    }
    sim.settle();
    assert!(sim.reported.is_empty());
    assert!(is_restoring(&sim, &entries[2]), "the other group is not concerned");
    sim.pass(90);
    sim.settle();
    let Because::Parked(why) = sim.because(&entries[0]) else { panic!("{:?}", sim.because(&entries[0])) };
    assert_eq!(why.scope, Scope::Group(entries[0].identity.group.to_string()));
}

#[test]
fn a_probe_that_is_held_through_a_long_outage_keeps_the_others_parked() {
    let (entries, mut sim) = fleet(6, 2);
    meet_an_outage(&mut sim, &entries, 2);
    meet_an_outage(&mut sim, &entries, 1);
    for _ in 0..3 {
        sim.now += sim.policy.probe_pause;
        sim.settle();
        let probe = entries.iter().find(|entry| is_restoring(&sim, entry)).unwrap().clone();
        sim.job_ends(&probe, crate::model::JobPhase::Running);
        sim.now += sim.policy.restore_deadline / 4;
        sim.settle();
        assert_eq!(parked(&sim, &entries), 5, "it may still be held");
        sim.fails(&probe, FailureReason::StorageUnavailable);
        assert_eq!(parked(&sim, &entries), 5, "and so it was; it has a pause of its own");
    }
    assert!(sim.reported.is_empty());
}

#[test]
fn an_outage_is_forgotten_after_its_window() {
    let (entries, mut sim) = fleet(4, 2);
    meet_an_outage(&mut sim, &entries, 2);
    meet_an_outage(&mut sim, &entries, 1);
    sim.now += sim.policy.outage_window() + SignedDuration::from_secs(1);
    sim.settle();
    assert_eq!(parked(&sim, &entries), 0);
}

#[test]
fn a_bad_backup_is_an_answer_of_its_bucket() {
    let (entries, mut sim) = fleet(3, 2);
    let first = entries.iter().find(|entry| is_restoring(&sim, entry)).unwrap().clone();
    let second = entries.iter().rfind(|entry| is_restoring(&sim, entry)).unwrap().clone();
    sim.fails(&first, FailureReason::StorageUnavailable);
    sim.pass(1);
    sim.fails(&second, FailureReason::NoCluster);
    assert_eq!(parked(&sim, &entries), 0);
    assert_eq!(sim.reported.len(), 1, "and that of the one that is bad is told");
}
