//! The lives of some replicas, from their entries to their teardown: what is written for one, and how many restores
//! run at a time.

use super::{
    process::Operator,
    report::Report,
    world::{World, entry},
};
use contract::names::annotations;
use fake_apiserver::{ApiServer, Entry};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// Replicas that live and die: three times as many as may be restored at a time.
const LIVES: usize = 24;

/// The operator's own default.
const LIMIT: usize = 8;

/// The kinds a replica is made of, in the order they are to be loaded in.
const KINDS: [&str; 6] = ["namespaces", "persistentvolumeclaims", "jobs", "deployments", "pods", "services"];

/// Every object of one replica that is served, by kind, as the API server has it.
pub(crate) type Template = BTreeMap<&'static str, Vec<Value>>;

/// Measures; gives back the objects of one replica, at rest.
pub(crate) async fn measure(report: &mut Report) -> Template {
    let mut world = World::new().await;
    let entries: Vec<_> = (0..LIVES).map(entry).collect();
    world.canopy.control().replace_worklist(&entries).await.unwrap();
    let operator = Operator::start(&world.api_url, world.canopy.base_url(), Duration::from_secs(1));
    let mut most = 0;
    let born = |api: &ApiServer| {
        most = most.max(open_attempts(api));
        at_rest(api) == LIVES
    };
    world.until("all replicas to be served", born).await;
    ten_minutes_pass(&mut world).await;
    let template = template(&world.api);
    world.canopy.control().replace_worklist::<()>(&[]).await.unwrap();
    world.until("all replicas to be gone", |api| World::replicas(api).is_empty()).await;
    drop(operator);
    assert_eq!(world.canopy.control().ledger().await.unwrap().verifications.len(), LIVES);
    report.goal("restores at a time, at most", whole(most), "", whole(LIMIT));
    tell_writes(report, &world.api);
    template
}

/// For the cluster, as far as it keeps Jobs for so long: who looks at a fleet at rest does not find them any more.
async fn ten_minutes_pass(world: &mut World) {
    let kept = |api: &ApiServer| {
        let mut jobs = api.list("jobs", "");
        jobs.retain(|job| !job["spec"]["ttlSecondsAfterFinished"].is_null());
        jobs
    };
    for job in kept(&world.api) {
        let long_ago = |job: &mut Value| job["status"]["completionTime"] = "2026-01-01T00:00:00Z".into();
        assert!(world.api.edit("jobs", job.namespace(), job.name(), long_ago).is_some());
    }
    world.until("Jobs that are not kept to be gone", |api| kept(api).is_empty()).await;
}

fn at_rest(api: &ApiServer) -> usize {
    let told = annotations::LAST_VERIFICATION_REPORTED_AT;
    World::replicas(api).iter().filter(|namespace| namespace.annotation(told).is_some()).count()
}

fn open_attempts(api: &ApiServer) -> usize {
    let is_open = |text: &str| {
        let attempt: Value = serde_json::from_str(text).unwrap();
        attempt.get("ending").is_none()
    };
    let namespaces = World::replicas(api);
    namespaces
        .iter()
        .filter_map(|namespace| namespace.annotation(annotations::ATTEMPT))
        .filter(|text| is_open(text))
        .count()
}

/// What was written for one life, all lives together divided by their number.
fn tell_writes(report: &mut Report, api: &ApiServer) {
    let mut writes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    api.audit(|audit| {
        for entry in audit.commits().filter(|entry| is_of_replicas(entry)) {
            *writes.entry((entry.call.verb.as_str(), entry.call.kind.resource)).or_default() += 1;
        }
    });
    let per_life = |meant: &[&str]| {
        let all = writes.iter().filter(|((verb, _), _)| meant.contains(verb)).map(|(_, count)| count);
        whole(all.sum()) / whole(LIVES)
    };
    // The Job that asks how large the snapshot is makes one more where no volume size is set, as here.
    report.goal("creations and deletions per life", per_life(&["create", "delete"]), "", 12.0);
    // Begin, the run's Secret bound to its volume, verifying, outcome, acknowledgement, teardown.
    report.goal("patches per life", per_life(&["patch", "update"]), "", 6.0);
    for ((verb, resource), count) in &writes {
        report.note(format!("  {verb} {resource}"), whole(*count) / whole(LIVES), "");
    }
}

/// Events tell people of a replica and are no part of it; the lease is the operator's own.
fn is_of_replicas(entry: &Entry) -> bool {
    !["events", "leases"].contains(&entry.call.kind.resource)
}

fn template(api: &ApiServer) -> Template {
    let namespace = World::replicas(api).first().expect("a replica").name().to_owned();
    let of = |kind: &'static str| match kind {
        "namespaces" => vec![(**api.get(kind, "", &namespace).expect("a namespace")).clone()],
        _ => api.list(kind, &namespace).iter().map(|object| (***object).clone()).collect(),
    };
    KINDS.into_iter().map(|kind| (kind, of(kind))).collect()
}

fn whole(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
