//! What `pgro-agent restore` is told. The repository password comes beside it, from a Secret.

use crate::{
    env::{self, EnvError, EnvPairs, optional, required, with_default},
    ids::{Bucket, Prefix, Region, ServerId, SnapshotId},
    pods::SnapshotSpec,
};
use std::{num::NonZeroU16, path::PathBuf};

/// Settings of one restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreSpec {
    /// What is restored.
    pub snapshot_id: SnapshotId,
    /// Whose backup it is: kopia's host name.
    pub server_id: ServerId,
    /// Bucket of the repository.
    pub bucket: Bucket,
    /// Prefix of the repository.
    pub prefix: Prefix,
    /// Region of the bucket.
    pub region: Region,
    /// Where the proxy writes its address.
    pub port_file: PathBuf,
    /// Mount point of the volume; the files go to `restored` in it.
    pub volume: PathBuf,
    /// Files restored in parallel.
    pub parallel: NonZeroU16,
    /// How large the snapshot is, bytes; none: not known.
    pub expected_bytes: Option<u64>,
    /// How many files it has; none: not known.
    pub expected_files: Option<u64>,
    /// Where it tells how far it is; none: in its log alone.
    pub progress_file: Option<PathBuf>,
}

/// Kopia's own default, spelled out since its default is not a promise.
const PARALLEL_DEFAULT: NonZeroU16 = NonZeroU16::new(8).unwrap();

impl RestoreSpec {
    /// The part that says where the snapshot is.
    pub fn snapshot(&self) -> SnapshotSpec {
        SnapshotSpec {
            snapshot_id: self.snapshot_id.clone(),
            server_id: self.server_id,
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
            region: self.region.clone(),
            port_file: self.port_file.clone(),
        }
    }

    /// As variables of the container.
    pub fn to_env(&self) -> EnvPairs {
        let mut pairs = self.snapshot().to_env();
        pairs.push((env::VOLUME, self.volume.display().to_string()));
        pairs.push((env::RESTORE_PARALLEL, self.parallel.to_string()));
        pairs.extend(self.expected_bytes.map(|bytes| (env::SNAPSHOT_BYTES, bytes.to_string())));
        pairs.extend(self.expected_files.map(|files| (env::SNAPSHOT_FILES, files.to_string())));
        let file = self.progress_file.as_ref();
        pairs.extend(file.map(|file| (env::PROGRESS_FILE, file.display().to_string())));
        pairs
    }

    /// From variables, or the first one that is wrong.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let lookup = &lookup;
        let SnapshotSpec { snapshot_id, server_id, bucket, prefix, region, port_file } =
            SnapshotSpec::from_env(lookup)?;
        Ok(Self {
            snapshot_id,
            server_id,
            bucket,
            prefix,
            region,
            port_file,
            volume: required(lookup, env::VOLUME, "a directory")?,
            parallel: with_default(lookup, env::RESTORE_PARALLEL, "a number from 1", PARALLEL_DEFAULT)?,
            expected_bytes: optional(lookup, env::SNAPSHOT_BYTES, "a number of bytes")?,
            expected_files: optional(lookup, env::SNAPSHOT_FILES, "a number of files")?,
            progress_file: optional(lookup, env::PROGRESS_FILE, "a file path")?,
        })
    }
}
