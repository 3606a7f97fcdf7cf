//! The volume a restore writes to, and what earlier pods left on it.
//!
//! Input: its mount point. Output: an empty place for the files, and a mark once they are complete.
//! Must not: touch a data directory that postgres was started on, or call a torn restore complete.

use contract::{
    ids::SnapshotId,
    pods::{RestoreResult, Restored, TerminationDocument},
};
use rustix::fs::syncfs;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// Where the files go, below the mount point.
const TARGET: &str = "restored";
/// Says which snapshot is complete; written after everything is on disk.
const COMPLETE: &str = ".pgro-restored.json";
/// Says that postgres was started on the files: from then on they are not what kopia wrote.
pub(crate) const OPENED: &str = ".pgro-opened";

/// Why the volume is not ready.
#[derive(Debug, thiserror::Error)]
pub(super) enum VolumeError {
    /// The files belong to a server by now.
    #[error("failed to restore into {}: postgres was started on what is there; use another volume", volume.display())]
    Reuse {
        /// The mount point.
        volume: PathBuf,
    },
    /// A torn restore could not be removed.
    #[error("failed to remove an incomplete restore from {}", path.display())]
    Wipe {
        /// What could not be removed.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The restored files could not be written to disk for good.
    #[error("failed to write the restored files in {} to disk", volume.display())]
    Sync {
        /// The mount point.
        volume: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The mark could not be written.
    #[error("failed to mark the restore in {} as complete", volume.display())]
    Mark {
        /// The mount point.
        volume: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A mounted volume.
#[derive(Debug, Clone, Copy)]
pub(super) struct Volume<'a>(pub(super) &'a Path);

impl Volume<'_> {
    /// Where the files go.
    pub(super) fn target(self) -> PathBuf {
        self.0.join(TARGET)
    }

    /// What an earlier pod restored completely, if it was this snapshot; else room for it is made.
    pub(super) fn begin(self, snapshot: &SnapshotId) -> Result<Option<Restored>, VolumeError> {
        if let Some(done) = self.complete().filter(|done| done.snapshot_id == *snapshot) {
            return Ok(Some(done));
        }
        if self.0.join(OPENED).exists() {
            return Err(VolumeError::Reuse { volume: self.0.to_owned() });
        }
        wipe(&self.0.join(COMPLETE), |path| fs::remove_file(path))?;
        wipe(&self.target(), |path| fs::remove_dir_all(path))?;
        Ok(None)
    }

    /// Waits until everything is on disk, then says so.
    pub(super) fn finish(self, restored: &Restored) -> Result<(), VolumeError> {
        let volume = || self.0.to_owned();
        let sync = || syncfs(File::open(self.0)?).map_err(io::Error::from);
        sync().map_err(|source| VolumeError::Sync { volume: volume(), source })?;
        self.mark(restored).map_err(|source| VolumeError::Mark { volume: volume(), source })?;
        sync().map_err(|source| VolumeError::Sync { volume: volume(), source })
    }

    fn mark(self, restored: &Restored) -> io::Result<()> {
        let text = RestoreResult::Restored(restored.clone()).to_termination_message()?;
        let temporary = self.0.join(format!("{COMPLETE}.new"));
        fs::write(&temporary, text)?;
        fs::rename(&temporary, self.0.join(COMPLETE))
    }

    fn complete(self) -> Option<Restored> {
        let text = fs::read_to_string(self.0.join(COMPLETE)).ok()?;
        match RestoreResult::from_termination_message(&text) {
            Ok(RestoreResult::Restored(restored)) => Some(restored),
            _ => None,
        }
    }
}

fn wipe(path: &Path, remove: impl Fn(&Path) -> io::Result<()>) -> Result<(), VolumeError> {
    match remove(path) {
        Ok(()) => tracing::warn!(path = %path.display(), "removed what an earlier pod left"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(VolumeError::Wipe { path: path.to_owned(), source }),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{OPENED, Volume, VolumeError};
    use crate::restore::tests::{restored, spec, tree};
    use std::fs;

    #[test]
    fn fault_e8_a_torn_restore_is_wiped_not_resumed() {
        let dir = tree(&["restored/base/1/torn"]);
        assert_eq!(Volume(dir.path()).begin(&spec("/").snapshot_id).unwrap(), None);
        assert!(!dir.path().join("restored").exists());
    }

    #[test]
    fn a_complete_restore_of_the_same_snapshot_is_not_done_again() {
        let dir = tree(&["restored/file"]);
        let volume = Volume(dir.path());
        volume.finish(&restored()).unwrap();
        assert_eq!(volume.begin(&restored().snapshot_id).unwrap(), Some(restored()));
        assert!(dir.path().join("restored/file").exists());
    }

    #[test]
    fn a_complete_restore_of_another_snapshot_is_wiped_with_its_mark() {
        let dir = tree(&["restored/file"]);
        let volume = Volume(dir.path());
        volume.finish(&restored()).unwrap();
        let other = "fedcba9876543210fedcba9876543210".parse().unwrap();
        assert_eq!(volume.begin(&other).unwrap(), None);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_postgres_was_started_on_is_never_wiped() {
        let dir = tree(&["restored/file", OPENED]);
        let error = Volume(dir.path()).begin(&spec("/").snapshot_id).unwrap_err();
        assert!(matches!(error, VolumeError::Reuse { .. }), "{error}");
        assert!(dir.path().join("restored/file").exists());
    }

    #[test]
    fn an_unreadable_mark_counts_as_none() {
        let dir = tree(&[".pgro-restored.json", "restored/file"]);
        assert_eq!(Volume(dir.path()).begin(&spec("/").snapshot_id).unwrap(), None);
    }
}
