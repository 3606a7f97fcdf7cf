//! The text of one progress line. Pure, but for reading the tail of a log file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use super::table::{Outcome, Timing};

/// As much of a log's last line as fits beside the rest on a wide terminal.
const WIDTH: usize = 72;
/// Enough to hold one long line of compiler output.
const TAIL_BYTES: u64 = 4096;

pub(super) fn stamp(elapsed: Duration) -> String {
    format!("[{:>5} s]", elapsed.as_secs())
}

pub(super) fn running(name: &str, took: Duration, last: Option<&str>) -> String {
    let last = last.map(|text| format!(" · {text}")).unwrap_or_default();
    format!("{name} still running, {} s{last}", took.as_secs())
}

pub(super) fn finished(timing: &Timing) -> String {
    let verb = match timing.outcome {
        Outcome::Done => "done",
        Outcome::Cached => "cached",
        Outcome::Failed => "FAILED",
    };
    format!("{} {verb}, {:.1} s", timing.name, timing.took.as_secs_f64())
}

pub(super) fn last_of(log: &Path) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).ok()?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail).ok()?;
    last_line(&String::from_utf8_lossy(&tail))
}

/// The last line with something on it, printable and short.
pub(super) fn last_line(text: &str) -> Option<String> {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().filter(|c| !c.is_control()).take(WIDTH).collect())
}
