//! Running kopia.
//!
//! Input: argument lists, the password, a word to stop. Output: kopia's end, told as success or as a classified error.
//! Must not: take an exit code of 0 for success when kopia says that it passed over errors.

use super::{classify::classify, progress::Line};
use crate::{
    command::{CommandError, clean, supervise},
    signals::Stop,
    text::{Redactor, Tail, chain},
};
use contract::{
    env::REPOSITORY_PASSWORD,
    pods::{Failure, FailureReason},
};
use secrecy::{ExposeSecret, SecretString};
use std::{ffi::OsString, process::ExitStatus, time::Duration};
use tokio::time::Instant;

/// Kopia reports progress every 10 s while anything moves, and gives up by itself within two minutes of most faults; the
/// proxy may hold a request for some minutes more. What is silent for a quarter of an hour is stuck.
const SILENCE: Duration = Duration::from_mins(15);

/// How often progress is logged at most.
const PROGRESS: Duration = Duration::from_mins(1);

/// Why kopia's work is not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum KopiaError {
    /// It did not come to an end of its own.
    #[error("failed to {attempted}")]
    Run {
        /// What it was to do.
        attempted: &'static str,
        /// Why.
        source: CommandError,
    },
    /// It ended with an error.
    #[error("failed to {attempted}: kopia ended with {status}: {said}")]
    Exit {
        /// What it was to do.
        attempted: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Its last words.
        said: String,
        /// What they mean.
        reason: FailureReason,
    },
    /// It left something out.
    #[error("failed to {attempted} completely: kopia passed over {ignored} errors: {said}")]
    PassedOver {
        /// What it was to do.
        attempted: &'static str,
        /// How many.
        ignored: u64,
        /// Its last words.
        said: String,
    },
}

impl KopiaError {
    /// For the operator.
    pub(super) fn failure(&self) -> Failure {
        let reason = match self {
            Self::Exit { reason, .. } => *reason,
            Self::Run { source: CommandError::Silent { .. } | CommandError::Deadline { .. }, .. } => {
                FailureReason::Deadline
            }
            Self::Run { source: CommandError::Start { .. } | CommandError::Follow { .. }, .. } => {
                FailureReason::Internal
            }
            Self::Run { source: CommandError::Stopped { .. }, .. } | Self::PassedOver { .. } => {
                FailureReason::RestoreIncomplete
            }
        };
        Failure { reason, message: chain(self) }
    }
}

/// A kopia that can be run several times.
pub(super) struct Kopia<'a> {
    /// The program.
    pub(super) program: &'a OsString,
    /// Password of the repository.
    pub(super) password: &'a SecretString,
    /// Ends it early.
    pub(super) stop: &'a Stop,
}

impl Kopia<'_> {
    /// Runs kopia with `args` to its end; `attempted` completes the sentence "failed to …".
    pub(super) async fn run(&self, attempted: &'static str, args: &[String]) -> Result<(), KopiaError> {
        let mut command = clean(self.program);
        command.args(args).env(REPOSITORY_PASSWORD, self.password.expose_secret());
        command.env("KOPIA_CHECK_FOR_UPDATES", "false");
        let redactor = Redactor::new(self.password.clone());
        let (mut ignored, mut told) = (0, None);
        let mut on_line = |line: &str| {
            ignored = ignored.max(Line::parse(line).map_or(0, |line| line.ignored()));
            if is_news(line, &mut told, Instant::now()) {
                log(&redactor.clean(line));
            }
        };
        let finished = supervise(command, SILENCE, self.stop, &mut on_line)
            .await
            .map_err(|source| KopiaError::Run { attempted, source })?;
        let said = last_words(&redactor, &finished.tail);
        if !finished.status.success() {
            let reason = classify(&finished.tail.text());
            return Err(KopiaError::Exit { attempted, status: finished.status, said, reason });
        }
        if ignored > 0 {
            return Err(KopiaError::PassedOver { attempted, ignored, said });
        }
        Ok(())
    }
}

/// Progress is news once in [`PROGRESS`]; anything else always is.
fn is_news(line: &str, told: &mut Option<Instant>, now: Instant) -> bool {
    if !matches!(Line::parse(line), Some(Line::Progress { .. })) {
        return true;
    }
    let is_due = told.is_none_or(|told| now.duration_since(told) >= PROGRESS);
    if is_due {
        *told = Some(now);
    }
    is_due
}

fn log(line: &str) {
    match Line::parse(line) {
        Some(Line::Progress { done, known, .. }) => {
            tracing::info!(entries.done = done, entries.known = known, "kopia: {line}");
        }
        Some(Line::Summary { files, .. }) => tracing::info!(files, "kopia: {line}"),
        None => tracing::info!("kopia: {line}"),
    }
}

/// The last lines that are not progress; errors come last, and progress says nothing about them.
fn last_words(redactor: &Redactor, tail: &Tail) -> String {
    let words: Vec<_> =
        tail.lines().filter(|line| !line.starts_with("Processed ")).map(|l| redactor.clean(l)).collect();
    words[words.len().saturating_sub(4)..].join("; ")
}

#[cfg(test)]
mod tests;
