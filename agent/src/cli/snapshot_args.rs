//! Which snapshot, the way to it, and the program that knows the way: what `size` and `restore` are both told.
//!
//! Input: flags, environment. Output: the variables of a [`SnapshotSpec`](contract::pods::SnapshotSpec). Must not: take
//! the password by a flag.

use super::secret;
use clap::Args;
use contract::env::{self, EnvError};
use secrecy::SecretString;
use std::ffi::OsString;

#[derive(Debug, Args)]
pub(super) struct SnapshotArgs {
    /// The snapshot
    #[arg(long, env = env::SNAPSHOT_ID)]
    snapshot_id: Option<String>,
    /// Server whose backup it is
    #[arg(long, env = env::SERVER_ID)]
    server_id: Option<String>,
    /// Bucket of the repository
    #[arg(long, env = env::S3_BUCKET)]
    bucket: Option<String>,
    /// Prefix of the repository in the bucket
    #[arg(long, env = env::S3_PREFIX)]
    prefix: Option<String>,
    /// Region of the bucket
    #[arg(long, env = env::S3_REGION)]
    region: Option<String>,
    /// File the proxy writes its address to
    #[arg(long, env = env::PROXY_PORT_FILE)]
    port_file: Option<String>,
    /// The kopia program
    #[arg(long, env = "PGRO_KOPIA", default_value = "kopia")]
    pub(super) kopia: OsString,
}

impl SnapshotArgs {
    pub(super) fn lookup(&self, name: &str) -> Option<String> {
        match name {
            env::SNAPSHOT_ID => self.snapshot_id.clone(),
            env::SERVER_ID => self.server_id.clone(),
            env::S3_BUCKET => self.bucket.clone(),
            env::S3_PREFIX => self.prefix.clone(),
            env::S3_REGION => self.region.clone(),
            env::PROXY_PORT_FILE => self.port_file.clone(),
            _ => None,
        }
    }
}

/// The repository's password, from a Secret.
pub(super) fn password(secrets: impl Fn(&str) -> Option<String>) -> Result<SecretString, EnvError> {
    secret(env::REPOSITORY_PASSWORD, secrets)
}
