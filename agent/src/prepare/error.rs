//! Why a database may not be served, before any check could say so.
//!
//! Input: errors of the steps. Output: a failure for the operator. Must not: lose a cause.

use super::{
    binaries::NoBinaries, controldata::ControlDataError, locale::bridge::BridgeError,
    neutralise::NeutraliseError, server::ServerError, session::said, tablespaces::TablespaceError,
};
use crate::{command::CommandError, text::chain};
use contract::pods::{Failure, FailureReason};
use std::{io, path::PathBuf};

/// What was attempted when it failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PrepareError {
    /// Reading the version.
    #[error("failed to read {}", path.display())]
    ReadVersion { path: PathBuf, source: io::Error },
    /// Understanding the version.
    #[error("failed to understand the version {version:?} of the data directory")]
    ParseVersion { version: String },
    /// Finding the programs.
    #[error(transparent)]
    Binaries(#[from] NoBinaries),
    /// Running a program.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Showing the control file.
    #[error("failed to show the control file: {said}")]
    ShowControl { said: String },
    /// Understanding the control file.
    #[error(transparent)]
    ControlData(#[from] ControlDataError),
    /// Marking the volume.
    #[error("failed to mark the volume as opened by writing {}", path.display())]
    Mark { path: PathBuf, source: io::Error },
    /// Putting tablespaces in place.
    #[error(transparent)]
    Tablespaces(#[from] TablespaceError),
    /// Taking the source host out.
    #[error(transparent)]
    Neutralise(#[from] NeutraliseError),
    /// Starting, recovering, ending the server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Finding the superuser in the server's files.
    #[error("failed to find the names of superusers in the server's files")]
    ReadSuperusers(#[source] io::Error),
    /// Becoming superuser.
    #[error("failed to log in as a superuser; tried {tried:?}: {said}")]
    BecomeSuperuser { tried: Vec<String>, said: String },
    /// No superuser may log in.
    #[error("failed to log in as a superuser: none of this cluster may")]
    NobodyLogsIn,
    /// Logging in to a database whose locale is not here.
    #[error("failed to open a database: this image lacks the locale {name:?}")]
    ForeignLocale { name: String },
    /// Standing in for such a locale.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// Keeping note of a repair.
    #[error("failed to keep note of repairs on the volume")]
    Note(#[source] io::Error),
    /// Giving the write-ahead log up.
    #[error("failed to reset the write-ahead log: {said}")]
    ResetWal { said: String },
    /// It was given up.
    #[error("{said}; the write-ahead log was reset, and the checks tell what is left")]
    WasReset { said: String },
    /// A statement on the private server.
    #[error("failed to {attempted}: {}", said(source))]
    Sql { attempted: &'static str, source: tokio_postgres::Error },
    /// We were told to stop.
    #[error("told to stop before the database was prepared")]
    Stopped,
}

impl PrepareError {
    /// For the operator.
    pub(super) fn failure(&self) -> Failure {
        let message = match self {
            // its text holds the cause already, in the server's own words
            Self::Sql { .. } => self.to_string(),
            _ => chain(self),
        };
        Failure { reason: self.reason(), message }
    }

    fn reason(&self) -> FailureReason {
        match self {
            Self::ReadVersion { .. } => FailureReason::NoCluster,
            Self::ParseVersion { .. } | Self::Binaries(_) => FailureReason::UnsupportedVersion,
            Self::Neutralise(NeutraliseError::Tablespaces { .. }) => FailureReason::UnsafeLink,
            Self::Tablespaces(TablespaceError::Find { .. }) => FailureReason::MissingTablespace,
            Self::Tablespaces(TablespaceError::Link { source, .. })
            | Self::Neutralise(NeutraliseError::Change { source, .. })
            | Self::Mark { source, .. }
            | Self::Note(source) => io_reason(source),
            Self::Server(ServerError::Deadline { .. }) | Self::Command(CommandError::Deadline { .. }) => {
                FailureReason::Deadline
            }
            Self::Server(ServerError::Recover { said, .. } | ServerError::ShutDown { said })
                if said.contains("No space left on device") =>
            {
                FailureReason::NoSpace
            }
            Self::Server(ServerError::Recover { .. } | ServerError::ShutDown { .. })
            | Self::ShowControl { .. }
            | Self::ControlData(_)
            | Self::ReadSuperusers(_)
            | Self::NobodyLogsIn
            | Self::ForeignLocale { .. }
            | Self::Bridge(_)
            | Self::ResetWal { .. }
            | Self::WasReset { .. }
            | Self::BecomeSuperuser { .. }
            | Self::Sql { .. } => FailureReason::Recovery,
            Self::Tablespaces(TablespaceError::Look(_))
            | Self::Server(_)
            | Self::Command(_)
            | Self::Stopped => FailureReason::Internal,
        }
    }
}

fn io_reason(error: &io::Error) -> FailureReason {
    if error.kind() == io::ErrorKind::StorageFull { FailureReason::NoSpace } else { FailureReason::Internal }
}
