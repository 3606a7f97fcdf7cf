//! The picture itself: what is held of every namespace, and what it comes to.

use super::{
    Blind, Held, Kind,
    followed::Followed,
    gate::{Gate, Picture},
    progress::Progress,
};
use crate::{
    model::{Hindrance, Observed, Seen, Trouble},
    observe::{inquiry::RunJob, join},
};
use contract::{
    ids::ReplicaKey,
    names::{NamespaceName, RunName},
};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};
use tokio::time::Instant;

/// Everything the index knows.
#[derive(Default)]
pub(in crate::observe) struct State {
    kinds: Kinds,
    held: BTreeMap<NamespaceName, Box<Held>>,
    /// Namespaces whose objects changed since the picture was last looked at.
    dirty: BTreeSet<NamespaceName>,
    observed: Observed,
    /// Replicas that share their key with another one, in whose place the picture shows why they are left alone.
    aside: BTreeMap<NamespaceName, Seen>,
    /// What we wrote ourselves and do not see yet.
    pub(super) gate: Gate,
    relist: BTreeSet<Kind>,
}

#[derive(Default)]
struct Kinds([Progress; Kind::ALL.len()]);

impl State {
    /// How far a kind is followed, to be told of events.
    pub(super) fn progress_mut(&mut self, kind: Kind) -> &mut Progress {
        &mut self.kinds.0[kind as usize]
    }

    /// The list of a kind begins.
    pub(in crate::observe) fn begin(&mut self, kind: Kind) {
        self.progress_mut(kind).begin();
    }

    /// Takes an object in; whether that changed anything.
    pub(in crate::observe) fn put<K: Followed>(&mut self, object: &K) -> bool {
        let progress = self.progress_mut(K::KIND);
        progress.saw(object.resource_version().as_deref());
        let list = progress.list();
        self.change::<K>(object, |held| object.put(held, list))
    }

    /// Lets an object go; whether that changed anything.
    pub(super) fn remove<K: Followed>(&mut self, object: &K) -> bool {
        self.progress_mut(K::KIND).saw(object.resource_version().as_deref());
        self.change::<K>(object, |held| object.remove(held))
    }

    fn change<K: Followed>(&mut self, object: &K, change: impl FnOnce(&mut Held) -> bool) -> bool {
        let Some(namespace) = K::KIND.place(object) else { return false };
        let held = self.held.entry(namespace.clone()).or_default();
        let changed = change(held);
        if changed || held.is_empty() {
            self.dirty.insert(namespace);
        }
        changed
    }

    /// The list of a kind was read to its end: what it did not name is gone. Whether that changed anything.
    pub(in crate::observe) fn complete(&mut self, kind: Kind) -> bool {
        let list = self.progress_mut(kind).complete();
        let swept =
            self.held.iter_mut().filter_map(|(namespace, held)| held.sweep(kind, list).then_some(namespace));
        let swept: Vec<NamespaceName> = swept.cloned().collect();
        let changed = !swept.is_empty();
        self.dirty.extend(swept);
        changed
    }

    /// A run does not get on; true if that is news. What is none began when it was first told.
    pub(super) fn hinder(&mut self, namespace: &NamespaceName, mut hindrance: Hindrance) -> bool {
        let Some(held) = self.held.get_mut(namespace) else { return false };
        let same =
            |held: &&Hindrance| held.run == hindrance.run && held.trouble.reason == hindrance.trouble.reason;
        let known = held.hindered.as_deref().filter(same).map(|held| held.since);
        hindrance.since = known.unwrap_or(hindrance.since);
        held.hindered = Some(Box::new(hindrance));
        self.dirty.insert(namespace.clone());
        known.is_none()
    }

    /// Why `job` makes no pod.
    pub(in crate::observe) fn explain(&mut self, namespace: &NamespaceName, job: RunJob, trouble: Trouble) {
        let Some(held) = self.held.get_mut(namespace) else { return };
        held.riddle = Some(Box::new((job, trouble)));
        self.dirty.insert(namespace.clone());
    }

    /// A run gets on.
    pub(super) fn unhinder(&mut self, namespace: &NamespaceName, run: &RunName) {
        let Some(held) = self.held.get_mut(namespace) else { return };
        if held.hindered.take_if(|held| held.run == *run).is_some() {
            self.dirty.insert(namespace.clone());
        }
    }

    /// The picture as it is now, or why there is none.
    pub(in crate::observe) fn look(&mut self, now: Instant) -> Result<&Observed, Blind> {
        let blind = |kind: Kind| self.kinds.0[kind as usize].blind(kind, now);
        if let Some(blind) = Kind::ALL.into_iter().find_map(blind) {
            return Err(blind);
        }
        self.settle();
        let (behind, relist) = self.gate.behind(&Sight { kinds: &self.kinds, held: &self.held }, now);
        self.observed.behind = behind;
        self.relist.extend(relist);
        Ok(&self.observed)
    }

    /// The kinds to be listed anew, once.
    pub(super) fn relists(&mut self) -> BTreeSet<Kind> {
        std::mem::take(&mut self.relist)
    }

    /// Whether nothing at all is kept.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.aside.is_empty() && self.observed.namespaces.is_empty()
    }

    /// Joins anew what changed.
    fn settle(&mut self) {
        if self.dirty.is_empty() {
            return;
        }
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.extend(self.aside.keys().cloned());
        for namespace in dirty {
            self.refresh(namespace);
        }
        self.set_twins_aside();
    }

    fn refresh(&mut self, namespace: NamespaceName) {
        let shown = self.observed.namespaces.remove(&namespace);
        let known = self.aside.remove(&namespace).or(shown);
        let Some(held) = self.held.get_mut(&namespace) else { return };
        if held.is_empty() {
            self.held.remove(&namespace);
            return;
        }
        let Some(tag) = &mut held.namespace else { return };
        let Some(mut seen) = tag.news.take().map(|news| *news).or(known) else { return };
        if let Seen::Replica(replica) = &mut seen {
            join::furnish(replica, held);
            held.hindered.take_if(|_| replica.hindered.is_none());
            held.riddle.take_if(|riddle| !replica.runs.contains_key(riddle.0.run()));
        }
        self.observed.namespaces.insert(namespace, seen);
    }

    /// Two namespaces of one replica: nobody can tell which is meant, so both are left alone.
    fn set_twins_aside(&mut self) {
        for (namespace, twin) in self.twins() {
            let Some(Seen::Replica(replica)) = self.observed.namespaces.get(&namespace) else { continue };
            let key = Some(replica.identity.key);
            let why = format!("namespace {twin} claims to be the same replica; delete one of the two");
            let shown = self.observed.namespaces.insert(namespace.clone(), Seen::Unreadable { why, key });
            self.aside.extend(shown.map(|replica| (namespace, replica)));
        }
    }

    fn twins(&self) -> Vec<(NamespaceName, NamespaceName)> {
        let mut first: HashMap<ReplicaKey, &NamespaceName> = HashMap::new();
        let mut twins = Vec::new();
        for replica in self.observed.replicas().filter(|replica| replica.going.is_none()) {
            match first.entry(replica.identity.key) {
                Entry::Vacant(entry) => drop(entry.insert(&replica.namespace)),
                Entry::Occupied(entry) => {
                    twins.push(((*entry.get()).clone(), replica.namespace.clone()));
                    twins.push((replica.namespace.clone(), (*entry.get()).clone()));
                }
            }
        }
        twins
    }
}

/// What the gate looks at.
struct Sight<'a> {
    kinds: &'a Kinds,
    held: &'a BTreeMap<NamespaceName, Box<Held>>,
}

impl Picture for Sight<'_> {
    fn progress(&self, kind: Kind) -> &Progress {
        &self.kinds.0[kind as usize]
    }

    fn holds(&self, namespace: &NamespaceName, kind: Kind, name: &str) -> bool {
        self.held.get(namespace).is_some_and(|held| held.holds(kind, name))
    }
}
