//! `pgro-agent size`: how large a snapshot will be once it is restored.
//!
//! Input: a [`SnapshotSpec`], the repository password, the proxy beside us. Output: a [`SizingResult`], always.
//! Must not: read the snapshot's files; what was noted of them when it was taken is enough, and costs seconds.

mod noted;

use crate::{
    restore::{
        kopia::{Kopia, KopiaError},
        kopia_args::{self, KopiaPaths},
        wait_proxy::{self, WaitProxyError, wait_proxy},
    },
    signals::Stop,
    text::chain,
};
use contract::pods::{Failure, FailureReason, SizingResult, SnapshotSize, SnapshotSpec};
use noted::{Noted, Summary};
use secrecy::SecretString;
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
};

/// First letter of the ids of directories, which are no ids of snapshots.
const DIRECTORY: char = 'k';

/// Everything one look needs.
pub struct Sizing<'a> {
    /// Of what.
    pub spec: &'a SnapshotSpec,
    /// Password of the repository.
    pub password: &'a SecretString,
    /// The kopia program.
    pub kopia: &'a OsString,
    /// A directory kopia may write its configuration, and its answer, to.
    pub scratch: &'a Path,
    /// Ends it early.
    pub stop: &'a Stop,
}

/// Why the size is not known.
#[derive(Debug, thiserror::Error)]
enum SizeError {
    #[error("failed to write what kopia says to {}", path.display())]
    Scratch { path: PathBuf, source: io::Error },
    #[error(transparent)]
    WaitProxy(#[from] WaitProxyError),
    #[error(transparent)]
    Kopia(#[from] KopiaError),
    #[error("failed to read what kopia says of {of}; is it a snapshot?")]
    Read { of: String, source: noted::NotedError },
    #[error("failed to size snapshot {snapshot}: the repository holds no size of it, nor of its directory")]
    Unsaid { snapshot: String },
}

impl Sizing<'_> {
    /// Looks; whatever happens is in the result.
    pub async fn run(&self) -> SizingResult {
        match self.attempt().await {
            Ok(Summary { size, files }) => SizingResult::Sized(SnapshotSize {
                snapshot_id: self.spec.snapshot_id.clone(),
                bytes: size,
                files,
            }),
            Err(error) => SizingResult::Failed(error.failure()),
        }
    }

    async fn attempt(&self) -> Result<Summary, SizeError> {
        let paths = KopiaPaths::below(self.scratch);
        fs::create_dir_all(&paths.scratch)
            .map_err(|source| SizeError::Scratch { path: paths.scratch.clone(), source })?;
        let proxy = wait_proxy(&self.spec.port_file, wait_proxy::DEADLINE, self.stop).await?;
        let connect = kopia_args::connect(self.spec, proxy, &paths);
        self.kopia().run("open the repository", &connect).await?;
        let id = &self.spec.snapshot_id;
        let directory = if id.as_str().starts_with(DIRECTORY) {
            id.to_string()
        } else {
            match self.noted(id.as_str(), &kopia_args::show_manifest(id, &paths)).await? {
                Noted { summary: Some(summary), .. } => return Ok(summary),
                Noted { directory, .. } => directory.ok_or_else(|| self.unsaid())?,
            }
        };
        let noted = self.noted(&directory, &kopia_args::show_directory(&directory, &paths)).await?;
        noted.summary.ok_or_else(|| self.unsaid())
    }

    /// What kopia says when it is asked for `of` by `args`.
    async fn noted(&self, of: &str, args: &[String]) -> Result<Noted, SizeError> {
        let path = self.scratch.join("answer");
        let scratch = |source| SizeError::Scratch { path: path.clone(), source };
        let answer = File::create(&path).map_err(scratch)?;
        self.kopia().ask("look up the snapshot", args, answer).await?;
        let answer = File::open(&path).map_err(scratch)?;
        Noted::read(BufReader::new(answer)).map_err(|source| SizeError::Read { of: of.to_owned(), source })
    }

    fn kopia(&self) -> Kopia<'_> {
        Kopia { program: self.kopia, password: self.password, stop: self.stop }
    }

    fn unsaid(&self) -> SizeError {
        SizeError::Unsaid { snapshot: self.spec.snapshot_id.to_string() }
    }
}

impl SizeError {
    fn failure(&self) -> Failure {
        let reason = match self {
            Self::Kopia(error) => return error.failure(),
            Self::WaitProxy(WaitProxyError::Deadline { .. }) => FailureReason::ProxyUnavailable,
            Self::Read { .. } => FailureReason::SnapshotNotFound,
            Self::WaitProxy(WaitProxyError::Stopped) => FailureReason::Interrupted,
            Self::Scratch { .. } | Self::Unsaid { .. } => FailureReason::Internal,
        };
        Failure { reason, message: chain(self) }
    }
}

#[cfg(test)]
mod tests;
