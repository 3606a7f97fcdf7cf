use super::objects::{NAMESPACE, Objects, listed, meta, replica, run};
use crate::{
    model::{Reason, Seen, SizingPhase, Trouble},
    observe::inquiry::RunJob,
    resources::Component,
};
use contract::names::objects::containers;
use serde_json::{Value, json};
use tokio::time::Instant;

const SIZED: &str =
    r#"{"outcome":"sized","snapshot_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","bytes":4,"files":3}"#;
const NOT_FOUND: &str = r#"{"outcome":"failed","reason":"snapshot_not_found","message":"gone"}"#;

fn job(condition: Option<(&str, &str)>) -> Value {
    let conditions: Vec<Value> =
        condition.iter().map(|(kind, why)| json!({"type": kind, "status": "True", "reason": why})).collect();
    json!({"metadata": meta(&run().sizing_job(), Component::Sizing), "status": {"conditions": conditions}})
}

fn pod(state: &Value) -> Value {
    json!({"metadata": meta("sizing-pod", Component::Sizing), "status": {"containerStatuses": [
        {"name": containers::SIZING, "image": "", "imageID": "", "ready": false, "restartCount": 0,
         "state": state}]}})
}

fn ended(code: i32, message: &str) -> Value {
    pod(&json!({"terminated": {"exitCode": code, "message": message, "reason": "Error"}}))
}

fn phase(job: Value, pods: Vec<Value>) -> SizingPhase {
    let objects = Objects { jobs: vec![job], pods, ..Objects::of_a_replica() };
    replica(&objects).runs.remove(&run()).unwrap().sizing.unwrap().phase
}

#[test]
fn a_size_is_believed_as_soon_as_the_container_has_said_it() {
    for condition in [None, Some(("Complete", ""))] {
        let phase = phase(job(condition), vec![ended(0, SIZED)]);
        assert!(matches!(phase, SizingPhase::Sized(size) if (size.bytes, size.files) == (4, 3)));
    }
}

#[test]
fn fault_a4_a_size_is_waited_for_where_its_job_was_seen_to_end_first() {
    let behind = || pod(&json!({"running": {}}));
    assert_eq!(phase(job(Some(("Complete", ""))), vec![behind()]), SizingPhase::Running);
    let over = phase(job(Some(("Failed", "DeadlineExceeded"))), vec![behind()]);
    assert!(matches!(over, SizingPhase::Lost(_)), "{over:?}");
}

#[test]
fn a_size_with_a_bad_exit_code_or_an_unreadable_message_is_not_believed() {
    for (code, message) in [(137, SIZED), (0, "Killed")] {
        let phase = phase(job(None), vec![ended(code, message)]);
        assert!(matches!(phase, SizingPhase::Lost(_)), "{code} {message}: {phase:?}");
    }
}

#[test]
fn a_failed_sizing_tells_its_own_reason() {
    let phase = phase(job(Some(("Failed", "BackoffLimitExceeded"))), vec![ended(1, NOT_FOUND)]);
    assert!(matches!(phase, SizingPhase::Failed(failure) if failure.message == "gone"));
}

#[test]
fn a_sizing_starts_runs_and_may_be_lost() {
    let starting = phase(job(None), vec![]);
    assert!(matches!(
        starting,
        SizingPhase::Starting { waiting_for: Some(Trouble { reason: Reason::NoPod, .. }) }
    ));
    assert_eq!(phase(job(None), vec![pod(&json!({"running": {}}))]), SizingPhase::Running);
    let lost = phase(job(Some(("Failed", "DeadlineExceeded"))), vec![]);
    assert!(matches!(lost, SizingPhase::Lost(Trouble { reason: Reason::DeadlineExceeded, .. })), "{lost:?}");
}

#[test]
fn fault_a13_what_was_learnt_of_one_job_of_a_run_is_not_said_of_the_other() {
    let quota = Trouble::new(Reason::QuotaExceeded, "exceeded quota");
    for (job_of_run, reason) in
        [(RunJob::Sizing(run()), Reason::QuotaExceeded), (RunJob::Restore(run()), Reason::NoPod)]
    {
        let objects = Objects { jobs: vec![job(None)], ..Objects::of_a_replica() };
        let (mut state, namespace) = (listed(&objects), NAMESPACE.parse().unwrap());
        state.explain(&namespace, job_of_run, quota.clone());
        let Seen::Replica(replica) = &state.look(Instant::now()).unwrap().namespaces[&namespace] else {
            panic!("it reads")
        };
        let phase = &replica.runs[&run()].sizing.as_ref().unwrap().phase;
        let SizingPhase::Starting { waiting_for: Some(trouble) } = phase else { panic!("{phase:?}") };
        assert_eq!(trouble.reason, reason);
    }
}

#[test]
fn a_sizing_neither_writes_nor_makes_a_restore() {
    let objects = Objects {
        jobs: vec![job(None)],
        pods: vec![pod(&json!({"running": {}}))],
        ..Objects::of_a_replica()
    };
    let run = replica(&objects).runs.remove(&run()).unwrap();
    assert!(!run.writing && !run.may_write() && run.job.is_none() && !run.volume);
}
