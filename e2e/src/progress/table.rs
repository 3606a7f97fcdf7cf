//! The closing table. Input: timings. Output: text. Must not print.

use std::fmt::Write;
use std::time::Duration;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done now.
    Done,
    /// It had been done before.
    Cached,
    /// It failed.
    Failed,
}

/// One step and the time it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// What was done.
    pub name: String,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

pub(super) fn render(timings: &[Timing], total: Duration) -> String {
    let mut ran: Vec<&Timing> = timings.iter().filter(|t| t.outcome != Outcome::Cached).collect();
    ran.sort_by_key(|t| std::cmp::Reverse(t.took));
    let width = ran.iter().map(|t| t.name.chars().count()).max().unwrap_or(0).max("in all".len());
    let mut text = String::from("where the time went (steps run side by side):\n");
    for timing in ran {
        row(&mut text, &timing.name, width, timing.took, timing.outcome == Outcome::Failed);
    }
    row(&mut text, "in all", width, total, false);
    let cached: Vec<&str> =
        timings.iter().filter(|t| t.outcome == Outcome::Cached).map(|t| t.name.as_str()).collect();
    if !cached.is_empty() {
        let _ = writeln!(text, "  had before: {}", cached.join(", "));
    }
    text
}

fn row(text: &mut String, name: &str, width: usize, took: Duration, failed: bool) {
    let mark = if failed { "  FAILED" } else { "" };
    let _ = writeln!(text, "  {name:<width$} {:>8.1} s{mark}", took.as_secs_f64());
}
