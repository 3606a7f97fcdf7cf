use super::sim::{FIRST, SECOND, Sim, target, wanted};
use crate::{
    model::{JobPhase, Phase, Record, Wanted},
    plan::{Because, Decision, Step},
};
use contract::{
    canopy::Outcome,
    pods::{Failure, FailureReason},
};
use std::collections::BTreeSet;

/// Takes every step but the sending of reports: a Canopy that does not answer.
fn settle_unheard(sim: &mut Sim) {
    for _ in 0..20 {
        let steps: Vec<Step> = sim.plan().steps().into_iter().cloned().collect();
        for step in steps.into_iter().filter(|step| !matches!(step, Step::SendReport { .. })) {
            sim.take(step);
        }
    }
}

/// The restore in progress fails, and Canopy does not hear of it.
fn fail_unheard(sim: &mut Sim, entry: &Wanted) {
    let run = sim.open_run(entry);
    let failure = Failure { reason: FailureReason::NoCluster, message: "x".into() };
    let replica = sim.replica_mut(&entry.namespace);
    replica.runs.get_mut(&run).unwrap().job.as_mut().unwrap().phase = JobPhase::Failed(failure);
    settle_unheard(sim);
}

#[test]
fn fault_a3_a_report_is_written_down_before_it_is_sent() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    fail_unheard(&mut sim, &entry);
    assert_eq!(sim.replica(&entry.namespace).record.outbox.len(), 1);
    let first = sim.plan();
    let again = sim.plan();
    assert!(matches!(first.decisions[&entry.namespace], Decision::Do(Step::SendReport { .. })));
    assert_eq!(first, again, "the same report under the same run id, until it is acknowledged");
}

#[test]
fn fault_b1_an_unheard_report_does_not_stop_the_next_attempt_and_both_arrive_in_order() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    fail_unheard(&mut sim, &entry);
    let mut newer = entry.clone();
    newer.target = target(SECOND, "2026-01-02T00:00:00Z");
    sim.poll([newer.clone()]);
    settle_unheard(&mut sim);
    assert!(matches!(sim.phase(&entry), Phase::Restoring));
    sim.comes_up(&newer);
    let outcomes: Vec<_> = sim.reported.iter().map(|r| r.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failure, Outcome::Success]);
}

#[test]
fn fault_b14_reports_that_outlive_a_restart_arrive_in_order_each_under_its_own_id() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    for _ in 0..3 {
        fail_unheard(&mut sim, &entry);
        sim.pass(3600);
        settle_unheard(&mut sim);
    }
    let record = &mut sim.replica_mut(&entry.namespace).record;
    let written =
        record.to_annotations().into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    *record = Record::from_annotations(&written.collect()).unwrap();
    sim.settle();
    let (at, ids): (Vec<_>, BTreeSet<_>) = sim.reported.iter().map(|r| (r.observed_at, r.run_id)).unzip();
    assert!(at.len() == 3 && at.is_sorted(), "{at:?}");
    assert_eq!(ids.len(), 3);
}

#[test]
fn fault_i12_reports_nobody_takes_stop_new_attempts_before_they_pile_up() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let report = sim.reported[0].clone();
    sim.replica_mut(&entry.namespace).record.outbox = vec![report; 8];
    sim.replica_mut(&entry.namespace).record.force_refresh = Some("now".into());
    settle_unheard(&mut sim);
    assert!(sim.replica(&entry.namespace).record.attempt.as_ref().is_some_and(|a| !a.is_open()));
}

#[test]
fn the_time_of_the_acknowledgement_is_remembered() {
    let entry = wanted(1, Some(FIRST));
    let sim = Sim::serving(&entry);
    assert_eq!(sim.replica(&entry.namespace).record.last_verification_reported_at, Some(sim.now));
    assert_eq!(sim.because(&entry), Because::UpToDate);
}

#[test]
fn fault_b13_a_refused_report_leaves_its_reason_until_one_is_taken() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    fail_unheard(&mut sim, &entry);
    let Decision::Do(Step::SendReport { owner, refused, namespace, .. }) =
        sim.plan().decisions.remove(&entry.namespace).unwrap()
    else {
        panic!("no report")
    };
    let refused = refused.refused_because("403: the declaration is gone");
    sim.take(Step::WriteRecord { namespace, owner, record: Box::new(refused), notice: None });
    sim.settle();
    let record = &sim.replica(&entry.namespace).record;
    assert!(record.outbox.is_empty() && sim.reported.is_empty(), "it is not told again");
    assert_eq!(record.last_report_refusal.as_deref(), Some("403: the declaration is gone"));
    sim.pass(120);
    sim.settle();
    sim.comes_up(&entry);
    assert_eq!(sim.replica(&entry.namespace).record.last_report_refusal, None);
}
