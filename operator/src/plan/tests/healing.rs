//! What serves is kept serving, and no two processes ever write to one volume.

use super::sim::{FIRST, SECOND, Sim, target, wanted};
use crate::{
    model::{JobPhase, Phase, PostgresPhase, Reason, ServiceSeen, Trouble, Wanted},
    plan::{Because, Decision, Step},
};
use contract::{names::RunName, pods::FailureReason};

fn serving_run(sim: &Sim, entry: &Wanted) -> RunName {
    sim.replica(&entry.namespace).record.serving_run.clone().unwrap()
}

fn newer(entry: &Wanted) -> Wanted {
    Wanted { target: target(SECOND, "2026-01-02T00:00:00Z"), ..entry.clone() }
}

#[test]
fn fault_a18_a_service_that_was_turned_away_is_turned_back() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    for gone in [None, Some(ServiceSeen { run: None })] {
        sim.replica_mut(&entry.namespace).service = gone;
        sim.settle();
        let run = sim.replica(&entry.namespace).service.clone().unwrap().run;
        assert_eq!(run, Some(serving_run(&sim, &entry)));
    }
    assert_eq!(sim.reported.len(), 1);
}

#[test]
fn a_deployment_that_was_deleted_is_made_again_on_its_volume() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let run = serving_run(&sim, &entry);
    sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap().postgres = None;
    sim.settle();
    assert!(sim.replica(&entry.namespace).runs[&run].postgres.is_some());
    assert!(matches!(sim.because(&entry), Because::ServingTrouble { .. }), "it is being prepared");
    assert_eq!((sim.phase(&entry), sim.reported.len()), (Phase::Active, 1));
}

#[test]
fn a_replica_of_which_nothing_is_left_is_restored_anew() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    sim.replica_mut(&entry.namespace).runs.clear();
    assert!(matches!(sim.because(&entry), Because::ServingTrouble { .. }), "not in a hot loop");
    sim.pass(61);
    sim.settle();
    sim.comes_up(&entry);
    assert_eq!(sim.reported.len(), 2);
    assert_ne!(sim.reported[0].run_id, sim.reported[1].run_id);
}

#[test]
fn fault_a20_a_database_whose_node_died_is_shown_and_left_to_the_cluster() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let run = serving_run(&sim, &entry);
    let trouble = Trouble::new(Reason::NodeLost, "node is gone");
    let phase = PostgresPhase::Failed { report: None, trouble: trouble.clone() };
    sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap().postgres.as_mut().unwrap().phase = phase;
    sim.pass(7200);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::ServingTrouble { waiting_for: Some(trouble) });
    assert_eq!(
        sim.replica(&entry.namespace).runs.len(),
        1,
        "guests may have written to it: nothing replaces it"
    );
}

#[test]
fn fault_a20_postgres_waits_for_the_last_pod_that_may_write() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let run = sim.open_run(&entry);
    sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap().writing = true;
    sim.restored(&entry);
    assert_eq!(sim.because(&entry), Because::WriterAlive);
    sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap().writing = false;
    sim.settle();
    assert_eq!(sim.phase(&entry), Phase::Verifying);
}

#[test]
fn fault_a20_what_serves_is_put_back_when_the_last_pod_of_it_has_ended() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    let run = serving_run(&sim, &entry);
    let seen = sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap();
    (seen.postgres, seen.outlived) = (None, true);
    sim.pass(24 * 3600);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::ServingTrouble { waiting_for: None });
    assert_eq!(sim.replica(&entry.namespace).runs.len(), 1, "neither a second server nor a second restore");
    sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap().outlived = false;
    let plan = sim.plan();
    assert!(matches!(plan.decisions[&entry.namespace], Decision::Do(Step::StartPostgres(_))));
}

#[test]
fn fault_a20_a_writer_that_never_ends_fails_the_attempt_and_the_next_has_a_volume_of_its_own() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let lost = sim.open_run(&entry);
    sim.replica_mut(&entry.namespace).runs.get_mut(&lost).unwrap().writing = true;
    sim.restored(&entry);
    sim.pass(5 * 3600);
    sim.settle();
    let error = sim.reported[0].error.clone().unwrap();
    assert!(error.starts_with("deadline: deadline_exceeded: failed to see every pod"), "{error}");
    sim.pass(120);
    sim.settle();
    assert_ne!(sim.open_run(&entry), lost);
}

#[test]
fn fault_a17_a_job_deleted_by_hand_is_not_made_again_while_its_pod_may_write() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let run = sim.open_run(&entry);
    let seen = sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap();
    (seen.job, seen.writing) = (None, true);
    assert_eq!(sim.because(&entry), Because::WriterAlive);
    sim.replica_mut(&entry.namespace).runs.get_mut(&run).unwrap().writing = false;
    let plan = sim.plan();
    assert!(matches!(plan.decisions[&entry.namespace], Decision::Do(Step::StartRestore { .. })));
}

#[test]
fn fault_b12_a_new_attempt_waits_until_the_pods_of_the_one_before_have_ended() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.settle();
    let old = sim.open_run(&entry);
    sim.fails(&entry, FailureReason::NoCluster);
    sim.poll([newer(&entry)]);
    let seen = sim.replica_mut(&entry.namespace).runs.get_mut(&old).unwrap();
    (seen.going, seen.writing) = (true, true);
    sim.settle();
    assert_eq!(sim.because(&entry), Because::WriterAlive);
    sim.replica_mut(&entry.namespace).runs.remove(&old);
    sim.settle();
    assert!(matches!(sim.because(&entry), Because::RestoreRunning { .. }));
}

#[test]
fn fault_a23_a_result_that_was_lost_fails_the_attempt_and_it_is_tried_again() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::new([entry.clone()]);
    sim.policy.resumes_max = 0;
    sim.settle();
    sim.job_ends(&entry, JobPhase::Lost(Trouble::new(Reason::ResultLost, "its pod is gone")));
    assert_eq!(sim.phase(&entry), Phase::Failed);
    sim.pass(120);
    sim.settle();
    sim.comes_up(&entry);
    assert_eq!(sim.phase(&entry), Phase::Active);
}

#[test]
fn fault_a17_a_namespace_made_again_reports_under_an_id_of_its_own() {
    let entry = wanted(1, Some(FIRST));
    let mut sim = Sim::serving(&entry);
    sim.observed.namespaces.clear();
    sim.settle();
    sim.comes_up(&entry);
    assert_ne!(sim.reported[0].run_id, sim.reported[1].run_id);
}
