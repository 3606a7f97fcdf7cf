//! Jobs and their pods.

use crate::world::{job, world};
use fake_apiserver::Outcome;
use serde_json::json;

fn ending(kind: &str, reason: &str) -> (String, String) {
    (kind.to_owned(), reason.to_owned())
}

#[test]
fn a_job_makes_one_pod_that_it_owns_and_that_gets_a_node() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.actors.settle();
    let pods = world.pods();
    assert_eq!(pods.len(), 1);
    assert_eq!(pods[0]["metadata"]["ownerReferences"][0]["uid"], world.job().uid());
    assert_eq!((pods[0].label("of"), &pods[0]["status"]["phase"]), (Some("j"), &json!("Running")));
    assert!(pods[0]["spec"].get("nodeName").is_some());
    assert_eq!(world.job()["status"]["active"], 1);
}

#[test]
fn a_pod_that_succeeds_completes_its_job_and_keeps_its_message() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.actors.script(|_| Outcome::done("main", "said"));
    world.actors.settle();
    assert_eq!(world.ending(), Some(ending("Complete", "CompletionsReached")));
    let pod = &world.pods()[0];
    assert_eq!(pod["status"]["phase"], "Succeeded");
    assert_eq!(pod["status"]["containerStatuses"][0]["state"]["terminated"]["message"], "said");
}

#[test]
fn a_pod_that_fails_is_replaced_up_to_the_limit() {
    for (limit, pods) in [(0, 1), (2, 3)] {
        let mut world = world();
        world.create("jobs", job(&json!({ "backoffLimit": limit })));
        world.actors.script(|_| Outcome::failed("main", 137, "OOMKilled", ""));
        world.actors.settle();
        assert_eq!(world.ending(), Some(ending("Failed", "BackoffLimitExceeded")));
        assert_eq!((world.pods().len(), &world.job()["status"]["failed"]), (pods, &json!(pods)));
    }
}

#[test]
fn a_job_past_its_deadline_stops_its_pod_and_fails() {
    let mut world = world();
    world.create("jobs", job(&json!({ "activeDeadlineSeconds": 60 })));
    world.actors.settle();
    world.pass(59);
    world.actors.settle();
    assert_eq!(world.ending(), None);
    world.pass(1);
    world.actors.settle();
    assert_eq!(world.ending(), Some(ending("Failed", "DeadlineExceeded")));
    assert_eq!(world.pods().len(), 0);
}

#[test]
fn a_finished_job_goes_after_its_time_to_live_and_takes_its_pods_with_it() {
    let mut world = world();
    world.create("jobs", job(&json!({ "ttlSecondsAfterFinished": 10 })));
    world.actors.script(|_| Outcome::done("main", ""));
    world.actors.settle();
    world.pass(10);
    world.actors.settle();
    assert_eq!(world.server.get("jobs", "a", "j"), None);
    assert_eq!(world.pods().len(), 0);
}

#[test]
fn a_pod_removed_by_hand_counts_as_failed() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.actors.settle();
    let name = world.pods()[0].name().to_owned();
    world
        .server
        .edit("pods", "a", &name, |pod| pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into());
    world.actors.settle();
    assert_eq!(world.ending(), Some(ending("Failed", "BackoffLimitExceeded")));
}

#[test]
fn a_refused_pod_is_not_made_and_a_held_claim_leaves_it_pending() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.actors.admit(|_| Err("exceeded quota".to_owned()));
    world.actors.settle();
    world.pass(60);
    world.actors.settle();
    assert_eq!(world.pods().len(), 0);
    let told = world.server.list("events", "a");
    assert_eq!((told.len(), &told[0]["reason"]), (1, &json!("FailedCreate")), "told once");
    assert_eq!(told[0]["regarding"]["uid"], world.job().uid());
    assert!(told[0]["note"].as_str().unwrap().contains("exceeded quota"));
    let spec = json!({ "restartPolicy": "Never", "containers": [{ "name": "main" }],
        "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "c" } }] });
    world.create("pods", json!({ "metadata": { "name": "p", "namespace": "a" }, "spec": spec }));
    world.create(
        "persistentvolumeclaims",
        json!({ "metadata": { "name": "c", "namespace": "a" },
        "status": { "phase": "Pending" } }),
    );
    world.actors.bind(|_| false);
    world.actors.settle();
    let condition = world.pods()[0]["status"]["conditions"][0].clone();
    assert!(condition["message"].as_str().unwrap().contains("unbound"), "{condition}");
    world.actors.bind(|_| true);
    world.actors.settle();
    assert_eq!(world.pods()[0]["status"]["phase"], "Running");
}

#[test]
fn an_evicted_pod_has_failed_and_a_lost_one_stays_as_it_is() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.actors.settle();
    world.actors.script(|_| Outcome::Lost);
    let name = world.pods()[0].name().to_owned();
    world.server.edit("pods", "a", &name, |pod| {
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        pod["metadata"]["deletionGracePeriodSeconds"] = 30.into();
    });
    world.actors.settle();
    assert_eq!(world.pods()[0]["status"]["phase"], "Running");
    world.actors.script(|_| Outcome::Running);
    world.actors.settle();
    assert_eq!(world.pods().len(), 0);
}
