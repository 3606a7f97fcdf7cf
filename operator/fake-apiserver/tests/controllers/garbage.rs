//! What loses its owner goes.

use crate::world::{job, world};
use k8s_openapi::api::batch::v1::Job;
use kube::{Api, api::DeleteParams, api::PropagationPolicy};
use serde_json::json;

fn policy(policy: Option<PropagationPolicy>) -> DeleteParams {
    DeleteParams { propagation_policy: policy, ..DeleteParams::default() }
}

#[tokio::test]
async fn pods_follow_their_job_or_stay_as_its_deletion_says() {
    for (asked, pods) in [
        (Some(PropagationPolicy::Background), 0),
        (Some(PropagationPolicy::Foreground), 0),
        (Some(PropagationPolicy::Orphan), 1),
        (None, 1),
    ] {
        let mut world = world();
        world.create("jobs", job(&json!({})));
        world.actors.settle();
        let jobs: Api<Job> = Api::namespaced(world.server.client("tester"), "a");
        jobs.delete("j", &policy(asked.clone())).await.unwrap();
        world.actors.settle();
        assert_eq!(world.server.get("jobs", "a", "j"), None, "{asked:?}");
        assert_eq!(world.pods().len(), pods, "{asked:?}");
    }
}

#[tokio::test]
async fn in_the_foreground_the_owner_goes_last() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.actors.settle();
    world.actors.script(|_| fake_apiserver::Outcome::Lost);
    let jobs: Api<Job> = Api::namespaced(world.server.client("tester"), "a");
    jobs.delete("j", &policy(Some(PropagationPolicy::Foreground))).await.unwrap();
    world.actors.settle();
    assert!(world.server.get("jobs", "a", "j").is_some());
    world.actors.script(|_| fake_apiserver::Outcome::Running);
    world.actors.settle();
    assert_eq!(world.server.get("jobs", "a", "j"), None);
}
