//! What is left of a test that failed: one folder with what a person would look at first.
//!
//! Input: a world and its error. Output: a folder. Must not: fail (what cannot be had is written down as such), or hold
//! a secret.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result};

use crate::kubernetes::SYSTEM;
use crate::leaks::{self, Secrets, cluster_texts};
use crate::platform::workspace;
use crate::world::World;

/// Removes what an earlier run of the test left: it would be taken for new.
pub fn forget(test: &str) {
    // There is none if the test passed.
    let _ = std::fs::remove_dir_all(folder_of(test));
}

fn folder_of(test: &str) -> PathBuf {
    workspace().join("target/e2e/evidence").join(file_name(test))
}

/// Collects it.
pub async fn collect(world: &World, error: &Error) -> PathBuf {
    let folder = folder_of(world.name());
    let secrets = leaks::secrets(world).await.unwrap_or_default();
    let notes = Notes { folder: &folder, secrets: &secrets };
    notes.write("error.txt", &format!("{error:#}"));
    notes.write_result("ledger.json", ledger(world).await);
    let namespaces = world.namespaces().into_iter().chain([SYSTEM.to_owned()]);
    match cluster_texts(world, namespaces).await {
        Ok(texts) => texts.iter().for_each(|text| notes.write(&file_name(&text.place), &text.text)),
        Err(error) => notes.write("objects-could-not-be-read.txt", &format!("{error:#}")),
    }
    folder
}

async fn ledger(world: &World) -> Result<String> {
    Ok(serde_json::to_string_pretty(&world.canopy.ledger().await?)?)
}

struct Notes<'a> {
    folder: &'a Path,
    secrets: &'a Secrets,
}

impl Notes<'_> {
    fn write_result(&self, name: &str, text: Result<String>) {
        self.write(name, &text.unwrap_or_else(|error| format!("could not be had: {error:#}")));
    }

    fn write(&self, name: &str, text: &str) {
        let written = std::fs::create_dir_all(self.folder)
            .and_then(|()| std::fs::write(self.folder.join(name), self.secrets.redacted(text)));
        if let Err(error) = written {
            eprintln!("evidence {name} could not be written: {error}");
        }
    }
}

/// A name that stays in its folder.
fn file_name(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'), "-")
        .trim_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_evidence_stays_in_its_folder() {
        assert_eq!(file_name("../log a/b of ns"), "-log-a-b-of-ns");
        assert_eq!(file_name("restore::a_test"), "restore--a_test");
    }

    #[test]
    fn evidence_is_written_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let mut secrets = Secrets::default();
        secrets.add("the password", "canary-password");
        let notes = Notes { folder: &folder.path().join("a/b"), secrets: &secrets };
        notes.write("x.txt", "it is canary-password");
        let written = std::fs::read_to_string(folder.path().join("a/b/x.txt")).unwrap();
        assert_eq!(written, "it is <the password>");
    }
}
