//! What `pgro-agent restore` is told. The repository password comes beside it, from a Secret.

use crate::{
    env::{self, EnvError, EnvPairs, required, with_default},
    ids::{Bucket, Prefix, Region, ServerId, SnapshotId},
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
}

/// Kopia's own default, spelled out since its default is not a promise.
const PARALLEL_DEFAULT: NonZeroU16 = NonZeroU16::new(8).unwrap();

impl RestoreSpec {
    /// As variables of the container.
    pub fn to_env(&self) -> EnvPairs {
        vec![
            (env::SNAPSHOT_ID, self.snapshot_id.to_string()),
            (env::SERVER_ID, self.server_id.to_string()),
            (env::S3_BUCKET, self.bucket.to_string()),
            (env::S3_PREFIX, self.prefix.to_string()),
            (env::S3_REGION, self.region.to_string()),
            (env::PROXY_PORT_FILE, self.port_file.display().to_string()),
            (env::VOLUME, self.volume.display().to_string()),
            (env::RESTORE_PARALLEL, self.parallel.to_string()),
        ]
    }

    /// From variables, or the first one that is wrong.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let lookup = &lookup;
        Ok(Self {
            snapshot_id: required(lookup, env::SNAPSHOT_ID, "a kopia snapshot id")?,
            server_id: required(lookup, env::SERVER_ID, "a UUID")?,
            bucket: required(lookup, env::S3_BUCKET, "an S3 bucket name")?,
            prefix: with_default(lookup, env::S3_PREFIX, "a key prefix", Prefix::default())?,
            region: required(lookup, env::S3_REGION, "a region name")?,
            port_file: required(lookup, env::PROXY_PORT_FILE, "a file path")?,
            volume: required(lookup, env::VOLUME, "a directory")?,
            parallel: with_default(lookup, env::RESTORE_PARALLEL, "a number from 1", PARALLEL_DEFAULT)?,
        })
    }
}
