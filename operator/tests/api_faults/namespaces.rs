//! Namespaces that go when they should not, or do not go when they should.

use crate::{
    canopy::{FIRST, entry},
    world::{World, namespace},
};
use contract::{canopy::Outcome as Told, names::objects::containers};
use fake_apiserver::Outcome;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::DeleteParams};
use serde_json::json;
use std::time::Duration;

/// A person deletes it.
async fn delete_by_hand(world: &World, number: u128) {
    let namespaces: Api<Namespace> = Api::all(world.server.client("person"));
    namespaces.delete(namespace(number).as_str(), &DeleteParams::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn fault_a16_a_namespace_that_does_not_go_keeps_nobody_else_waiting_and_its_finalizer() {
    let mut world = World::new();
    world.canopy.wants((1..=4).map(|number| entry(number, FIRST)));
    world.until("all serve", |world| (1..=4).all(|number| world.serves(number, FIRST))).await;
    let stuck = namespace(1);
    world.server.put(
        "configmaps",
        json!({ "metadata": {
        "name": "stuck", "namespace": stuck.as_str(), "finalizers": ["example.org/stuck"] } }),
    );
    world.canopy.wants((2..=5).map(|number| entry(number, FIRST)));
    world.until("the new one serves", |world| world.serves(5, FIRST)).await;
    world.until("it is going", |world| world.replica(1).is_some_and(|one| one.is_terminating())).await;
    world.rest().await;
    let held = world.server.get("configmaps", stuck.as_str(), "stuck").unwrap();
    assert_eq!(held["metadata"]["finalizers"], json!(["example.org/stuck"]));
    world.canopy.wants((1..=5).map(|number| entry(number, FIRST)));
    world.rest().await;
    world.server.remove("configmaps", stuck.as_str(), "stuck");
    world.until("it is made anew", |world| world.serves(1, FIRST)).await;
}

#[tokio::test(start_paused = true)]
async fn fault_a17_a_namespace_deleted_during_a_restore_is_made_anew_and_not_called_verified() {
    let mut world = World::new();
    world.fate(|pod| {
        (pod["spec"]["containers"][0]["name"] == containers::RESTORE).then_some(Outcome::Running)
    });
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it restores", World::restores).await;
    let uid = world.replica(1).unwrap().uid().to_owned();
    delete_by_hand(&world, 1).await;
    world.until("it is made anew", |world| world.replica(1).is_some_and(|one| one.uid() != uid)).await;
    world.pass_time(Duration::from_mins(1)).await;
    assert!(world.canopy.reports().iter().all(|report| report.outcome != Told::Success));
    world.fate(|_| None);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    assert_eq!(world.canopy.reports().last().unwrap().outcome, Told::Success);
}

#[tokio::test(start_paused = true)]
async fn fault_a18_a_namespace_of_our_name_that_is_not_ours_is_left_alone() {
    let mut world = World::new();
    let foreign = json!({ "metadata": { "name": namespace(1).as_str(), "labels": { "of": "others" } } });
    let before = world.server.put("namespaces", foreign).revision();
    world.canopy.wants([entry(1, FIRST), entry(2, FIRST)]);
    world.until("the other serves", |world| world.serves(2, FIRST)).await;
    world.pass_time(Duration::from_mins(2)).await;
    assert_eq!(world.replica(1).unwrap().revision(), before);
    assert_eq!(world.server.list("jobs", namespace(1).as_str()).len(), 0);
}
