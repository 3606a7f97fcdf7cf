//! Which snapshot, in which repository, through which proxy: what `pgro-agent size` is told, and the part of
//! `pgro-agent restore`'s settings that is the same. The repository password comes beside it, from a Secret.

use crate::{
    env::{self, EnvError, EnvPairs, required, with_default},
    ids::{Bucket, Prefix, Region, ServerId, SnapshotId},
};
use std::path::PathBuf;

/// One snapshot and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotSpec {
    /// The snapshot.
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
}

impl SnapshotSpec {
    /// As variables of the container.
    pub fn to_env(&self) -> EnvPairs {
        vec![
            (env::SNAPSHOT_ID, self.snapshot_id.to_string()),
            (env::SERVER_ID, self.server_id.to_string()),
            (env::S3_BUCKET, self.bucket.to_string()),
            (env::S3_PREFIX, self.prefix.to_string()),
            (env::S3_REGION, self.region.to_string()),
            (env::PROXY_PORT_FILE, self.port_file.display().to_string()),
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
        })
    }
}
