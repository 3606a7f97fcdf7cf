//! From settings to a document and an exit code, whatever happens on the way.
//!
//! Input: settings, or what is wrong with them, and the work. Output: the document as termination message, and the exit
//! code it stands for. Must not: end without a document, or know what the work is.

use super::{block_on, failed, unusable};
use crate::{signals::Stop, termination};
use clap::Args;
use contract::{
    env::EnvError,
    pods::{Failure, FailureReason, PrepareReport, RestoreResult, SizingResult, TerminationDocument},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// A document that can tell of a failure.
pub(super) trait Outcome: TerminationDocument {
    /// The work was not done.
    fn broken(failure: Failure) -> Self;

    /// Why it was not.
    fn failure(&self) -> Option<&Failure>;
}

impl Outcome for SizingResult {
    fn broken(failure: Failure) -> Self {
        Self::Failed(failure)
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Sized(_) => None,
            Self::Failed(failure) => Some(failure),
        }
    }
}

impl Outcome for RestoreResult {
    fn broken(failure: Failure) -> Self {
        Self::Failed(failure)
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Restored(_) => None,
            Self::Failed(failure) => Some(failure),
        }
    }
}

impl Outcome for PrepareReport {
    fn broken(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }
}

/// Where the document goes.
#[derive(Debug, Args)]
pub(super) struct Termination {
    /// Where the result is left [default: /dev/termination-log]
    #[arg(long, env = "TERMINATION_LOG")]
    termination_log: Option<PathBuf>,
}

impl Termination {
    /// Does the work on settings that parsed, and leaves its document.
    pub(super) fn end<S, D: Outcome>(
        &self,
        settings: Result<S, EnvError>,
        work: impl AsyncFnOnce(&S, &Stop) -> D,
    ) -> ExitCode {
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) => {
                self.leave(&broken::<D>(FailureReason::BadSpec, error.to_string()));
                return unusable(&error.to_string());
            }
        };
        let document = documented(async |stop| work(&settings, &stop).await);
        self.leave(&document);
        document.failure().map_or(ExitCode::SUCCESS, |failure| failed(&failure.to_string()))
    }

    fn leave(&self, document: &impl TerminationDocument) {
        let kubelets = Path::new(termination::DEFAULT_PATH);
        termination::leave(self.termination_log.as_deref().unwrap_or(kubelets), document);
    }
}

/// Runs `work` and makes a document of what would otherwise end the program without one.
fn documented<D: Outcome>(work: impl AsyncFnOnce(Stop) -> D) -> D {
    let internal = |message| broken(FailureReason::Internal, message);
    match catch_unwind(AssertUnwindSafe(|| block_on(work))) {
        Ok(Ok(document)) => document,
        Ok(Err(error)) => internal(format!("failed to start the runtime: {error}")),
        Err(_) => internal("the agent panicked; its log says where".into()),
    }
}

fn broken<D: Outcome>(reason: FailureReason, message: String) -> D {
    D::broken(Failure { reason, message })
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Termination, documented};
    use contract::{
        env::EnvError,
        pods::{FailureReason, PrepareReport, RestoreResult, SizingResult},
    };
    use std::fs;

    /// What is left, as which reason, where the settings are these and the work does that.
    fn left<D: Outcome>(
        settings: Result<(), EnvError>,
        document: impl FnOnce() -> D,
    ) -> Option<FailureReason> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let termination = Termination { termination_log: Some(path.clone()) };
        termination.end(settings, async |(), _| document());
        let left = D::from_termination_message(&fs::read_to_string(path).unwrap()).unwrap();
        left.failure().map(|failure| failure.reason)
    }

    #[test]
    fn a_panic_becomes_a_document() {
        let report: PrepareReport = documented(async |_| panic!("broken"));
        assert_eq!(report.failure.unwrap().message, "the agent panicked; its log says where");
    }

    #[test]
    fn what_the_work_says_is_left() {
        assert_eq!(left(Ok(()), PrepareReport::default), None);
        let failed = || {
            RestoreResult::broken(super::Failure { reason: FailureReason::NoSpace, message: "full".into() })
        };
        assert_eq!(left(Ok(()), failed), Some(FailureReason::NoSpace));
    }

    #[test]
    fn settings_that_do_not_parse_are_left_as_such_and_nothing_is_done() {
        let wrong = || EnvError::Missing { name: "PGRO_X", expected: "something" };
        let done = || -> SizingResult { panic!("the work began") };
        assert_eq!(left(Err(wrong()), done), Some(FailureReason::BadSpec));
    }
}
