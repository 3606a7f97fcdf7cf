//! The volume a restore writes to, and what earlier pods left on it.
//!
//! Input: its mount point. Output: a place for the files, with those an earlier pod left where they can be trusted, and
//! a mark once they are complete. Must not: touch a data directory that postgres was started on, or call a torn restore
//! complete.

mod partial;

use contract::{
    ids::SnapshotId,
    pods::{RestoreResult, Restored, TerminationDocument},
};
use partial::Partial;
pub(super) use partial::boot;
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

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Nothing: an earlier pod restored this snapshot completely.
    Done(Restored),
    /// A restore.
    Restore {
        /// Whether some files are here already.
        resumes: bool,
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

    /// What is to be done, `boot` being this boot of the machine. Room is made where nothing can be gone on with.
    pub(super) fn begin(self, snapshot: &SnapshotId, boot: &str) -> Result<Beginning, VolumeError> {
        if let Some(done) = self.complete().filter(|done| done.snapshot_id == *snapshot) {
            return Ok(Beginning::Done(done));
        }
        if self.0.join(OPENED).exists() {
            return Err(VolumeError::Reuse { volume: self.0.to_owned() });
        }
        let resumes = Partial::read(self.0).is_some_and(|left| left.can_be_trusted(snapshot, boot));
        if !resumes {
            wipe(&self.0.join(COMPLETE), |path| fs::remove_file(path))?;
            wipe(&self.target(), |path| fs::remove_dir_all(path))?;
        }
        let partial = Partial { snapshot: snapshot.clone(), boot: boot.to_owned(), flushed: false };
        self.note(&partial)?;
        Ok(Beginning::Restore { resumes })
    }

    /// What is here is on disk for good: the next pod may go on with it, on whatever machine.
    pub(super) fn pause(self, snapshot: &SnapshotId, boot: &str) -> Result<(), VolumeError> {
        self.sync()?;
        let partial = Partial { snapshot: snapshot.clone(), boot: boot.to_owned(), flushed: true };
        self.note(&partial)
    }

    fn note(self, partial: &Partial) -> Result<(), VolumeError> {
        let written = partial.write(self.0);
        written.map_err(|source| VolumeError::Mark { volume: self.0.to_owned(), source })
    }

    fn sync(self) -> Result<(), VolumeError> {
        let sync = || syncfs(File::open(self.0)?).map_err(io::Error::from);
        sync().map_err(|source| VolumeError::Sync { volume: self.0.to_owned(), source })
    }

    /// Waits until everything is on disk, then says so.
    pub(super) fn finish(self, restored: &Restored) -> Result<(), VolumeError> {
        self.sync()?;
        let marked = self.mark(restored);
        marked.map_err(|source| VolumeError::Mark { volume: self.0.to_owned(), source })?;
        self.sync()
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
mod tests;
