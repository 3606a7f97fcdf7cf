//! What the operator is seen to do is what it may do, verb by verb, both ways.
//!
//! A right that is used and not granted fails in a cluster; one that is granted and not used is one too many.

use crate::{
    canopy::{FIRST, SECOND, entry},
    world::{OPERATOR, World, namespace},
};
use contract::{
    broker::TrafficStats,
    names::{NamespaceName, objects::containers},
};
use fake_apiserver::{ApiServer, Entry, Outcome, Verb};
use operator::{
    args::{LeaseTimes, SidecarImage},
    broker::{KubeReviewer, KubeStatsSink, Reviewer, StatsSink},
    canopy::{IdentitySource, SecretIdentity},
    clock::SystemClock,
    home::sidecar_image,
    lead::{Elector, Leadership, LeaseKeeper, Told, campaign},
    metrics::Metrics,
    rbac::{CLUSTER, HOME, Rule},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

type Rights = BTreeSet<(&'static str, &'static str, &'static str)>;

fn home() -> NamespaceName {
    "pgro-system".parse().unwrap()
}

fn granted(rules: &[Rule]) -> Rights {
    rules.iter().flat_map(|rule| rule.verbs.iter().map(|verb| (rule.group, rule.resource, *verb))).collect()
}

/// What was used at home, and elsewhere.
fn used(server: &ApiServer) -> (Rights, Rights) {
    let right = |entry: &Entry| {
        let kind = entry.call.kind;
        assert_eq!(entry.call.subresource, "", "no right is granted on subresources");
        (kind.group, kind.resource, entry.call.verb.as_str())
    };
    server.audit(|audit| {
        let ours = || audit.entries().filter(|entry| entry.call.user == OPERATOR);
        let at_home = |entry: &&Entry| entry.call.namespace == home().as_str();
        let (inside, outside) = (ours().filter(at_home), ours().filter(|entry| !at_home(entry)));
        (inside.map(right).collect(), outside.map(right).collect())
    })
}

/// Somebody takes away our labels from what outlives runs: the next run puts them back.
fn spoil(server: &ApiServer, namespace: &str) {
    for kind in ["networkpolicies", "serviceaccounts", "configmaps", "secrets"] {
        for object in server.list(kind, namespace) {
            server.edit(kind, namespace, object.name(), |value| {
                value["metadata"]["labels"]["app.kubernetes.io/version"] = json!("spoilt");
            });
        }
    }
}

/// A replica's whole life: restored, refreshed, its name contested, torn down.
async fn a_life(world: &mut World) {
    world.canopy.wants((1..=4).map(|number| entry(number, FIRST)));
    world.until("all serve", |world| (1..=4).all(|number| world.serves(number, FIRST))).await;
    spoil(&world.server, namespace(1).as_str());
    world.canopy.wants((1..=4).map(|number| entry(number, SECOND)));
    world.until("all are refreshed", |world| (1..=4).all(|number| world.serves(number, SECOND))).await;
    world.rest().await;
    world.restart();
    world.canopy.wants((2..=4).map(|number| entry(number, SECOND)));
    world.until("one is gone", |world| world.replica(1).is_none()).await;
    world.fate(|pod| {
        let restores = pod["spec"]["containers"][0]["name"] == containers::RESTORE;
        restores.then(|| Outcome::Evicted("low on memory".to_owned()))
    });
    world.canopy.wants((2..=4).map(|number| entry(number, FIRST)).chain([entry(5, FIRST)]));
    world.until("a failure is told", |world| world.canopy.last_error().is_some()).await;
    // A Job without a pod says only in an Event why.
    world.fate(|_| None);
    world.actors.admit(|_| Err("exceeded quota".to_owned()));
    world.canopy.wants((2..=4).map(|number| entry(number, FIRST)).chain([entry(7, FIRST)]));
    let asked = |world: &World| world.server.audit(|audit| audit.count(Verb::List, "events"));
    world.until("it is asked why", |world| asked(world) > 0).await;
    world.actors.admit(|_| Ok(()));
    // Twice by two: each finds what the other has made.
    let mut rival = world.rival();
    world.canopy.wants((2..=6).map(|number| entry(number, SECOND)));
    for _ in 0..30 {
        world.rival_pass(&mut rival).await;
        world.round().await;
    }
}

/// What asks the API server beside the passes.
async fn the_rest(server: &ApiServer) {
    let (client, replica) = (server.client(OPERATOR), "replica".parse::<NamespaceName>().unwrap());
    let reviewer = KubeReviewer::new(client.clone());
    reviewer.review(&"token".into()).await.unwrap();
    reviewer.pod(&replica, "pod").await.unwrap();
    reviewer.namespace(&replica).await.unwrap();
    let kept = KubeStatsSink::new(client.clone()).keep(&replica, "job", TrafficStats::default()).await;
    assert!(kept.is_err(), "there is no such Job");
    let identity = SecretIdentity::new(client.clone(), home(), "device".parse().unwrap()).identity().await;
    assert!(identity.is_err(), "there is no such Secret");
    let image = sidecar_image(client, &home(), &SidecarImage::OfPod("operator".parse().unwrap())).await;
    assert!(image.is_err(), "there is no such pod");
}

/// A Lease that is won, kept and given up.
async fn a_term(server: &ApiServer) {
    server.put("namespaces", json!({ "metadata": { "name": home().as_str() } }));
    let times = LeaseTimes {
        duration: Duration::from_secs(15),
        renew: Duration::from_secs(10),
        retry: Duration::from_secs(2),
    };
    let told = Told { leadership: watch::channel(Leadership::default()).0, metrics: Metrics::default() };
    let keeper = LeaseKeeper::new(server.client(OPERATOR), &home());
    let elector = Elector::new(keeper, "me".to_owned(), times, Arc::new(SystemClock), || 0.5, told);
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let office = |term: operator::lead::Term| -> futures::future::BoxFuture<'static, ()> {
        let stop = stop.clone();
        Box::pin(async move {
            tokio::time::sleep(Duration::from_mins(1)).await;
            stop.cancel();
            term.stopping().cancelled().await;
        })
    };
    campaign(elector, office, shutdown).await;
}

#[tokio::test(start_paused = true)]
async fn every_right_is_used_and_nothing_else_is_done() {
    let mut world = World::new();
    a_life(&mut world).await;
    the_rest(&world.server).await;
    a_term(&world.server).await;
    let (inside, outside) = used(&world.server);
    let (cluster, at_home) = (granted(CLUSTER), granted(HOME));
    let missing: Vec<_> = outside.difference(&cluster).collect();
    let idle: Vec<_> = cluster.difference(&outside).collect();
    assert!(missing.is_empty() && idle.is_empty(), "not granted: {missing:?}; not used: {idle:?}");
    let everywhere: Rights = cluster.union(&at_home).copied().collect();
    let missing: Vec<_> = inside.difference(&everywhere).collect();
    let idle: Vec<_> = at_home.difference(&inside).collect();
    assert!(missing.is_empty() && idle.is_empty(), "at home, not granted: {missing:?}; not used: {idle:?}");
}
