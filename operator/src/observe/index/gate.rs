//! What was written and is not seen yet.
//!
//! A pass right after a write may come before the watch has told of it. Until then the namespace is left alone. The
//! wait is bounded: what a watch does not tell is asked for by a list.

use super::{Kind, progress::Progress};
use contract::names::NamespaceName;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::Instant;

/// Watches tell within a second; who hears nothing for this long asks.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes by namespace.
#[derive(Debug, Default)]
pub(super) struct Gate {
    awaited: BTreeMap<NamespaceName, Vec<Awaited>>,
}

#[derive(Debug)]
struct Awaited {
    kind: Kind,
    what: What,
    since: Instant,
    /// The list that was the last one begun when one more was asked for.
    asked_at: Option<u32>,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    /// A version, or a later one; none where the version is no number.
    Version(Option<u64>),
    /// The end of this object.
    Gone(Box<str>),
}

impl What {
    /// Whether who has seen this has seen `other`, too.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Version(this), Self::Version(other)) => this >= other,
            (this, other) => this == other,
        }
    }
}

/// What the gate asks of the picture.
pub(super) trait Picture {
    /// How far a kind is followed.
    fn progress(&self, kind: Kind) -> &Progress;
    /// Whether an object is in the picture.
    fn holds(&self, namespace: &NamespaceName, kind: Kind, name: &str) -> bool;
}

impl Gate {
    /// That version of an object was written.
    pub(super) fn wrote(&mut self, namespace: NamespaceName, kind: Kind, version: &str, now: Instant) {
        self.expect(namespace, kind, What::Version(version.parse().ok()), now);
    }

    /// That object was deleted.
    pub(super) fn deleted(&mut self, namespace: NamespaceName, kind: Kind, name: &str, now: Instant) {
        self.expect(namespace, kind, What::Gone(name.into()), now);
    }

    /// A later write of the same kind takes the place of an earlier one: versions are told in their order.
    fn expect(&mut self, namespace: NamespaceName, kind: Kind, what: What, now: Instant) {
        let awaited = self.awaited.entry(namespace).or_default();
        awaited.retain(|other| other.kind != kind || !what.replaces(&other.what));
        awaited.push(Awaited { kind, what, since: now, asked_at: None });
    }

    /// The namespaces still waited for, and the kinds to be listed anew for their sake.
    pub(super) fn behind(
        &mut self,
        picture: &impl Picture,
        now: Instant,
    ) -> (BTreeSet<NamespaceName>, BTreeSet<Kind>) {
        let mut relist = BTreeSet::new();
        self.awaited.retain(|namespace, awaited| {
            awaited.retain_mut(|one| {
                let progress = picture.progress(one.kind);
                let seen = one.is_seen(picture, namespace)
                    || one.asked_at.is_some_and(|list| progress.has_listed_since(list));
                if !seen && now - one.since >= PATIENCE && one.asked_at.is_none() {
                    one.asked_at = Some(progress.list());
                    relist.insert(one.kind);
                }
                !seen
            });
            !awaited.is_empty()
        });
        (self.awaited.keys().cloned().collect(), relist)
    }
}

impl Awaited {
    fn is_seen(&self, picture: &impl Picture, namespace: &NamespaceName) -> bool {
        match &self.what {
            What::Version(version) => version.is_some_and(|version| picture.progress(self.kind).has(version)),
            What::Gone(name) => !picture.holds(namespace, self.kind, name),
        }
    }
}
