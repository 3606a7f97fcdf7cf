//! Folders that are either whole or not there: made under a temporary name, put in place by rename.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};

use super::command::remove_folder;

/// Tells drafts of one process apart; the lock keeps other processes away.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A folder in the making; dropped without being put in place, it is removed.
#[derive(Debug)]
pub(crate) struct Draft(PathBuf);

impl Draft {
    pub(crate) fn begin(temp: &Path, name: &str) -> Result<Self> {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let folder = temp.join(format!("{name}-{number}"));
        remove_folder(&folder)?;
        std::fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Moves the finished folder to its name, in place of whatever has it.
    pub(crate) fn put(self, target: &Path) -> Result<()> {
        remove_folder(target)?;
        let parent = target.parent().context("a cache entry needs a folder to be in")?;
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::rename(&self.0, target))
            .with_context(|| format!("failed to put {} in place", target.display()))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already if it was put in place; what cannot be removed now is removed at the next start.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes a file so that it is there whole or not at all.
pub(crate) fn write_whole(file: &Path, text: &str) -> Result<()> {
    let parent = file.parent().context("a file needs a folder to be in")?;
    let draft = file.with_extension("new");
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&draft, text))
        .and_then(|()| std::fs::rename(&draft, file))
        .with_context(|| format!("failed to write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_not_at_its_place_until_it_is_put_there() {
        let cache = tempfile::tempdir().unwrap();
        let target = cache.path().join("tools/kopia-1");
        let draft = Draft::begin(&cache.path().join("tmp"), "kopia").unwrap();
        std::fs::write(draft.path().join("kopia"), "binary").unwrap();
        assert!(!target.exists());
        draft.put(&target).unwrap();
        assert_eq!(std::fs::read_to_string(target.join("kopia")).unwrap(), "binary");
    }

    #[test]
    fn an_abandoned_draft_leaves_nothing() {
        let cache = tempfile::tempdir().unwrap();
        let draft = Draft::begin(cache.path(), "kopia").unwrap();
        std::fs::write(draft.path().join("half"), "").unwrap();
        drop(draft);
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    #[test]
    fn two_drafts_of_one_name_do_not_meet() {
        let cache = tempfile::tempdir().unwrap();
        let one = Draft::begin(cache.path(), "x").unwrap();
        let two = Draft::begin(cache.path(), "x").unwrap();
        assert_ne!(one.path(), two.path());
    }

    #[test]
    fn putting_a_draft_replaces_what_was_there() {
        let cache = tempfile::tempdir().unwrap();
        let target = cache.path().join("entry");
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("old"), "").unwrap();
        Draft::begin(&cache.path().join("tmp"), "x").unwrap().put(&target).unwrap();
        assert!(target.is_dir() && !target.join("old").exists());
    }

    #[test]
    fn a_file_is_written_whole_with_the_folders_it_needs() {
        let cache = tempfile::tempdir().unwrap();
        let file = cache.path().join("a/b/state.json");
        write_whole(&file, "{}").unwrap();
        write_whole(&file, "{1}").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{1}");
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }
}
