use super::objects::{Objects, meta, postgres_phase, postgres_pod, replica, run};
use crate::{
    model::{PostgresPhase, Reason, Trouble},
    resources::Component,
};
use serde_json::json;

#[test]
fn a_database_is_ready_when_it_was_prepared_and_answers() {
    let ended = json!({"terminated": {"exitCode": 0, "message": r#"{"postgres_version":"15.18"}"#}});
    let phase = postgres_phase(vec![postgres_pod(&ended, "True", 0)]);
    assert!(
        matches!(phase, PostgresPhase::Ready(report) if report.postgres_version.as_deref() == Some("15.18"))
    );
    assert_eq!(postgres_phase(vec![postgres_pod(&ended, "False", 0)]), PostgresPhase::Preparing);
}

#[test]
fn fault_f11_a_server_that_crashes_again_and_again_has_failed() {
    let ended = json!({"terminated": {"exitCode": 0, "message": "{}"}});
    let phase = postgres_phase(vec![postgres_pod(&ended, "False", 3)]);
    assert!(matches!(phase, PostgresPhase::Failed { report: Some(_), .. }), "{phase:?}");
}

#[test]
fn a_refusal_of_prepare_is_told_in_its_own_words() {
    let message = r#"{"failure":{"reason":"check_failed","message":"app.t_pkey"}}"#;
    let ended = json!({"terminated": {"exitCode": 1, "message": message}});
    let phase = postgres_phase(vec![postgres_pod(&ended, "False", 0)]);
    let PostgresPhase::Failed { trouble, .. } = phase else { panic!("{phase:?}") };
    assert_eq!(trouble, Trouble::new(Reason::CheckFailed, "app.t_pkey"));
}

#[test]
fn a_prepare_that_was_killed_is_told_with_the_clusters_reason() {
    let ended = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    let phase = postgres_phase(vec![postgres_pod(&ended, "False", 0)]);
    let PostgresPhase::Failed { report: None, trouble } = phase else { panic!("{phase:?}") };
    assert_eq!(trouble.reason, Reason::OomKilled);
}

#[test]
fn a_restarted_prepare_still_tells_how_it_ended_before() {
    let mut pod = postgres_pod(&json!({"waiting": {"reason": "CrashLoopBackOff"}}), "False", 0);
    pod["status"]["initContainerStatuses"][0]["lastState"] = json!({"terminated": {"exitCode": 1}});
    assert!(matches!(postgres_phase(vec![pod]), PostgresPhase::Failed { .. }));
}

#[test]
fn fault_a13_quota_speaks_through_the_deployment_where_no_pod_was_made() {
    let mut view = Objects::of_a_replica();
    let deployment = json!({"metadata": meta(&run().deployment(), Component::Postgres), "status": {"conditions":
        [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]}});
    view.deployments.push(deployment);
    let phase = replica(&view).runs.remove(&run()).unwrap().postgres.unwrap().phase;
    let quota = Trouble::new(Reason::QuotaExceeded, "exceeded quota");
    assert_eq!(phase, PostgresPhase::Starting { waiting_for: Some(quota) });
}
