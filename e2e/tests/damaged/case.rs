//! One backup, and the truth about it.

use std::path::{Path, PathBuf};

use e2e::fixtures::{Files, Fixture};

use crate::truth::Truth;

/// See the module.
pub(crate) struct Case {
    /// Of the backup's folder and of the replica.
    pub(crate) name: &'static str,
    /// What is copied.
    pub(crate) fixture: Fixture,
    /// Where in the backup the data directory is, or several of them.
    pub(crate) places: &'static [&'static str],
    /// What is done to the backup, before it is taken.
    pub(crate) damage: fn(&Path, &Files),
    /// What a truthful report says.
    pub(crate) truth: Truth,
}

/// The backup is the data directory.
const ITSELF: &[&str] = &[""];

impl Case {
    /// Of a data directory to which nothing was done.
    pub(crate) fn untouched(name: &'static str, fixture: Fixture, truth: Truth) -> Self {
        Self { name, fixture, places: ITSELF, damage: |_, _| (), truth }
    }

    /// Of a data directory that was damaged.
    pub(crate) fn damaged(
        name: &'static str,
        fixture: Fixture,
        truth: Truth,
        damage: fn(&Path, &Files),
    ) -> Self {
        Self { name, fixture, places: ITSELF, damage, truth }
    }
}

/// The first file of a relation.
pub(crate) fn file(data: &Path, files: &Files, relation: &str) -> PathBuf {
    data.join(files.get(relation).unwrap_or_else(|| panic!("no relation {relation} in {files:?}")))
}
