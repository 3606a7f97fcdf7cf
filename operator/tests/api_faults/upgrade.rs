//! A new version of the operator over the objects of an old one, which are kept as they were in `golden/`.
//!
//! `PGRO_WRITE_GOLDEN=1 cargo test -p operator --test api_faults upgrade` writes the file of the version that is built;
//! those of versions that have been released stay as they are.

use crate::{
    canopy::{FIRST, SECOND, THIRD, entry},
    world::{OPERATOR, World, namespace},
};
use contract::{
    names::objects::containers,
    pods::{Failure, FailureReason, RestoreResult, TerminationDocument},
};
use fake_apiserver::{ApiServer, KINDS, Object, Outcome};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// Told by kind and name, whatever else there was.
type Objects = BTreeMap<String, Vec<Value>>;

/// Others' business, or about the moment.
const LEFT_OUT: [&str; 2] = ["events", "leases"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/api_faults/golden")
}

/// Versions with objects, oldest first.
fn versions() -> Vec<(String, Objects)> {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut all: Vec<(String, Objects)> = files
        .map(|file| {
            let version = file.file_stem().unwrap().to_str().unwrap().to_owned();
            (version, serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap())
        })
        .collect();
    all.sort_by_key(|(version, _)| {
        version.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>()
    });
    all
}

/// One has been refreshed, one serves its first snapshot, one has failed, one is being restored.
async fn a_cluster() -> World {
    let mut world = World::new();
    world.fate(fate);
    world.canopy.wants([entry(1, FIRST)]);
    world.until("one serves", |world| world.serves(1, FIRST)).await;
    world.canopy.wants(wishes());
    world.until("two serve", |world| world.serves(1, SECOND) && world.serves(2, FIRST)).await;
    world.until("one has failed", |world| world.canopy.last_error().is_some()).await;
    world.until("one restores", |world| world.state(4).as_deref() == Some("restoring")).await;
    world.round().await;
    world
}

fn wishes() -> [Value; 4] {
    [entry(1, SECOND), entry(2, FIRST), entry(3, FIRST), entry(4, FIRST)]
}

fn fate(pod: &Object) -> Option<Outcome> {
    let restores = pod["spec"]["containers"][0]["name"] == containers::RESTORE;
    match pod.namespace() {
        place if restores && place == namespace(4).as_str() => Some(Outcome::Running),
        place if restores && place == namespace(3).as_str() => {
            let failure = Failure { reason: FailureReason::RepositoryUnreadable, message: "gone".into() };
            let said = RestoreResult::Failed(failure).to_termination_message().unwrap();
            Some(Outcome::failed(containers::RESTORE, 1, "Error", said))
        }
        _ => None,
    }
}

fn objects(server: &ApiServer) -> Objects {
    let kinds = KINDS.iter().filter(|kind| kind.stored && !LEFT_OUT.contains(&kind.resource));
    let of = |resource: &str| server.list(resource, "").iter().map(|one| (***one).clone()).collect();
    kinds.map(|kind| (kind.resource.to_owned(), of(kind.resource))).collect()
}

/// As JSON that shows in a difference which object has changed.
fn one_to_a_line(objects: &Objects) -> String {
    let list = |(resource, list): (&String, &Vec<Value>)| {
        let lines: Vec<String> = list.iter().map(Value::to_string).collect();
        format!("{resource:?}:[\n{}\n]", lines.join(",\n"))
    };
    let lists: Vec<String> = objects.iter().map(list).collect();
    format!("{{\n{}\n}}\n", lists.join(",\n"))
}

/// What a later version finds each object by, and cannot change: its name, its identity, its selector.
fn found_by(objects: &Objects) -> BTreeMap<String, Value> {
    let kept = objects.iter().filter(|(resource, _)| *resource != "pods");
    let all = kept.flat_map(|(resource, list)| list.iter().map(move |one| (resource, one)));
    let named = all.map(|(resource, one)| {
        let place = format!("{resource} {}/{}", one["metadata"]["namespace"], one["metadata"]["name"]);
        let labels = one["metadata"]["labels"].as_object().cloned().unwrap_or_default();
        let ours: Map<String, Value> =
            labels.into_iter().filter(|(key, _)| key.contains("bes.au/")).collect();
        (place, json!({ "labels": ours, "selector": one["spec"]["selector"] }))
    });
    named.collect()
}

/// UIDs and generations of what serves in a namespace: another one would be a restart.
fn serving(world: &World, number: u128) -> Vec<Value> {
    let list = |resource| world.server.list(resource, namespace(number).as_str());
    let all =
        ["deployments", "pods", "services", "persistentvolumeclaims", "secrets"].into_iter().flat_map(list);
    all.map(|one| json!([one.name(), one.uid(), one["metadata"]["generation"], one["spec"]])).collect()
}

#[tokio::test(start_paused = true)]
async fn fault_a24_a_new_version_adopts_the_objects_of_an_old_one_and_restarts_nothing_that_serves() {
    for (version, old) in versions() {
        let mut world = World::of_version("9.9.9");
        world.clock.jump(SignedDuration::from_hours(1));
        for (resource, list) in &old {
            world.server.load(resource, list.iter().cloned());
        }
        world.fate(fate);
        world.canopy.wants(wishes());
        let (before, job) = ([1, 2].map(|number| serving(&world, number)), job_of_the_fourth(&world));
        world.pass_time(Duration::from_mins(10)).await;
        assert_eq!(before, [1, 2].map(|number| serving(&world, number)), "{version}");
        let quiet = [1, 2].map(|number| namespace(number).to_string());
        let touched = world.server.audit(|audit| {
            audit
                .commits()
                .filter(|entry| entry.call.user == OPERATOR && quiet.contains(&entry.call.namespace))
                .count()
        });
        assert_eq!((touched, job_of_the_fourth(&world)), (0, job), "{version}");
        world.fate(|_| None);
        world.canopy.wants((1..=4).map(|number| entry(number, THIRD)));
        world.until("all go on", |world| (1..=4).all(|number| world.serves(number, THIRD))).await;
        world.rest().await;
        assert_eq!(world.server.list("deployments", "").len(), 4, "{version}");
    }
}

fn job_of_the_fourth(world: &World) -> Vec<String> {
    world.server.list("jobs", namespace(4).as_str()).iter().map(|job| job.uid().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn fault_a24_objects_are_found_by_what_the_newest_version_on_record_found_them_by() {
    let made = objects(&a_cluster().await.server);
    if std::env::var_os("PGRO_WRITE_GOLDEN").is_some() {
        let file = folder().join(format!("{}.json", env!("CARGO_PKG_VERSION")));
        std::fs::write(file, one_to_a_line(&made)).unwrap();
    }
    let (version, newest) = versions().pop().unwrap();
    let now = found_by(&made);
    for (name, then) in found_by(&newest) {
        assert_eq!(Some(&then), now.get(&name), "{name} is not found as in {version}");
    }
}
