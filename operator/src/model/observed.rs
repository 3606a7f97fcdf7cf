//! The cluster as it was seen, joined in memory.

use super::{Identity, Record, Run, Trouble};
use contract::{
    ids::ReplicaKey,
    names::{NamespaceName, RunName},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Everything in the cluster that carries our labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// By namespace.
    pub namespaces: BTreeMap<NamespaceName, Seen>,
    /// Namespaces, those still to be seen included, of which this picture is older than our own last write.
    pub behind: BTreeSet<NamespaceName>,
}

/// One namespace of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It reads as a replica; boxed, as the nodes of the map are half empty.
    Replica(Box<Replica>),
    /// Its labels or annotations do not read: left alone, shown, never deleted.
    Unreadable {
        /// What does not read.
        why: String,
        /// Whose it is, where at least that reads: nothing new is made for that key.
        key: Option<ReplicaKey>,
    },
}

/// Which very object a write or delete is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// UID of the namespace.
    pub uid: String,
    /// Its `resourceVersion` when it was read: a write decided on it fails if it has changed since.
    pub resource_version: String,
}

/// A replica in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// Its namespace.
    pub namespace: NamespaceName,
    /// The namespace object.
    pub owner: Owner,
    /// When the namespace was made.
    pub created_at: Timestamp,
    /// The namespace is being deleted.
    pub going: Option<Going>,
    /// Who it is.
    pub identity: Identity,
    /// What is remembered of it.
    pub record: Record,
    /// A person's release of a held teardown: the timestamp they wrote.
    pub teardown_released_at: Option<Timestamp>,
    /// Its runs; boxed, as the nodes of the map are kept for more runs than there mostly are.
    pub runs: BTreeMap<RunName, Box<Run>>,
    /// The Service guests connect to.
    pub service: Option<ServiceSeen>,
    /// What keeps its open attempt, or what serves, from getting on.
    pub hindered: Option<Hindrance>,
}

/// What kept a run from getting on in this process's life: no part of the cluster, but of what is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// Whose.
    pub run: RunName,
    /// What.
    pub trouble: Trouble,
    /// Since when.
    pub since: Timestamp,
    /// Whether trying the same again may help: then it is tried until a deadline.
    pub passing: bool,
}

/// A namespace on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    /// When it was deleted.
    pub since: Timestamp,
    /// Its finalizers and what its conditions say: who is waited for.
    pub waits_for: Vec<String>,
}

/// The stable Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSeen {
    /// The run it points to, where its selector names one.
    pub run: Option<RunName>,
}

impl Observed {
    /// The replicas that read well.
    pub fn replicas(&self) -> impl Iterator<Item = &Replica> {
        self.namespaces.values().filter_map(|seen| match seen {
            Seen::Replica(replica) => Some(&**replica),
            Seen::Unreadable { .. } => None,
        })
    }

    /// The keys for which a namespace exists, readable or not.
    pub fn keys(&self) -> HashSet<ReplicaKey> {
        let key = |seen: &Seen| match seen {
            Seen::Replica(replica) => Some(replica.identity.key),
            Seen::Unreadable { key, .. } => *key,
        };
        self.namespaces.values().filter_map(key).collect()
    }
}
