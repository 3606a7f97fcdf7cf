//! What is stored: objects by kind, namespace and name, one revision over all, and what changed lately.
//!
//! Input: whole objects. Output: the same, versioned and shared. Must not: judge them; that is done before.

mod history;
mod owners;
mod ownership;

pub(crate) use history::{Change, ChangeType};
pub(crate) use owners::{Manager, Owners, Path};

use crate::{kinds::KindId, object::Object, selector::Selector};
use history::History;
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    sync::Arc,
};

/// Lists that are read in pages are kept as they were at their first page; the oldest of more than this many expires.
const SNAPSHOTS_MAX: usize = 64;

/// Kinds that are written while nothing happens. A controller may wait for their end, for no other change of them.
const AT_REST: [&str; 2] = ["leases", "events"];

/// Namespace and name.
pub(crate) type Key = (String, String);

#[derive(Debug, Clone, Default)]
struct Table {
    objects: BTreeMap<Key, Arc<Object>>,
    history: History,
    /// So many changes to come are told to no watch.
    to_hide: usize,
}

impl Table {
    fn changed(&mut self, change: ChangeType, object: &Arc<Object>, before: Option<Arc<Object>>) {
        let hidden = self.to_hide > 0;
        self.to_hide = self.to_hide.saturating_sub(1);
        self.history.push(Change { what: change, object: Arc::clone(object), before, hidden });
    }
}

/// Everything there is.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    tables: Vec<Table>,
    owners: BTreeMap<String, Owners>,
    revision: u64,
    /// The latest change, but for what is written at rest, too.
    stirred: u64,
    uids: u64,
    snapshots: VecDeque<(u64, Arc<Vec<Arc<Object>>>)>,
    snapshots_made: u64,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self {
            tables: KindId::all().map(|_| Table::default()).collect(),
            owners: BTreeMap::new(),
            revision: 1,
            stirred: 1,
            uids: 0,
            snapshots: VecDeque::new(),
            snapshots_made: 0,
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn stirred(&self) -> u64 {
        self.stirred
    }

    /// The next revision; `at_rest`: nobody has to look again for it.
    fn revise(&mut self, at_rest: bool) -> u64 {
        self.revision += 1;
        if !at_rest {
            self.stirred = self.revision;
        }
        self.revision
    }

    /// A UID nobody has had before.
    pub(crate) fn new_uid(&mut self) -> String {
        self.uids += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.uids)
    }

    pub(crate) fn get(&self, kind: KindId, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.tables[kind.0].objects.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// All of a kind, in order of namespace and name; of one namespace, unless that is empty.
    pub(crate) fn list<'a>(
        &'a self,
        kind: KindId,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Object>> + use<'a> {
        let from = Bound::Included((namespace.to_owned(), String::new()));
        let range = self.tables[kind.0].objects.range((from, Bound::Unbounded));
        range.take_while(move |(key, _)| namespace.is_empty() || key.0 == namespace).map(|(_, object)| object)
    }

    /// As [`list`](Self::list), as it was at an earlier revision; `None` if that is forgotten.
    pub(crate) fn list_at(&self, kind: KindId, namespace: &str, revision: u64) -> Option<Vec<Arc<Object>>> {
        let table = &self.tables[kind.0];
        let mut then: BTreeMap<Key, Arc<Object>> =
            self.list(kind, namespace).map(|object| (key(object), Arc::clone(object))).collect();
        for change in table.history.since(revision)?.rev() {
            let at = key(&change.object);
            if !namespace.is_empty() && at.0 != namespace {
                continue;
            }
            match &change.before {
                Some(before) => drop(then.insert(at, Arc::clone(before))),
                None => drop(then.remove(&at)),
            }
        }
        Some(then.into_values().collect())
    }

    /// Stores `value` under its name, in place of whatever was there.
    pub(crate) fn put(&mut self, kind: KindId, value: Value) -> Arc<Object> {
        let object = Arc::new(Object::new(kind, value, self.revise(AT_REST.contains(&kind.resource))));
        let table = &mut self.tables[kind.0];
        let before = table.objects.insert(key(&object), Arc::clone(&object));
        let change = if before.is_some() { ChangeType::Modified } else { ChangeType::Added };
        table.changed(change, &object, before);
        object
    }

    /// Removes an object; what watchers are told is its last state, at the revision of its end.
    pub(crate) fn remove(&mut self, kind: KindId, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let before = self.tables[kind.0].objects.remove(&(namespace.to_owned(), name.to_owned()))?;
        let object = Arc::new(Object::new(kind, before.to_value(), self.revise(false)));
        let table = &mut self.tables[kind.0];
        table.changed(ChangeType::Deleted, &object, Some(before));
        self.owners.remove(object.uid());
        Some(object)
    }

    /// Changes after `revision`, oldest first; `None` if some of them are forgotten.
    pub(crate) fn since(&self, kind: KindId, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        self.tables[kind.0].history.since(revision)
    }

    /// The next `count` changes of a kind are told to no watch.
    pub(crate) fn hide(&mut self, kind: KindId, count: usize) {
        self.tables[kind.0].to_hide = count;
    }

    /// Forgets all changes and all lists in progress, as a compaction does.
    pub(crate) fn compact(&mut self) {
        self.snapshots.clear();
        for table in &mut self.tables {
            table.history.forget(self.revision);
        }
    }

    /// Keeps a list for its later pages.
    pub(crate) fn keep(&mut self, list: Vec<Arc<Object>>) -> (u64, Arc<Vec<Arc<Object>>>) {
        self.snapshots_made += 1;
        let kept = (self.snapshots_made, Arc::new(list));
        self.snapshots.push_back(kept.clone());
        if self.snapshots.len() > SNAPSHOTS_MAX {
            self.snapshots.pop_front();
        }
        kept
    }

    /// A list kept before.
    pub(crate) fn kept(&self, id: u64) -> Option<Arc<Vec<Arc<Object>>>> {
        self.snapshots.iter().find(|(kept, _)| *kept == id).map(|(_, list)| Arc::clone(list))
    }

    pub(crate) fn release(&mut self, id: u64) {
        self.snapshots.retain(|(kept, _)| *kept != id);
    }
}

/// Of a list, what `selector` is about.
pub(crate) fn selected<'a>(
    list: impl Iterator<Item = &'a Arc<Object>>,
    selector: &Selector,
) -> Vec<Arc<Object>> {
    list.filter(|object| selector.matches(object)).map(Arc::clone).collect()
}

fn key(object: &Object) -> Key {
    (object.namespace().to_owned(), object.name().to_owned())
}
