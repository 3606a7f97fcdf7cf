//! Who owns which field of which object.
//!
//! Input: what each writer named or changed. Output: whom an apply is in conflict with. Must not: be seen by clients;
//! `managedFields` is not served.

use std::collections::{BTreeMap, BTreeSet};

/// Keys from the top of an object down to a field.
pub(crate) type Path = Vec<String>;

/// A writer; the same name applying and updating is two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Manager {
    pub(crate) name: String,
    applies: bool,
}

impl Manager {
    pub(crate) fn applying(name: &str) -> Self {
        Self { name: name.to_owned(), applies: true }
    }

    pub(crate) fn updating(name: &str) -> Self {
        Self { name: name.to_owned(), applies: false }
    }
}

/// The owners of one object's fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners {
    fields: BTreeMap<Manager, BTreeSet<Path>>,
    /// Owns whatever nobody else does.
    rest: Option<Manager>,
}

impl Owners {
    /// One who made all of it.
    pub(crate) fn all(by: Manager) -> Self {
        Self { fields: BTreeMap::new(), rest: Some(by) }
    }

    /// One who owns these fields, and nobody else anything.
    pub(crate) fn only(by: Manager, paths: BTreeSet<Path>) -> Self {
        Self { fields: BTreeMap::from([(by, paths)]), rest: None }
    }

    /// Another than `manager` who owns `path`.
    pub(crate) fn other(&self, path: &Path, manager: &Manager) -> Option<&Manager> {
        let overlaps = |owned: &Path| owned.starts_with(path) || path.starts_with(owned);
        let named = self.fields.iter().find(|(other, paths)| *other != manager && paths.iter().any(overlaps));
        let own = self.fields.get(manager).is_some_and(|paths| paths.contains(path));
        named.map(|(other, _)| other).or_else(|| self.rest.as_ref().filter(|rest| !own && *rest != manager))
    }

    /// What `manager` applied before and does not name in `paths`, where nobody else owns it.
    pub(crate) fn abandoned<'a>(
        &'a self,
        manager: &'a Manager,
        paths: &'a BTreeSet<Path>,
    ) -> impl Iterator<Item = &'a Path> {
        let before = self.fields.get(manager).into_iter().flatten();
        let shared = move |path: &Path| {
            self.fields.iter().any(|(other, owned)| other != manager && owned.contains(path))
        };
        before.filter(move |path| !paths.iter().any(|new| new.starts_with(path.as_slice())) && !shared(path))
    }

    /// `manager` applied `paths`. What that changed was taken from others before; what was so already is shared.
    pub(crate) fn applied(&mut self, manager: Manager, paths: BTreeSet<Path>) {
        if let Some(own) = self.fields.get_mut(&Manager::updating(&manager.name)) {
            own.retain(|path| !paths.contains(path));
        }
        self.fields.insert(manager, paths);
    }

    /// `manager` changed `paths`.
    pub(crate) fn changed(&mut self, manager: Manager, paths: BTreeSet<Path>) {
        for owned in self.fields.values_mut() {
            owned.retain(|path| !paths.contains(path));
        }
        self.fields.entry(manager).or_default().extend(paths);
    }
}
