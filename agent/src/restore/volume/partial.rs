//! What is known of a restore that did not come to its end.
//!
//! Input: the volume's mount point. Output: a note of whose files are on it, and whether they survived. Must not: trust
//! files that a machine's crash may have torn.
//!
//! Kopia writes each file beside its place and moves it there when it is whole, so that a kopia that is killed leaves no
//! torn file under a name of the snapshot. But it does not wait for the disk, which would cost seconds for thousands of
//! small files: after a crash of the machine, a file may have its length and time, and zeroes for content. So files are
//! gone on with in the same boot of the machine, or after they were flushed; otherwise all begins anew.

use contract::ids::SnapshotId;
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

/// The file, below the mount point.
const PARTIAL: &str = ".pgro-restoring.json";
/// Another one after each start of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// A restore that began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Partial {
    /// Of what.
    pub(super) snapshot: SnapshotId,
    /// In which boot of the machine its files were written.
    pub(super) boot: String,
    /// Whether all of them were on disk when it paused.
    pub(super) flushed: bool,
}

impl Partial {
    /// The note an earlier pod left.
    pub(super) fn read(volume: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(volume.join(PARTIAL)).ok()?).ok()
    }

    /// Leaves it.
    pub(super) fn write(&self, volume: &Path) -> io::Result<()> {
        let temporary = volume.join(format!("{PARTIAL}.new"));
        fs::write(&temporary, serde_json::to_vec(self)?)?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(temporary, volume.join(PARTIAL))
    }

    /// Whether files of `snapshot` can be gone on with in this boot.
    pub(super) fn can_be_trusted(&self, snapshot: &SnapshotId, boot: &str) -> bool {
        self.snapshot == *snapshot && (self.flushed || (!boot.is_empty() && self.boot == boot))
    }
}

/// This boot of the machine; empty where the system does not say.
pub(in crate::restore) fn boot() -> String {
    fs::read_to_string(BOOT).map(|text| text.trim().to_owned()).unwrap_or_default()
}
