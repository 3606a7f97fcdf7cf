//! The life of a replica in parts: what stands already, and what happens then.

mod trouble;

use crate::{
    canopy::{FIRST, SECOND, entry},
    world::{World, namespace},
};
use contract::{
    names::{annotations, objects::containers},
    pods::{Failure, FailureReason, RestoreResult, TerminationDocument},
};
use fake_apiserver::{Object, Outcome};
use futures::future::BoxFuture;
use operator::clock::Clock;
use std::sync::Arc;

type Part = for<'a> fn(&'a mut World) -> BoxFuture<'a, ()>;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) prepare: Part,
    pub(crate) happen: Part,
}

pub(crate) const SCENARIOS: [Scenario; 16] = [
    Scenario { name: "provision", prepare: nothing, happen: provision },
    Scenario { name: "refresh", prepare: one_serves, happen: refresh },
    Scenario { name: "force refresh under a deaf Canopy", prepare: one_serves, happen: force },
    Scenario { name: "failing attempt, retried", prepare: nothing, happen: trouble::failing_attempt },
    Scenario { name: "failing refresh, retried", prepare: one_serves, happen: failing_refresh },
    Scenario { name: "entry changed under a restore", prepare: nothing, happen: changed_wish },
    Scenario { name: "restore broken off", prepare: nothing, happen: broken_off },
    Scenario { name: "denied credentials", prepare: nothing, happen: denied },
    Scenario { name: "outage of S3, parked", prepare: trouble::two_wait, happen: trouble::outage },
    Scenario { name: "healing", prepare: one_serves, happen: trouble::healing },
    Scenario { name: "keys removed under a refresh", prepare: one_serves, happen: trouble::keys_removed },
    Scenario { name: "identity changed", prepare: one_serves, happen: trouble::identity_changed },
    Scenario { name: "teardown", prepare: four_serve, happen: teardown },
    Scenario { name: "teardown with a report unheard", prepare: four_serve, happen: trouble::unheard },
    Scenario { name: "hold that is not released", prepare: four_serve, happen: trouble::hold },
    Scenario { name: "release of a held teardown", prepare: held, happen: release },
];

fn nothing(_: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(std::future::ready(()))
}

fn provision(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.canopy.wants([entry(1, FIRST)]);
        world.until("it serves", |world| world.serves(1, FIRST)).await;
    })
}

fn one_serves(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        provision(world).await;
        world.rest().await;
    })
}

fn refresh(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.canopy.wants([entry(1, SECOND)]);
        world.until("it is refreshed", |world| world.serves(1, SECOND)).await;
    })
}

fn force(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        *world.canopy.deaf_for.lock().unwrap() = 5;
        annotate(world, 1, annotations::FORCE_REFRESH, "now");
        let is_asked =
            |world: &World| world.replica(1).unwrap().annotation(annotations::FORCE_REFRESH).is_some();
        world.until("it has been done", |world| !is_asked(world) && world.canopy.reports().len() == 2).await;
    })
}

fn failing_refresh(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.fate(|pod| is_restore(pod).then(unreadable));
        world.canopy.wants([entry(1, SECOND)]);
        world.until("the failure is told", |world| world.canopy.reports().len() == 2).await;
        assert_eq!(world.restored(1).as_deref(), Some(FIRST));
        world.fate(|_| None);
        world.until("it is refreshed", |world| world.serves(1, SECOND)).await;
    })
}

fn changed_wish(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.fate(|pod| is_restore(pod).then_some(Outcome::Running));
        world.canopy.wants([entry(1, FIRST)]);
        world.until("it restores", World::restores).await;
        world.canopy.wants([entry(1, SECOND)]);
        world.round().await;
        world.fate(|_| None);
        world.until("the later one serves", |world| world.serves(1, SECOND)).await;
    })
}

fn broken_off(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.fate(|pod| is_restore(pod).then(|| Outcome::Evicted("low on memory".to_owned())));
        world.canopy.wants([entry(1, FIRST)]);
        let goes_on = |world: &World| {
            let attempt = |one: Arc<Object>| one.annotation(annotations::ATTEMPT).map(str::to_owned);
            world.replica(1).and_then(attempt).is_some_and(|attempt| attempt.contains("resumption"))
        };
        world.until("it goes on", goes_on).await;
        world.fate(|_| None);
        world.until("it serves", |world| world.serves(1, FIRST)).await;
    })
}

fn denied(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        *world.canopy.denies.lock().unwrap() = true;
        world.canopy.wants([entry(1, FIRST)]);
        world.until("the denial is told", |world| world.canopy.reports().len() == 1).await;
        *world.canopy.denies.lock().unwrap() = false;
        world.until("it serves", |world| world.serves(1, FIRST)).await;
    })
}

fn four_serve(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.canopy.wants((1..=4).map(|number| entry(number, FIRST)));
        world.until("all serve", |world| (1..=4).all(|number| world.serves(number, FIRST))).await;
        world.rest().await;
    })
}

fn teardown(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        world.canopy.wants((2..=4).map(|number| entry(number, FIRST)));
        world.until("it is gone", |world| world.replica(1).is_none()).await;
    })
}

fn held(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        provision(world).await;
        world.canopy.wants([]);
        world.rest().await;
        assert!(world.is_active(1));
    })
}

fn release(world: &mut World) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        let now = world.clock.now().to_string();
        annotate(world, 1, annotations::RELEASE_TEARDOWN, &now);
        world.until("it is gone", |world| world.replica(1).is_none()).await;
    })
}

fn annotate(world: &World, number: u128, key: &str, value: &str) {
    let annotated = world.server.edit("namespaces", "", namespace(number).as_str(), |namespace| {
        namespace["metadata"]["annotations"][key] = value.into();
    });
    assert!(annotated.is_some());
}

fn is_restore(pod: &Object) -> bool {
    pod["spec"]["containers"][0]["name"] == containers::RESTORE
}

fn unreadable() -> Outcome {
    let failure = Failure { reason: FailureReason::RepositoryUnreadable, message: "blob not found".into() };
    let said = RestoreResult::Failed(failure).to_termination_message().unwrap();
    Outcome::failed(containers::RESTORE, 1, "Error", said)
}
