//! Telling how far a restore is: to the log once a minute, to a file as often as kopia says it.
//!
//! Input: kopia's numbers, what is known of the snapshot, the time. Output: a [`RestoreProgress`]. Must not: fail the
//! restore; whoever cannot be told does without.

use super::progress::Progress;
use contract::broker::RestoreProgress;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

/// How often it is logged at most.
const INTERVAL: Duration = Duration::from_mins(1);

/// Tells how far one restore is.
pub(super) struct Report<'a> {
    /// How large the snapshot is, where that is known.
    pub(super) bytes: Option<u64>,
    /// How many files it has, where that is known.
    pub(super) files: Option<u64>,
    /// Where it is left for the proxy.
    pub(super) file: Option<&'a Path>,
    began: Instant,
    logged: Option<Instant>,
}

impl<'a> Report<'a> {
    /// Of a restore that begins now.
    pub(super) fn new(bytes: Option<u64>, files: Option<u64>, file: Option<&'a Path>, now: Instant) -> Self {
        Self { bytes, files, file, began: now, logged: None }
    }

    /// Kopia is so far.
    pub(super) fn tell(&mut self, progress: &Progress, now: Instant) {
        let so_far = self.so_far(progress, now.duration_since(self.began));
        if let Some(file) = self.file
            && let Err(error) = leave(file, &so_far)
        {
            tracing::debug!(file = %file.display(), %error, "failed to leave the progress");
        }
        if self.is_due(now) {
            log(&so_far);
        }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.logged.is_none_or(|logged| now.duration_since(logged) >= INTERVAL);
        if is_due {
            self.logged = Some(now);
        }
        is_due
    }

    /// Kopia knows no more than it has listed; what the repository said of the snapshot counts where it is more.
    fn so_far(&self, progress: &Progress, elapsed: Duration) -> RestoreProgress {
        let bytes_done = progress.bytes_written.saturating_add(progress.bytes_skipped);
        let bytes_total = self.bytes.unwrap_or(0).max(progress.bytes_known).max(bytes_done);
        let rate = rate(progress.bytes_written, elapsed);
        RestoreProgress {
            bytes_done,
            bytes_total,
            files_done: progress.done,
            files_total: self.files.unwrap_or(0).max(progress.known).max(progress.done),
            bytes_per_second: rate,
            seconds_left: (bytes_total - bytes_done).checked_div(rate),
        }
    }
}

/// Whole bytes in a second; none before the first one is over.
fn rate(bytes: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if millis < 1000 {
        0
    } else {
        u64::try_from(u128::from(bytes) * 1000 / u128::from(millis)).unwrap_or(u64::MAX)
    }
}

/// By rename, so that nobody reads half of it.
fn leave(file: &Path, so_far: &RestoreProgress) -> io::Result<()> {
    let mut new = PathBuf::from(file).into_os_string();
    new.push(".new");
    fs::write(&new, serde_json::to_vec(so_far)?)?;
    fs::rename(new, file)
}

fn log(so_far: &RestoreProgress) {
    let RestoreProgress { bytes_done, bytes_total, files_done, files_total, bytes_per_second, seconds_left } =
        so_far;
    tracing::info!(
        bytes.done = bytes_done,
        bytes.total = bytes_total,
        files.done = files_done,
        files.total = files_total,
        bytes.per_second = bytes_per_second,
        seconds.left = seconds_left,
        "restoring"
    );
}

#[cfg(test)]
mod tests {
    use super::{INTERVAL, Progress, Report, RestoreProgress};
    use proptest::prelude::*;
    use std::time::Duration;
    use tokio::time::Instant;

    fn report(bytes: Option<u64>) -> Report<'static> {
        Report::new(bytes, Some(50), None, Instant::now())
    }

    fn halfway() -> Progress {
        Progress {
            done: 5,
            known: 40,
            bytes_written: 3000,
            bytes_known: 9000,
            bytes_skipped: 1000,
            ignored: 0,
        }
    }

    #[test]
    fn what_the_repository_said_counts_where_kopia_does_not_know_it_all_yet() {
        let expected = RestoreProgress {
            bytes_done: 4000,
            bytes_total: 13_000,
            files_done: 5,
            files_total: 50,
            bytes_per_second: 300,
            seconds_left: Some(30),
        };
        assert_eq!(report(Some(13_000)).so_far(&halfway(), Duration::from_secs(10)), expected);
    }

    #[test]
    fn without_a_size_kopias_own_count_serves() {
        assert_eq!(report(None).so_far(&halfway(), Duration::from_secs(10)).bytes_total, 9000);
    }

    #[test]
    fn before_anything_was_written_no_time_is_left_to_tell() {
        let told = report(None).so_far(&Progress::default(), Duration::from_secs(10));
        assert_eq!((told.bytes_per_second, told.seconds_left), (0, None));
    }

    #[test]
    fn fault_e12_progress_is_logged_once_a_minute() {
        let mut report = report(None);
        let start = Instant::now();
        let mut due = |seconds| report.is_due(start + INTERVAL * seconds / 60);
        assert!(due(0) && !due(10) && !due(59) && due(60) && !due(61));
    }

    #[test]
    fn progress_is_left_whole_for_the_proxy() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("restore.json");
        let now = Instant::now();
        let mut report = Report::new(None, None, Some(&file), now);
        report.tell(&halfway(), now + Duration::from_secs(10));
        let told: RestoreProgress = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(told, report.so_far(&halfway(), Duration::from_secs(10)));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_to_harms_nothing() {
        let now = Instant::now();
        Report::new(None, None, Some("/absent/restore.json".as_ref()), now).tell(&halfway(), now);
    }

    proptest! {
        #[test]
        fn whatever_kopia_says_done_is_never_more_than_all(
            done: u64, known: u64, bytes_written: u64, bytes_known: u64, bytes_skipped: u64, millis: u64,
            bytes in prop::option::of(any::<u64>()),
        ) {
            let progress = Progress { done, known, bytes_written, bytes_known, bytes_skipped, ignored: 0 };
            let told = report(bytes).so_far(&progress, Duration::from_millis(millis));
            prop_assert!(told.bytes_done <= told.bytes_total && told.files_done <= told.files_total);
            prop_assert!(told.bytes_per_second > 0 || told.seconds_left.is_none());
        }
    }
}
