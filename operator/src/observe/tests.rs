use super::{ClusterView, Denials, join};
use crate::{
    model::{Identity, JobPhase, PostgresPhase, Replica, Run, Seen},
    resources::{Component, app_labels},
};
use contract::{
    broker::TrafficStats,
    ids::{GroupId, Intent, ReplicaId, ReplicaKey, ServerId},
    names::{LabelValue, NamespaceName, RunName, annotations, labels, objects::containers},
};
use k8s_openapi::api::{
    apps::v1::Deployment,
    batch::v1::Job,
    core::v1::{Namespace, PersistentVolumeClaim, Pod, Service},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

const NAMESPACE: &str = "clinic-a-12345678";

fn run() -> RunName {
    RunName::of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 1)
}

fn typed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn identity() -> Identity {
    Identity {
        key: ReplicaKey {
            replica_id: ReplicaId(Uuid::from_u128(1)),
            server_id: ServerId(Uuid::from_u128(2)),
        },
        group: GroupId(Uuid::from_u128(3)),
        backup_type: "an odd type".parse().unwrap(),
        intent: Intent::Analytics,
    }
}

fn namespace(name: &str) -> Value {
    let identity = identity();
    json!({"metadata": {
        "name": name, "uid": "u1", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {
            labels::MANAGED_BY: labels::MANAGED_BY_VALUE,
            labels::DECLARATION_ID: identity.key.replica_id.to_string(),
            labels::SERVER: identity.key.server_id.to_string(),
            labels::GROUP: identity.group.to_string(),
            labels::TYPE: LabelValue::of(identity.backup_type.as_str()).as_str(),
            labels::INTENT: identity.intent.as_str(),
        },
        "annotations": {annotations::TYPE: identity.backup_type.as_str(), annotations::RESTORE_STATE: "restoring"},
    }})
}

fn meta(name: &str, component: Component) -> Value {
    json!({
        "name": name, "namespace": NAMESPACE, "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {labels::RUN: run().as_str(), app_labels::COMPONENT: component.as_str()},
    })
}

fn job(condition: Option<(&str, &str)>) -> Value {
    let conditions: Vec<Value> =
        condition.iter().map(|(kind, why)| json!({"type": kind, "status": "True", "reason": why})).collect();
    json!({"metadata": meta(&run().job(), Component::Restore), "status": {"conditions": conditions}})
}

fn restore_pod(exit_code: i32, message: &str) -> Value {
    json!({"metadata": meta("restore-pod", Component::Restore), "status": {"containerStatuses": [
        {"name": containers::RESTORE, "image": "", "imageID": "", "ready": false, "restartCount": 0,
         "state": {"terminated": {"exitCode": exit_code, "message": message, "reason": "Error"}}},
    ]}})
}

fn postgres_pod(prepare: &Value, ready: &str, restarts: i32) -> Value {
    json!({"metadata": meta("postgres-pod", Component::Postgres), "status": {
        "conditions": [{"type": "Ready", "status": ready}],
        "initContainerStatuses": [{"name": containers::PREPARE, "image": "", "imageID": "", "ready": true,
            "restartCount": 0, "state": prepare}],
        "containerStatuses": [{"name": containers::POSTGRES, "image": "", "imageID": "", "ready": false,
            "restartCount": restarts, "state": {"waiting": {"reason": "PodInitializing"}}}],
    }})
}

fn replica(view: &ClusterView) -> Replica {
    match join(view, &Denials::new()).namespaces.remove(&NAMESPACE.parse::<NamespaceName>().unwrap()) {
        Some(Seen::Replica(replica)) => replica,
        other => panic!("{other:?}"),
    }
}

fn with_job(job: Value, pods: Vec<Value>) -> Run {
    let mut view = ClusterView { namespaces: vec![typed(namespace(NAMESPACE))], ..ClusterView::default() };
    view.jobs.push(typed::<Job>(job));
    view.pods.extend(pods.into_iter().map(typed::<Pod>));
    *replica(&view).runs.remove(&run()).unwrap()
}

fn job_phase(job: Value, pods: Vec<Value>) -> JobPhase {
    with_job(job, pods).job.unwrap().phase
}

fn postgres_phase(pods: Vec<Value>) -> PostgresPhase {
    let mut view = ClusterView { namespaces: vec![typed(namespace(NAMESPACE))], ..ClusterView::default() };
    let deployment = json!({"metadata": meta(&run().deployment(), Component::Postgres)});
    view.deployments.push(typed::<Deployment>(deployment));
    view.pods.extend(pods.into_iter().map(typed::<Pod>));
    replica(&view).runs.remove(&run()).unwrap().postgres.unwrap().phase
}

const RESTORED: &str = r#"{"outcome":"restored","snapshot_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "data_dir":"restored","postgres_major":15,"files":3,"bytes":4}"#;
const NO_SPACE: &str = r#"{"outcome":"failed","reason":"no_space","message":"full"}"#;

#[test]
fn only_what_this_installation_owns_is_looked_at() {
    let selector = super::ours(&"pgro-system".parse().unwrap());
    assert_eq!(selector, "pgro.bes.au/managed-by=pgro-canopy,pgro.bes.au/owner=pgro-system");
}

#[test]
fn a_labelled_namespace_reads_as_a_replica() {
    let view = ClusterView { namespaces: vec![typed(namespace(NAMESPACE))], ..ClusterView::default() };
    let replica = replica(&view);
    assert_eq!(replica.identity, identity());
    assert_eq!(replica.record.phase, crate::model::Phase::Restoring);
    assert_eq!((replica.owner.uid.as_str(), replica.owner.resource_version.as_str()), ("u1", "7"));
}

#[test]
fn a_namespace_with_a_label_that_does_not_parse_is_unreadable_and_keeps_its_key() {
    for key in [labels::GROUP, labels::INTENT, labels::TYPE] {
        let mut object = namespace(NAMESPACE);
        object["metadata"]["labels"][key] = json!("sha256.nonsense");
        let view = ClusterView { namespaces: vec![typed::<Namespace>(object)], ..ClusterView::default() };
        let seen = join(&view, &Denials::new()).namespaces.into_values().next();
        let Some(Seen::Unreadable { why, key: found }) = seen else { panic!("{key} was read") };
        assert!(why.contains(key), "{why}");
        assert_eq!(found, Some(identity().key));
    }
}

#[test]
fn two_namespaces_of_one_replica_are_both_left_alone() {
    let both = vec![typed(namespace("one-12345678")), typed(namespace("two-12345678"))];
    let observed = join(&ClusterView { namespaces: both, ..ClusterView::default() }, &Denials::new());
    assert!(observed.namespaces.values().all(|seen| matches!(seen, Seen::Unreadable { .. })));
    assert!(observed.keys().contains(&identity().key));
}

#[test]
fn objects_in_foreign_namespaces_are_nobodys_runs() {
    let mut stray = job(None);
    stray["metadata"]["namespace"] = json!("default");
    let mut view = ClusterView { namespaces: vec![typed(namespace(NAMESPACE))], ..ClusterView::default() };
    view.jobs.push(typed(stray));
    assert!(replica(&view).runs.is_empty());
}

#[test]
fn a_volume_alone_makes_a_run_known() {
    let mut view = ClusterView { namespaces: vec![typed(namespace(NAMESPACE))], ..ClusterView::default() };
    let claim = json!({"metadata": meta(&run().pvc(), Component::Restore)});
    view.claims.push(typed::<PersistentVolumeClaim>(claim));
    assert_eq!(*replica(&view).runs[&run()], Run { volume: true, ..Run::default() });
}

#[test]
fn the_service_tells_which_run_serves() {
    let mut view = ClusterView { namespaces: vec![typed(namespace(NAMESPACE))], ..ClusterView::default() };
    let service = json!({"metadata": {"name": "postgres", "namespace": NAMESPACE},
        "spec": {"selector": {labels::RUN: run().as_str()}}});
    view.services.push(typed::<Service>(service));
    assert_eq!(replica(&view).service.unwrap().run, Some(run()));
}

#[test]
fn a_restore_is_done_when_the_job_is_complete_and_its_container_said_so() {
    let phase = job_phase(job(Some(("Complete", ""))), vec![restore_pod(0, RESTORED)]);
    assert!(matches!(phase, JobPhase::Restored(restored) if restored.postgres_major == 15));
}

#[test]
fn a_restore_whose_job_has_not_ended_still_runs() {
    assert_eq!(job_phase(job(None), vec![restore_pod(0, RESTORED)]), JobPhase::Running);
}

#[test]
fn fault_a23_a_complete_job_without_its_pod_is_no_success() {
    assert!(matches!(job_phase(job(Some(("Complete", ""))), vec![]), JobPhase::Lost(_)));
}

#[test]
fn a_failed_restore_tells_its_own_reason() {
    let phase = job_phase(job(Some(("Failed", "BackoffLimitExceeded"))), vec![restore_pod(1, NO_SPACE)]);
    assert!(matches!(phase, JobPhase::Failed(failure) if failure.message == "full"));
}

#[test]
fn fault_e15_a_success_told_by_a_job_that_failed_is_not_believed() {
    let phase = job_phase(job(Some(("Failed", "DeadlineExceeded"))), vec![restore_pod(0, RESTORED)]);
    assert!(matches!(phase, JobPhase::Lost(why) if why.contains("DeadlineExceeded")));
}

#[test]
fn a_success_with_a_bad_exit_code_or_an_unreadable_message_is_not_believed() {
    for (code, message) in [(137, RESTORED), (0, "Killed")] {
        let phase = job_phase(job(Some(("Complete", ""))), vec![restore_pod(code, message)]);
        assert!(matches!(phase, JobPhase::Lost(_)), "{code} {message}: {phase:?}");
    }
}

#[test]
fn fault_a22_what_keeps_a_pod_from_starting_is_shown() {
    let mut pod = restore_pod(0, "");
    pod["status"]["containerStatuses"][0]["state"] =
        json!({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}});
    let phase = job_phase(job(None), vec![pod]);
    assert!(
        matches!(phase, JobPhase::Starting { waiting_for: Some(why) } if why.starts_with("ImagePullBackOff of"))
    );
}

#[test]
fn an_unschedulable_pod_is_shown_with_the_schedulers_words() {
    let pod = json!({"metadata": meta("p", Component::Restore), "status": {"conditions": [
        {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}]}});
    let phase = job_phase(job(None), vec![pod]);
    let JobPhase::Starting { waiting_for: Some(why) } = phase else { panic!("{phase:?}") };
    assert_eq!(why, "Unschedulable: 0/1 nodes are available");
}

#[test]
fn traffic_told_by_the_proxy_is_read_from_the_job() {
    let mut told = job(None);
    let stats = TrafficStats { s3_received_raw_bytes: 5, ..TrafficStats::default() };
    told["metadata"]["annotations"] = json!({annotations::TRAFFIC: serde_json::to_string(&stats).unwrap()});
    assert_eq!(with_job(told, vec![]).job.unwrap().traffic, Some(stats));
}

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
    assert!(matches!(phase, PostgresPhase::Failed { message, .. } if message == "check_failed: app.t_pkey"));
}

#[test]
fn a_prepare_that_was_killed_is_told_with_the_clusters_reason() {
    let ended = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
    let phase = postgres_phase(vec![postgres_pod(&ended, "False", 0)]);
    assert!(
        matches!(phase, PostgresPhase::Failed { report: None, message } if message.contains("OOMKilled"))
    );
}

#[test]
fn a_restarted_prepare_still_tells_how_it_ended_before() {
    let mut pod = postgres_pod(&json!({"waiting": {"reason": "CrashLoopBackOff"}}), "False", 0);
    pod["status"]["initContainerStatuses"][0]["lastState"] = json!({"terminated": {"exitCode": 1}});
    assert!(matches!(postgres_phase(vec![pod]), PostgresPhase::Failed { .. }));
}

#[test]
fn quota_speaks_through_the_deployment_where_no_pod_was_made() {
    let mut view = ClusterView { namespaces: vec![typed(namespace(NAMESPACE))], ..ClusterView::default() };
    let deployment = json!({"metadata": meta(&run().deployment(), Component::Postgres), "status": {"conditions":
        [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]}});
    view.deployments.push(typed(deployment));
    let phase = replica(&view).runs.remove(&run()).unwrap().postgres.unwrap().phase;
    assert_eq!(phase, PostgresPhase::Starting { waiting_for: Some("exceeded quota".into()) });
}

#[test]
fn a_record_that_does_not_parse_makes_the_namespace_unreadable() {
    let mut object = namespace(NAMESPACE);
    object["metadata"]["annotations"][annotations::LAST_RESTORED_AT] = json!("yesterday");
    let view = ClusterView { namespaces: vec![typed(object)], ..ClusterView::default() };
    let seen = join(&view, &Denials::new()).namespaces.into_values().next();
    assert!(matches!(seen, Some(Seen::Unreadable { why, .. }) if why.contains("yesterday")));
}
