//! Ownership of fields, recorded write by write.

use super::{Manager, Owners, Path, Store};
use crate::{kinds::KindId, object::Object};
use serde_json::Value;
use std::collections::BTreeSet;

impl Store {
    /// `manager` made all of `object`.
    pub(crate) fn owns_all(&mut self, object: &Object, manager: &str) {
        self.owners.insert(object.uid().to_owned(), Owners::all(Manager::updating(manager)));
    }

    /// `manager` applied a new object with these fields.
    pub(crate) fn owns_nothing_but(
        &mut self,
        kind: KindId,
        namespace: &str,
        name: &str,
        manager: Manager,
        paths: BTreeSet<Path>,
    ) {
        if let Some(uid) = self.get(kind, namespace, name).map(|object| object.uid().to_owned()) {
            self.owners.insert(uid, Owners::only(manager, paths));
        }
    }

    /// `manager` applied these fields.
    pub(crate) fn owns(&mut self, object: &Object, manager: Manager, paths: BTreeSet<Path>) {
        self.owners.entry(object.uid().to_owned()).or_default().applied(manager, paths);
    }

    /// `manager` changed `before` to `after`.
    pub(crate) fn owns_changed(&mut self, before: &Object, after: &Object, manager: &str) {
        let mut paths = BTreeSet::new();
        changed(before, after, &mut Vec::new(), &mut paths);
        let paths =
            paths.into_iter().filter(|path| path.first().is_some_and(|first| first != "status")).collect();
        let owners = self.owners.entry(after.uid().to_owned()).or_default();
        owners.changed(Manager::updating(manager), paths);
    }

    /// Who owns what of `object`.
    pub(crate) fn owners(&self, object: &Object) -> Owners {
        self.owners.get(object.uid()).cloned().unwrap_or_default()
    }
}

fn changed(before: &Value, after: &Value, path: &mut Path, found: &mut BTreeSet<Path>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in after {
                path.push(key.clone());
                changed(before.get(key).unwrap_or(&Value::Null), value, path, found);
                path.pop();
            }
        }
        _ if before == after => {}
        (_, Value::Object(after)) if !after.is_empty() => {
            for (key, value) in after {
                path.push(key.clone());
                changed(&Value::Null, value, path, found);
                path.pop();
            }
        }
        _ if path.last().is_some_and(|last| last == "resourceVersion") => {}
        _ => drop(found.insert(path.clone())),
    }
}
