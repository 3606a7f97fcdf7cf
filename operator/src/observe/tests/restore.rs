use super::objects::{Objects, job, job_phase, meta, postgres_pod, replica, restore_pod, run, with_job};
use crate::{
    model::{JobPhase, Reason, Trouble},
    resources::Component,
};
use contract::{broker::TrafficStats, names::annotations, probes::Probes};
use serde_json::{Value, json};

const RESTORED: &str = r#"{"outcome":"restored","snapshot_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "data_dir":"restored","postgres_major":15,"files":3,"bytes":4}"#;
const NO_SPACE: &str = r#"{"outcome":"failed","reason":"no_space","message":"full"}"#;

#[test]
fn the_newest_pod_speaks_for_a_run_and_one_being_deleted_only_if_there_is_no_other() {
    let named = |name: &str, created: &str, message: &str| {
        let mut pod = restore_pod(1, message);
        pod["metadata"]["name"] = json!(name);
        pod["metadata"]["creationTimestamp"] = json!(created);
        pod
    };
    let old =
        named("a", "2026-01-01T00:00:00Z", r#"{"outcome":"failed","reason":"no_space","message":"old"}"#);
    let mut new =
        named("b", "2026-01-01T00:01:00Z", r#"{"outcome":"failed","reason":"no_space","message":"new"}"#);
    let ended = || job(Some(("Failed", "BackoffLimitExceeded")));
    let told = |pods: Vec<Value>| match job_phase(ended(), pods) {
        JobPhase::Failed(failure) => failure.message,
        other => panic!("{other:?}"),
    };
    assert_eq!(told(vec![new.clone(), old.clone()]), "new");
    new["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:02:00Z");
    assert_eq!(told(vec![new, old]), "old");
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
fn fault_a4_what_the_pod_said_is_waited_for_where_its_job_was_seen_to_end_first() {
    let mut behind = restore_pod(0, RESTORED);
    behind["status"]["containerStatuses"][0]["state"] = json!({"running": {}});
    for end in [("Complete", ""), ("Failed", "BackoffLimitExceeded")] {
        assert_eq!(job_phase(job(Some(end)), vec![behind.clone()]), JobPhase::Running, "{end:?}");
    }
    let mut silent = behind.clone();
    silent["status"] = json!({"phase": "Failed"});
    let phase = job_phase(job(Some(("Failed", "BackoffLimitExceeded"))), vec![silent]);
    assert!(matches!(phase, JobPhase::Lost(_)), "it has ended without a word: {phase:?}");
    let over = job_phase(job(Some(("Failed", "DeadlineExceeded"))), vec![behind]);
    assert!(matches!(over, JobPhase::Lost(_)), "nobody knows whether that pod will ever end: {over:?}");
}

#[test]
fn a_failed_restore_tells_its_own_reason() {
    let phase = job_phase(job(Some(("Failed", "BackoffLimitExceeded"))), vec![restore_pod(1, NO_SPACE)]);
    assert!(matches!(phase, JobPhase::Failed(failure) if failure.message == "full"));
}

#[test]
fn fault_e15_a_success_told_by_a_job_that_failed_is_not_believed() {
    let phase = job_phase(job(Some(("Failed", "DeadlineExceeded"))), vec![restore_pod(0, RESTORED)]);
    let JobPhase::Lost(Trouble { reason, message }) = phase else { panic!("{phase:?}") };
    assert_eq!(reason, Reason::DeadlineExceeded);
    assert!(message.contains("DeadlineExceeded"), "{message}");
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
    let JobPhase::Starting { waiting_for: Some(Trouble { reason, message }) } = phase else {
        panic!("{phase:?}")
    };
    assert_eq!(reason, Reason::ImagePullFailed);
    assert!(message.starts_with("ImagePullBackOff of"), "{message}");
}

#[test]
fn an_unschedulable_pod_is_shown_with_the_schedulers_words() {
    let pod = json!({"metadata": meta("p", Component::Restore), "status": {"conditions": [
        {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}]}});
    let phase = job_phase(job(None), vec![pod]);
    let JobPhase::Starting { waiting_for: Some(why) } = phase else { panic!("{phase:?}") };
    assert_eq!(why, Trouble::new(Reason::Unschedulable, "0/1 nodes are available"));
}

#[test]
fn traffic_told_by_the_proxy_is_read_from_the_job() {
    let mut told = job(None);
    let stats = TrafficStats { s3_received_raw_bytes: 5, ..TrafficStats::default() };
    told["metadata"]["annotations"] = json!({annotations::TRAFFIC: serde_json::to_string(&stats).unwrap()});
    assert_eq!(with_job(told, vec![]).job.unwrap().traffic, Some(stats));
}

#[test]
fn fault_e2_a_pod_killed_for_its_memory_is_told_by_that() {
    let mut pod = restore_pod(137, "");
    pod["status"]["containerStatuses"][0]["state"]["terminated"] =
        json!({"exitCode": 137, "reason": "OOMKilled"});
    let phase = job_phase(job(Some(("Failed", "BackoffLimitExceeded"))), vec![pod]);
    assert!(matches!(phase, JobPhase::Lost(Trouble { reason: Reason::OomKilled, .. })), "{phase:?}");
}

#[test]
fn fault_a19_a_pod_that_outlives_its_job_may_still_write() {
    let mut pod = restore_pod(0, RESTORED);
    let writing = |pod: &Value| with_job(job(Some(("Complete", ""))), vec![pod.clone()]).writing;
    assert!(writing(&pod), "nobody said that it has ended");
    pod["status"]["phase"] = json!("Running");
    assert!(writing(&pod));
    pod["status"]["phase"] = json!("Succeeded");
    assert!(!writing(&pod));
}

#[test]
fn fault_a20_a_server_that_outlives_its_deployment_may_still_write() {
    let made = json!({"metadata": meta(&run().deployment(), Component::Postgres)});
    let mut pod = postgres_pod(&json!({"running": {}}), "True", 0);
    let outlived = |deployments: &[Value], pod: &Value| {
        let (jobs, pods) = (vec![job(Some(("Complete", "")))], vec![pod.clone()]);
        let objects = Objects { jobs, pods, deployments: deployments.to_vec(), ..Objects::of_a_replica() };
        replica(&objects).runs[&run()].outlived
    };
    assert!(!outlived(&[made], &pod), "it is the one that is meant to run");
    assert!(outlived(&[], &pod));
    pod["status"]["phase"] = json!("Failed");
    assert!(!outlived(&[], &pod));
}

#[test]
fn fault_a13_a_job_without_a_pod_says_where_to_look() {
    let JobPhase::Starting { waiting_for: Some(trouble) } = job_phase(job(None), vec![]) else {
        panic!("not starting")
    };
    assert_eq!(trouble.reason, Reason::NoPod);
}

#[test]
fn what_was_to_be_asked_is_told_by_the_job_and_never_guessed() {
    let asked = r#"[{"name":"rows","sql":"SELECT true","timeout_seconds":5}]"#;
    let seen = |text: Option<&str>| {
        let mut job = job(None);
        job["metadata"]["annotations"] = text.map_or(json!({}), |text| json!({annotations::PROBES: text}));
        with_job(job, vec![]).job.unwrap().probes
    };
    assert_eq!(seen(None), Some(Probes::default()));
    assert_eq!(seen(Some(asked)), Some(asked.parse().unwrap()));
    assert_eq!(seen(Some("[{}]")), None);
}
