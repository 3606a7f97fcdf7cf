//! The cluster as it was seen, joined in memory.

use super::{Identity, Record, Run};
use contract::{
    ids::ReplicaKey,
    names::{NamespaceName, RunName},
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Everything in the cluster that carries our labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// By namespace.
    pub namespaces: BTreeMap<NamespaceName, Seen>,
}

/// One namespace of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "almost all are replicas")]
pub enum Seen {
    /// It reads as a replica.
    Replica(Replica),
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
    /// Whether the namespace is being deleted.
    pub terminating: bool,
    /// Who it is.
    pub identity: Identity,
    /// What is remembered of it.
    pub record: Record,
    /// A person's release of a held teardown: the timestamp they wrote.
    pub teardown_released_at: Option<Timestamp>,
    /// Its runs.
    pub runs: BTreeMap<RunName, Run>,
    /// The Service guests connect to.
    pub service: Option<ServiceSeen>,
    /// Canopy refused credentials for this run in this process's life: what it said.
    pub denied: Option<(RunName, String)>,
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
            Seen::Replica(replica) => Some(replica),
            Seen::Unreadable { .. } => None,
        })
    }

    /// Whether a namespace for `key` exists, readable or not.
    pub fn has(&self, key: ReplicaKey) -> bool {
        self.namespaces.values().any(|seen| match seen {
            Seen::Replica(replica) => replica.identity.key == key,
            Seen::Unreadable { key: unreadable, .. } => *unreadable == Some(key),
        })
    }
}
