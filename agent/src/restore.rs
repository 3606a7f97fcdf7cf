//! `pgro-agent restore`: one snapshot onto one volume.
//!
//! Input: a [`RestoreSpec`], the repository password, the proxy beside us. Output: the files on the volume and a
//! [`RestoreResult`], always. Must not: call a restore complete that left anything out, or follow a link.

mod classify;
pub(crate) mod kopia;
pub(crate) mod kopia_args;
mod links;
mod pgdata;
mod progress;
mod report;
mod room;
pub(crate) mod survey;
pub(crate) mod volume;
pub(crate) mod wait_proxy;

use crate::{
    signals::Stop,
    text::{chain, quoted},
};
use contract::{
    ids::InvalidId,
    pods::{Failure, FailureReason, RestoreResult, RestoreSpec, Restored},
};
use secrecy::SecretString;
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};
use tokio::time::Instant;

/// Links that are named in an error; more do not help its reader.
const LINKS_LISTED: usize = 5;

/// Everything one restore needs.
pub struct Restore<'a> {
    /// What is restored from where to where.
    pub spec: &'a RestoreSpec,
    /// Password of the repository.
    pub password: &'a SecretString,
    /// The kopia program.
    pub kopia: &'a OsString,
    /// A directory kopia may write its configuration to.
    pub scratch: &'a Path,
    /// Ends it early.
    pub stop: &'a Stop,
}

/// Why there is no complete restore.
#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error("failed to make a directory for kopia in {}", path.display())]
    Scratch { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Volume(#[from] volume::VolumeError),
    #[error(transparent)]
    WaitProxy(#[from] wait_proxy::WaitProxyError),
    #[error(transparent)]
    Kopia(#[from] kopia::KopiaError),
    #[error(transparent)]
    Survey(#[from] survey::SurveyError),
    #[error(transparent)]
    Choose(#[from] pgdata::ChooseError),
    #[error("failed to accept the data directory {}: links lead out of the volume: {links}", quoted(path))]
    Links { path: PathBuf, links: String },
    #[error("failed to name the data directory {} in a result", quoted(path))]
    Name { path: PathBuf, source: InvalidId },
    #[error("failed to begin: the volume is smaller than the snapshot")]
    TooSmall,
    #[error("told to stop before the restore was complete")]
    Stopped,
}

impl Restore<'_> {
    /// Does it all; whatever happens is in the result.
    pub async fn run(&self) -> RestoreResult {
        match self.attempt().await {
            Ok(restored) => RestoreResult::Restored(restored),
            Err(error) => RestoreResult::Failed(self.with_room(error.failure())),
        }
    }

    /// A full volume is told with what there is and what there should be.
    fn with_room(&self, failure: Failure) -> Failure {
        if failure.reason != FailureReason::NoSpace {
            return failure;
        }
        let room = room::of(&self.spec.volume).ok();
        let message = format!("{}{}", failure.message, room::words(room, self.spec.expected_bytes));
        Failure { message, ..failure }
    }

    async fn attempt(&self) -> Result<Restored, RestoreError> {
        let volume = volume::Volume(&self.spec.volume);
        let (snapshot, boot) = (&self.spec.snapshot_id, volume::boot());
        self.enough_room()?;
        match volume.begin(snapshot, &boot)? {
            volume::Beginning::Done(done) => {
                tracing::info!(snapshot.id = %snapshot, "an earlier pod restored this snapshot completely");
                return Ok(done);
            }
            volume::Beginning::Restore { resumes } => {
                tracing::info!(snapshot.id = %snapshot, resumes, "restoring");
            }
        }
        let fetched = self.fetch(&volume.target()).await;
        if fetched.is_err() || self.stop.is_requested() {
            // where even this fails, the next pod begins anew
            volume.pause(snapshot, &boot).unwrap_or_else(|error| tracing::warn!("{}", chain(&error)));
        }
        fetched?;
        if self.stop.is_requested() {
            return Err(RestoreError::Stopped);
        }
        let restored = self.examine(&volume.target())?;
        volume.finish(&restored)?;
        Ok(restored)
    }

    /// Hours are not spent on filling a volume that cannot hold it.
    fn enough_room(&self) -> Result<(), RestoreError> {
        match (room::of(&self.spec.volume), self.spec.expected_bytes) {
            (Ok(room), Some(needed)) if room.total < needed => Err(RestoreError::TooSmall),
            _ => Ok(()),
        }
    }

    async fn fetch(&self, target: &Path) -> Result<(), RestoreError> {
        let paths = kopia_args::KopiaPaths::below(self.scratch);
        fs::create_dir_all(&paths.scratch)
            .map_err(|source| RestoreError::Scratch { path: paths.scratch.clone(), source })?;
        let kopia = kopia::Kopia { program: self.kopia, password: self.password, stop: self.stop };
        let proxy = wait_proxy::wait_proxy(&self.spec.port_file, wait_proxy::DEADLINE, self.stop).await?;
        tracing::info!(%proxy, "connecting to the repository");
        kopia.run("open the repository", &kopia_args::connect(&self.spec.snapshot(), proxy, &paths)).await?;
        let mut report = self.report();
        let args = kopia_args::restore(self.spec, target, &paths);
        let mut tell = |progress: &progress::Progress| report.tell(progress, Instant::now());
        Ok(kopia.follow("restore the snapshot", &args, &mut tell).await?)
    }

    fn report(&self) -> report::Report<'_> {
        let RestoreSpec { expected_bytes, expected_files, progress_file, .. } = self.spec;
        report::Report::new(*expected_bytes, *expected_files, progress_file.as_deref(), Instant::now())
    }

    fn examine(&self, target: &Path) -> Result<Restored, RestoreError> {
        let survey = survey::survey(target)?;
        let chosen = pgdata::choose(&survey)?;
        let path = target.join(&chosen.cluster.path);
        let links = links::unsafe_links(&chosen.cluster.path, &survey.links);
        if !links.is_empty() {
            let links = links
                .iter()
                .take(LINKS_LISTED)
                .map(|link| format!("{} -> {}", quoted(&link.path), quoted(&link.target)));
            return Err(RestoreError::Links { path, links: links.collect::<Vec<_>>().join(", ") });
        }
        let relative = path.strip_prefix(&self.spec.volume).unwrap_or(&path).to_string_lossy();
        let data_dir = relative.trim_end_matches('/').parse();
        Ok(Restored {
            snapshot_id: self.spec.snapshot_id.clone(),
            data_dir: data_dir.map_err(|source| RestoreError::Name { path: path.clone(), source })?,
            postgres_major: chosen.major,
            files: survey.files,
            bytes: survey.bytes,
        })
    }
}

impl RestoreError {
    fn failure(&self) -> Failure {
        let reason = match self {
            Self::Kopia(error) => return error.failure(),
            Self::WaitProxy(wait_proxy::WaitProxyError::Deadline { .. }) => FailureReason::ProxyUnavailable,
            Self::WaitProxy(wait_proxy::WaitProxyError::Stopped) | Self::Stopped => {
                FailureReason::Interrupted
            }
            Self::TooSmall => FailureReason::NoSpace,
            Self::Survey(survey::SurveyError::Read { source, .. })
                if source.kind() == io::ErrorKind::NotADirectory =>
            {
                FailureReason::NoCluster
            }
            Self::Choose(pgdata::ChooseError::Find { .. }) => FailureReason::NoCluster,
            Self::Choose(pgdata::ChooseError::Choose { .. }) => FailureReason::AmbiguousCluster,
            Self::Choose(pgdata::ChooseError::Accept { .. }) => FailureReason::UnsupportedVersion,
            Self::Links { .. } => FailureReason::UnsafeLink,
            Self::Volume(
                volume::VolumeError::Sync { source, .. } | volume::VolumeError::Mark { source, .. },
            )
            | Self::Scratch { source, .. }
                if source.kind() == io::ErrorKind::StorageFull =>
            {
                FailureReason::NoSpace
            }
            Self::Scratch { .. } | Self::Volume(_) | Self::Survey(_) | Self::Name { .. } => {
                FailureReason::Internal
            }
        };
        Failure { reason, message: chain(self) }
    }
}

#[cfg(test)]
pub(crate) mod tests;
