//! From the words of a file to worklists, and to the guard that has read them.

use crate::{
    cluster,
    file::{Entry, FullEntry, Poll, Scenario},
    words,
};
use contract::canopy::{Storage, WorklistEntry};
use operator::{
    model::Wanted,
    plan::{Policy, VolumePolicy, Worklist},
};
use std::collections::{BTreeMap, BTreeSet};

/// The numbers decisions turn on.
pub(crate) fn policy(scenario: &Scenario) -> Policy {
    let (said, default) = (&scenario.policy, Policy::default());
    Policy {
        max_concurrent_restores: said.max_concurrent_restores.unwrap_or(default.max_concurrent_restores),
        drain: said.drain.as_deref().map_or(default.drain, words::span),
        volumes: VolumePolicy {
            first: said.volume.as_deref().map(words::bytes),
            max: said.volume_max.as_deref().map_or(default.volumes.max, words::bytes),
        },
        ..default
    }
}

/// The worklist in force.
pub(crate) fn worklist(scenario: &Scenario) -> Worklist {
    let Some(entries) = &scenario.worklist else { return Worklist::default() };
    let wanted = each(entries).map(|(name, entry)| wanted(&name, &entry.full()));
    let quarantined = scenario.quarantined.iter().map(|(name, why)| (words::key(name), why.clone()));
    Worklist::read(wanted, quarantined.collect(), !scenario.incomplete)
}

fn each(entries: &BTreeMap<String, Entry>) -> impl Iterator<Item = (String, &Entry)> {
    entries.iter().flat_map(|(word, entry)| words::names(word).into_iter().map(move |name| (name, entry)))
}

/// Every worklist that was read, with the time it was read at, oldest first; the last is the one in force.
pub(crate) fn history(scenario: &Scenario) -> Vec<(jiff::Timestamp, Worklist)> {
    let mut history = Vec::new();
    let mut at = words::moment("now");
    if scenario.worklist.is_some() {
        history.push((at, worklist(scenario)));
    }
    for poll in scenario.polls.iter().rev() {
        for _ in 0..poll.lists {
            at -= words::span(&poll.apart);
            history.push((at, polled(scenario, poll)));
        }
    }
    history.reverse();
    history
}

fn polled(scenario: &Scenario, poll: &Poll) -> Worklist {
    let without: BTreeSet<String> = poll.without.iter().flat_map(|word| words::names(word)).collect();
    let known = scenario.cluster.keys().chain(scenario.worklist.iter().flatten().map(|(word, _)| word));
    let names: BTreeSet<String> = known.flat_map(|word| words::names(word)).collect();
    let left = names.into_iter().filter(|name| !poll.empty && !without.contains(name));
    Worklist::read(left.map(|name| wanted(&name, &FullEntry::default())), BTreeMap::new(), !poll.incomplete)
}

fn wanted(name: &str, said: &FullEntry) -> Wanted {
    let key = words::key(name);
    let taken = match said.taken.as_deref() {
        Some("never") => None,
        Some(word) => Some(words::moment(word)),
        None => said.snapshot.as_deref().map(words::taken),
    };
    Wanted::from(&WorklistEntry {
        replica_id: key.replica_id,
        server_id: key.server_id,
        group_id: cluster::group(said.group),
        backup_type: "tamanu-postgres".parse().unwrap(),
        intent: cluster::intent(said.intent.as_deref()),
        name: said.name.as_deref().unwrap_or(name).to_owned(),
        freshness_seconds: said.freshness.as_deref().map(|word| words::span(word).as_secs().unsigned_abs()),
        snapshot_id: said.snapshot.as_deref().map(words::snapshot),
        snapshot_at: taken,
        storage: Storage::S3,
        bucket: said.bucket.clone().unwrap_or_else(|| "backups".to_owned()),
        prefix: "server/".to_owned(),
        region: "eu-1".to_owned(),
        params: said.probes.as_ref().map(|probes| serde_json::json!({ "probes": probes })),
        overdue_after_seconds: None,
    })
}
