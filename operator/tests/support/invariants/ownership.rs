//! I1: only what is ours, and is still what was read, is written to or deleted.

use super::{Look, hold};
use contract::names::NamespaceName;
use operator::{
    model::{Identity, Owner, Replica},
    plan::Step,
};

/// A step on a namespace that is there.
pub(super) fn of(step: &Step, replica: &Replica, found: &mut Vec<String>) {
    let namespace = &replica.namespace;
    hold(found, step.namespace() == namespace, "I1", namespace, "a step is filed under another namespace");
    hold(found, replica.going.is_none(), "I1", namespace, "a step on a namespace that is going");
    if let Some(owner) = owner(step) {
        hold(found, *owner == replica.owner, "I1", namespace, "a write that is not bound to what was read");
    }
    if let Some(identity) = identity(step) {
        hold(found, *identity == replica.identity, "I1", namespace, "objects for somebody else's namespace");
    }
    let created = matches!(step, Step::CreateNamespace { .. });
    hold(found, !created, "I1", namespace, "made anew, though it is there");
    if let Step::RemoveRun { run, .. } = step {
        hold(found, replica.runs.contains_key(run), "I1", namespace, "a run is removed that was not seen");
    }
}

/// A step on a namespace that is not there.
pub(super) fn of_new(look: &Look<'_>, namespace: &NamespaceName, step: &Step, found: &mut Vec<String>) {
    let Step::CreateNamespace { identity, namespace: named, .. } = step else {
        return hold(found, false, "I1", namespace, "a step on a namespace that is not there");
    };
    let wanted = look.wanted.iter().any(|wanted| wanted.identity == *identity);
    hold(found, wanted, "I1", namespace, "made for nobody");
    hold(found, named == namespace, "I1", namespace, "made under another name");
    let twice = look.observed.replicas().any(|replica| replica.identity.key == identity.key);
    hold(found, !twice, "I1", namespace, "a second namespace for the same replica");
}

fn owner(step: &Step) -> Option<&Owner> {
    match step {
        Step::WriteRecord { owner, .. }
        | Step::SendReport { owner, .. }
        | Step::Serve { owner, .. }
        | Step::RemoveRun { owner, .. }
        | Step::DeleteNamespace { owner, .. } => Some(owner),
        _ => None,
    }
}

fn identity(step: &Step) -> Option<&Identity> {
    match step {
        Step::StartSizing { order, .. } => Some(&order.identity),
        Step::StartRestore { order, .. } => Some(&order.identity),
        Step::StartPostgres(order) => Some(&order.identity),
        Step::Serve { order, .. } => Some(&order.identity),
        _ => None,
    }
}
