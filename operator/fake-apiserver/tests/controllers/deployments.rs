//! Deployments and their pods.

use crate::world::{World, world};
use fake_apiserver::{Messages, Outcome};
use serde_json::json;

fn deployed() -> World {
    let world = world();
    let template = json!({ "metadata": { "labels": { "of": "d" } },
        "spec": { "initContainers": [{ "name": "prepare" }], "containers": [{ "name": "main" }] } });
    world.create(
        "deployments",
        json!({ "metadata": { "name": "d", "namespace": "a", "generation": 1 },
        "spec": { "selector": { "matchLabels": { "of": "d" } }, "template": template } }),
    );
    world
}

fn conditions(world: &World) -> Vec<(String, String)> {
    let deployment = world.server.get("deployments", "a", "d").unwrap();
    let all = deployment["status"]["conditions"].as_array().unwrap().clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    all.iter().map(|one| (text(&one["type"]), text(&one["status"]))).collect()
}

#[test]
fn a_deployment_is_available_when_its_pod_is_ready() {
    let mut world = deployed();
    world.actors.settle();
    assert_eq!(conditions(&world)[0].1, "False");
    world
        .actors
        .script(|_| Outcome::Ready { messages: Messages::from([("prepare".to_owned(), "said".to_owned())]) });
    world.actors.settle();
    assert_eq!(conditions(&world)[0], ("Available".to_owned(), "True".to_owned()));
    let pod = &world.pods()[0];
    assert_eq!(pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["message"], "said");
}

#[test]
fn an_evicted_pod_is_replaced() {
    let mut world = deployed();
    world.actors.settle();
    let first = world.pods()[0].name().to_owned();
    let evicted = first.clone();
    world.actors.script(move |pod| {
        if pod.name() == evicted { Outcome::Evicted("low on memory".to_owned()) } else { Outcome::Running }
    });
    world.actors.settle();
    let phases: Vec<_> = world.pods().iter().map(|pod| pod["status"]["phase"].clone()).collect();
    assert_eq!(phases.len(), 2);
    assert!(phases.contains(&json!("Failed")) && phases.contains(&json!("Running")));
}

#[test]
fn a_pod_that_admission_refuses_is_told_in_a_condition() {
    let mut world = deployed();
    world.actors.admit(|_| Err("exceeded quota".to_owned()));
    world.actors.settle();
    assert_eq!(conditions(&world)[1], ("ReplicaFailure".to_owned(), "True".to_owned()));
}

#[test]
fn an_init_container_that_fails_or_a_server_that_crashes_leaves_the_pod_unready() {
    for outcome in [
        Outcome::failed("prepare", 1, "Error", "bad"),
        Outcome::CrashLoop { restarts: 4, exit_code: 1, messages: Messages::new() },
        Outcome::Initialising { container: "prepare".to_owned() },
        Outcome::Waiting {
            container: "main".to_owned(),
            reason: "ErrImagePull".to_owned(),
            message: String::new(),
        },
    ] {
        let mut world = deployed();
        world.actors.script(move |_| outcome.clone());
        world.actors.settle();
        assert_eq!((world.pods().len(), conditions(&world)[0].1.as_str()), (1, "False"));
    }
}
