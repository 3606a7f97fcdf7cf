//! The parts of a life in which something is wrong: what fails, is taken away, is another's, or is not heard.

use super::{annotate, is_restore, unreadable};
use crate::{
    canopy::{FIRST, SECOND, entry},
    world::{World, namespace},
};
use contract::{
    names::{
        RunName, annotations, labels,
        objects::{ANALYTICS_SECRET, SERVICE, SUPERUSER_SECRET},
    },
    pods::{Failure, FailureReason, OUTAGE_MESSAGE, RestoreResult, TerminationDocument},
};
use fake_apiserver::{Object, Outcome};
use futures::future::BoxFuture;
use serde_json::Value;
use std::time::Duration;

/// The restore of the first attempt at the first snapshot, whoever's.
fn is_first_attempt(pod: &Object) -> bool {
    is_restore(pod) && pod.label(labels::RUN) == Some(RunName::of(FIRST, 1).as_str())
}

pub(super) fn failing_attempt(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.fate(|pod| is_first_attempt(pod).then(unreadable));
        world.canopy.wants([entry(1, FIRST)]);
        world.until("it serves", |world| world.serves(1, FIRST)).await;
        assert_eq!(world.canopy.reports().len(), 2);
    })
}

/// Two that have no snapshot yet: what they are called by is settled, whichever is begun first.
pub(super) fn two_wait(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let without = |number| {
            let mut entry = entry(number, FIRST);
            (entry["snapshot_id"], entry["snapshot_at"]) = (Value::Null, Value::Null);
            entry
        };
        world.canopy.wants((1..=2).map(without));
        world.until("all are there", |world| (1..=2).all(|number| world.replica(number).is_some())).await;
        world.rest().await;
    })
}

/// All meet it with their first attempt; the second ones are begun one after the other until S3 answers.
pub(super) fn outage(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let silent = || {
            let failure =
                Failure { reason: FailureReason::StorageUnavailable, message: OUTAGE_MESSAGE.into() };
            let said = RestoreResult::Failed(failure).to_termination_message().unwrap();
            Outcome::failed(contract::names::objects::containers::RESTORE, 1, "Error", said)
        };
        world.fate(move |pod| is_first_attempt(pod).then(silent));
        world.canopy.wants((1..=2).map(|number| entry(number, FIRST)));
        world.until("all serve", |world| (1..=2).all(|number| world.serves(number, FIRST))).await;
        assert!(world.canopy.reports().iter().all(|report| report.error.is_none()), "an outage was told");
    })
}

/// Its Service is taken away, then its Deployment.
pub(super) fn healing(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let place = namespace(1);
        world.server.remove("services", place.as_str(), SERVICE);
        world
            .until("it has a Service", |world| {
                world.server.get("services", namespace(1).as_str(), SERVICE).is_some()
            })
            .await;
        let run = world.replica(1).unwrap().annotation(annotations::SERVING_RUN).unwrap().to_owned();
        let deployment = format!("postgres-{run}");
        world.server.remove("deployments", place.as_str(), &deployment);
        world.actors.settle();
        let is_back = move |world: &World| {
            world.server.get("deployments", namespace(1).as_str(), &deployment).is_some()
        };
        world.until("it has a Deployment", is_back).await;
    })
}

/// A person removes what guests hold while the next run is restored.
pub(super) fn keys_removed(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.fate(|pod| is_restore(pod).then_some(Outcome::Running));
        world.canopy.wants([entry(1, SECOND)]);
        world.until("it restores", World::restores).await;
        for secret in [SUPERUSER_SECRET, ANALYTICS_SECRET] {
            world.server.remove("secrets", namespace(1).as_str(), secret);
        }
        world.fate(|_| None);
        world.until("it is refreshed", |world| world.serves(1, SECOND)).await;
    })
}

/// The entry of the same key asks for another intent.
pub(super) fn identity_changed(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let mut changed = entry(1, SECOND);
        changed["intent"] = "analytics".into();
        world.canopy.wants([changed]);
        let is_other = |world: &World| {
            world.serves(1, SECOND) && world.replica(1).unwrap().label(labels::INTENT) == Some("analytics")
        };
        world.until("the other one serves", is_other).await;
    })
}

/// Canopy hears of the failure of what is withdrawn no more.
pub(super) fn unheard(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        *world.canopy.deaf_for.lock().unwrap() = usize::MAX;
        world.fate(|pod| is_restore(pod).then(unreadable));
        world.canopy.wants((2..=4).map(|number| entry(number, FIRST)).chain([entry(1, SECOND)]));
        let has_failed =
            |world: &World| world.replica(1).unwrap().annotation(annotations::PENDING_REPORT).is_some();
        world.until("it has failed", has_failed).await;
        world.canopy.wants((2..=4).map(|number| entry(number, FIRST)));
        world.until("it is gone", |world| world.replica(1).is_none()).await;
    })
}

/// All are absent, a person asks for a refresh of one meanwhile, and they are back before the hold ends.
pub(super) fn hold(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.canopy.wants([]);
        world.pass_time(Duration::from_mins(2)).await;
        annotate(world, 1, annotations::FORCE_REFRESH, "now");
        world.pass_time(Duration::from_mins(2)).await;
        world.canopy.wants((1..=4).map(|number| entry(number, FIRST)));
        let is_done = |world: &World| {
            world.replica(1).unwrap().annotation(annotations::FORCE_REFRESH).is_none()
                && world.canopy.reports().len() == 5
        };
        world.until("it is refreshed", is_done).await;
        assert!((1..=4).all(|number| world.serves(number, FIRST)));
    })
}
