//! Running kopia.
//!
//! Input: argument lists, the password, a word to stop. Output: kopia's end, told as success or as a classified error.
//! Must not: take an exit code of 0 for success when kopia says that it passed over errors.

use super::{
    classify::classify,
    progress::{Line, Progress},
};
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
use std::{
    ffi::OsString,
    fs::File,
    process::{ExitStatus, Stdio},
    time::Duration,
};

/// Kopia reports progress every 10 s while anything moves, and gives up by itself within two minutes of most faults; the
/// proxy may hold a request for some minutes more. What is silent for a quarter of an hour is stuck.
const SILENCE: Duration = Duration::from_mins(15);

/// Why kopia's work is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KopiaError {
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
    pub(crate) fn failure(&self) -> Failure {
        let reason = match self {
            Self::Exit { reason, .. } => *reason,
            Self::Run { source: CommandError::Silent { .. } | CommandError::Deadline { .. }, .. } => {
                FailureReason::Deadline
            }
            Self::Run { source: CommandError::Start { .. } | CommandError::Follow { .. }, .. } => {
                FailureReason::Internal
            }
            Self::Run { source: CommandError::Stopped { .. }, .. } => FailureReason::Interrupted,
            Self::PassedOver { .. } => FailureReason::RestoreIncomplete,
        };
        Failure { reason, message: chain(self) }
    }
}

/// A kopia that can be run several times.
pub(crate) struct Kopia<'a> {
    /// The program.
    pub(crate) program: &'a OsString,
    /// Password of the repository.
    pub(crate) password: &'a SecretString,
    /// Ends it early.
    pub(crate) stop: &'a Stop,
}

impl Kopia<'_> {
    /// Runs kopia with `args` to its end; `attempted` completes the sentence "failed to …".
    pub(crate) async fn run(&self, attempted: &'static str, args: &[String]) -> Result<(), KopiaError> {
        self.supervised(attempted, args, Stdio::null(), &mut |_| {}).await
    }

    /// The same; `on_progress` is told how far it is, some times a minute.
    pub(super) async fn follow(
        &self,
        attempted: &'static str,
        args: &[String],
        on_progress: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<(), KopiaError> {
        self.supervised(attempted, args, Stdio::null(), on_progress).await
    }

    /// The same; what kopia says on stdout is written to `answer`.
    pub(crate) async fn ask(
        &self,
        attempted: &'static str,
        args: &[String],
        answer: File,
    ) -> Result<(), KopiaError> {
        self.supervised(attempted, args, answer.into(), &mut |_| {}).await
    }

    async fn supervised(
        &self,
        attempted: &'static str,
        args: &[String],
        stdout: Stdio,
        on_progress: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<(), KopiaError> {
        let mut command = clean(self.program);
        command.args(args).env(REPOSITORY_PASSWORD, self.password.expose_secret());
        command.env("KOPIA_CHECK_FOR_UPDATES", "false");
        let redactor = Redactor::new(self.password.clone());
        let mut ignored = 0;
        let mut on_line = |line: &str| {
            let understood = Line::parse(line);
            ignored = ignored.max(understood.as_ref().map_or(0, Line::ignored));
            match understood {
                Some(Line::Progress(progress)) => on_progress(&progress),
                Some(Line::Summary { .. }) | None => tracing::info!("kopia: {}", redactor.clean(line)),
            }
        };
        let finished = supervise(command, stdout, SILENCE, self.stop, &mut on_line)
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

/// The last lines that are not progress; errors come last, and progress says nothing about them.
fn last_words(redactor: &Redactor, tail: &Tail) -> String {
    let words: Vec<_> =
        tail.lines().filter(|line| !line.starts_with("Processed ")).map(|l| redactor.clean(l)).collect();
    words[words.len().saturating_sub(4)..].join("; ")
}

#[cfg(test)]
mod tests;
