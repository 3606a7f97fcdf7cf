//! The files of the specification.

use crate::file::{self, Scenario};
use std::{fs, path::Path};

/// A rule and where it stands.
pub(crate) struct Rule {
    /// Below `operator/scenarios`.
    pub(crate) path: String,
    pub(crate) scenario: Result<Scenario, String>,
}

/// All of them, in the order a reader finds them.
pub(crate) fn all() -> Vec<Rule> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut rules = Vec::new();
    for topic in sorted(&root).into_iter().filter(|path| path.is_dir()) {
        for path in sorted(&topic) {
            let scenario = file::parse(&fs::read_to_string(&path).unwrap());
            let path = path.strip_prefix(&root).unwrap().display().to_string();
            rules.push(Rule { path, scenario });
        }
    }
    rules
}

fn sorted(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
