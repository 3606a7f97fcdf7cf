//! What a run is given, by how large its snapshot is. `docs/deciding.md` has these numbers and their reasons.
//!
//! Input: a size, the numbers of the [`Policy`]. Output: volume, memory, parallelism, deadlines. Each grows with the
//! size or stays, and each has an end. Must not: look at a node; what a run needs does not depend on where it runs.

use super::{Policy, VolumePolicy};
use crate::model::{Fit, Size};
use contract::ids::Intent;
use jiff::SignedDuration;
use std::{num::NonZeroU16, time::Duration};

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// A file takes whole blocks.
const BLOCK: u64 = 4096;
/// What recovery writes: `max_wal_size` is 1 GiB, and it is a soft limit.
const LOG: u64 = 2 * GIB;
/// Where neither the size nor a setting says anything, as for a database somebody restores for the first time.
const UNSIZED: u64 = 20 * GIB;
/// A volume that was too small is followed by one half as large again.
const GROWTH_PERCENT: u64 = 150;

/// Kopia's own number of parallel files, and enough for what fits into a few minutes.
const PARALLEL_MIN: u64 = 8;
/// Beyond it nothing is gained on links of a few gigabits, and memory and connections are.
const PARALLEL_MAX: u64 = 32;
/// One file more in parallel for each of these: a restore is bound by the time to the first byte of each request.
const PARALLEL_STEP: u64 = 8 * GIB;

/// Kopia itself, and its eight parallel files.
const MEMORY_MIN: u64 = 512 * MIB;
/// A parallel file holds a chunk of up to 8 MiB as it comes, opened, and unpacked.
const MEMORY_PER_FILE: u64 = 24 * MIB;
/// The repository's index is held in memory: some 60 bytes for each chunk of about 4 MiB, of this snapshot and, as a
/// rule, of a history as long as a few dozens of it.
const BYTES_PER_INDEX_BYTE: u64 = 4096;
/// A file that waits for its turn.
const MEMORY_PER_ENTRY: u64 = 512;
/// What a node can be expected to have at all.
const MEMORY_MAX: u64 = 4 * GIB;
const MEMORY_STEP: u64 = 64 * MIB;

/// A restore, and a check that reads everything, that is slower than this is taken for stuck.
const BYTES_PER_SECOND: u64 = 10 * MIB;
/// Small files cost a request each.
const FILES_PER_SECOND: u64 = 100;
/// The longest that can be set, too.
const DEADLINE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why no volume can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a snapshot of {} bytes in {} files needs a volume of {needed} bytes, and PGRO_PVC_SIZE_MAX allows {max}",
    size.bytes, size.files
)]
pub(super) struct TooLarge {
    size: Size,
    needed: u64,
    max: u64,
}

/// What a restore is given; `least` is what proved too small a volume before, made larger.
pub(super) fn fit(
    size: Option<Size>,
    least: Option<u64>,
    intent: Intent,
    policy: &Policy,
) -> Result<Fit, TooLarge> {
    Ok(Fit {
        size,
        volume_bytes: volume(size, least, intent, &policy.volumes)?,
        memory_bytes: memory(size),
        parallel: parallel(size),
        deadline: Duration::try_from(restore_deadline(size, policy)).unwrap_or_default(),
    })
}

/// Whether the size has to be known before a volume is asked for: a size that is set serves until it proves too small.
pub(super) fn needs_size(least: Option<u64>, volumes: &VolumePolicy) -> bool {
    volumes.first.is_none() || least.is_some()
}

fn volume(
    size: Option<Size>,
    least: Option<u64>,
    intent: Intent,
    volumes: &VolumePolicy,
) -> Result<u64, TooLarge> {
    let VolumePolicy { first, max } = *volumes;
    let needed = size.filter(|_| needs_size(least, volumes)).map(|size| (size, room(size, intent)));
    if let Some((size, needed)) = needed.filter(|(_, needed)| *needed > max) {
        return Err(TooLarge { size, needed, max });
    }
    let needed = needed.map(|(_, needed)| needed);
    let begin = first.into_iter().chain(needed).max().unwrap_or(UNSIZED);
    Ok(begin.max(least.unwrap_or(0)).min(max))
}

/// The volume a snapshot needs: its files, a quarter more for what is rebuilt beside the old and sorted on disk (half as
/// much again where a lost server's work goes on), the log, and a sixteenth for the file system itself.
fn room(size: Size, intent: Intent) -> u64 {
    let data = size.bytes.saturating_add(size.files.saturating_mul(BLOCK));
    let spare = if intent == Intent::DisasterRecovery { data / 2 } else { data / 4 };
    let used = data.saturating_add(spare).saturating_add(LOG);
    round_up(used.saturating_add(used / 16), GIB)
}

/// The least volume after one of `bytes` proved too small.
pub(super) fn grown(bytes: u64, max: u64) -> u64 {
    round_up(bytes.saturating_mul(GROWTH_PERCENT) / 100, GIB).min(max)
}

fn parallel(size: Option<Size>) -> NonZeroU16 {
    let more = size.map_or(0, |size| size.bytes / PARALLEL_STEP);
    let files = PARALLEL_MIN.saturating_add(more).min(PARALLEL_MAX);
    u16::try_from(files).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MIN)
}

fn memory(size: Option<Size>) -> u64 {
    let files = u64::from(parallel(size).get()).saturating_sub(PARALLEL_MIN) * MEMORY_PER_FILE;
    let held = size.map_or(0, |size| {
        (size.bytes / BYTES_PER_INDEX_BYTE).saturating_add(size.files.saturating_mul(MEMORY_PER_ENTRY))
    });
    round_up(MEMORY_MIN.saturating_add(files).saturating_add(held), MEMORY_STEP).min(MEMORY_MAX)
}

/// The deadline that is set, or as long as a slow restore takes.
pub(super) fn restore_deadline(size: Option<Size>, policy: &Policy) -> SignedDuration {
    at_least(policy.restore_deadline, size)
}

/// The deadline that is set, or as long as recovery and checks of so much may take.
pub(super) fn verify_deadline(size: Option<Size>, policy: &Policy) -> SignedDuration {
    at_least(policy.verify_deadline, size)
}

fn at_least(set: SignedDuration, size: Option<Size>) -> SignedDuration {
    let seconds =
        size.map_or(0, |size| (size.bytes / BYTES_PER_SECOND).saturating_add(size.files / FILES_PER_SECOND));
    let needed = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    set.max(needed.min(DEADLINE_MAX))
}

fn round_up(bytes: u64, step: u64) -> u64 {
    bytes.div_ceil(step).saturating_mul(step)
}

#[cfg(test)]
mod tests;
