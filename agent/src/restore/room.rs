//! How much a volume holds.
//!
//! Input: its mount point. Output: bytes, and words for people. Must not: take what the file system keeps for root as
//! room for a restore, which is not root.

use rustix::fs::statvfs;
use std::{io, path::Path};

/// A volume's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// All of them.
    pub(super) total: u64,
    /// Those that may still be written.
    pub(super) free: u64,
}

/// What the file system at `volume` says.
pub(super) fn of(volume: &Path) -> io::Result<Room> {
    let said = statvfs(volume)?;
    let bytes = |blocks: u64| blocks.saturating_mul(said.f_frsize);
    Ok(Room { total: bytes(said.f_blocks), free: bytes(said.f_bavail) })
}

/// What belongs behind the report of a full volume.
pub(super) fn words(room: Option<Room>, needed: Option<u64>) -> String {
    let has = room.map(|Room { total, free }| format!("; the volume has {total} bytes, {free} of them free"));
    let needs = needed.map(|bytes| format!("; the snapshot alone needs {bytes}"));
    [has, needs].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::{Room, of, words};

    #[test]
    fn a_full_volume_is_told_with_what_it_has_and_what_it_needs() {
        let told = words(Some(Room { total: 100, free: 3 }), Some(170));
        assert_eq!(told, "; the volume has 100 bytes, 3 of them free; the snapshot alone needs 170");
        assert_eq!(words(None, None), "");
    }

    #[test]
    fn a_directory_has_room_and_one_that_is_not_there_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let room = of(dir.path()).unwrap();
        assert!(room.total > 0 && room.free <= room.total);
        assert!(of(&dir.path().join("absent")).is_err());
    }
}
