//! What `canopy-proxy` is told.

use crate::{
    env::{self, EnvError, EnvPairs, optional, required, with_default},
    ids::{BackupType, Bucket, GroupId, Prefix, Region},
};
use std::path::PathBuf;
use url::Url;

/// Settings of one `canopy-proxy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySpec {
    /// Base URL of the broker.
    pub broker_url: Url,
    /// File with the bearer token; none: no header (local use).
    pub broker_token_file: Option<PathBuf>,
    /// What to ask the broker for.
    pub group: GroupId,
    /// What to ask the broker for.
    pub backup_type: BackupType,
    /// The only bucket it reads.
    pub bucket: Bucket,
    /// The only prefix it reads.
    pub prefix: Prefix,
    /// Region it signs for.
    pub region: Region,
    /// Base URL of S3; none: AWS in that region.
    pub endpoint: Option<Url>,
    /// PEM file with extra roots.
    pub ca_file: Option<PathBuf>,
    /// Where it writes its address.
    pub port_file: PathBuf,
    /// Where it posts its figures; none: nowhere.
    pub stats_callback_url: Option<Url>,
    /// Time the whole restore may take; none: not known.
    pub restore_deadline_secs: Option<u64>,
}

impl ProxySpec {
    /// As variables of the container; what is unset is left out.
    pub fn to_env(&self) -> EnvPairs {
        let path = |path: &PathBuf| path.display().to_string();
        let mut pairs = vec![
            (env::BROKER_URL, self.broker_url.to_string()),
            (env::GROUP, self.group.to_string()),
            (env::TYPE, self.backup_type.to_string()),
            (env::S3_BUCKET, self.bucket.to_string()),
            (env::S3_PREFIX, self.prefix.to_string()),
            (env::S3_REGION, self.region.to_string()),
            (env::PROXY_PORT_FILE, path(&self.port_file)),
        ];
        pairs.extend(self.broker_token_file.as_ref().map(|file| (env::BROKER_TOKEN_FILE, path(file))));
        pairs.extend(self.endpoint.as_ref().map(|url| (env::S3_ENDPOINT, url.to_string())));
        pairs.extend(self.ca_file.as_ref().map(|file| (env::S3_CA_FILE, path(file))));
        pairs.extend(self.stats_callback_url.as_ref().map(|url| (env::STATS_CALLBACK_URL, url.to_string())));
        pairs.extend(self.restore_deadline_secs.map(|secs| (env::RESTORE_DEADLINE_SECS, secs.to_string())));
        pairs
    }

    /// From variables, or the first one that is wrong.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let lookup = &lookup;
        Ok(Self {
            broker_url: required(lookup, env::BROKER_URL, "an http(s) base URL")?,
            broker_token_file: optional(lookup, env::BROKER_TOKEN_FILE, "a file path")?,
            group: required(lookup, env::GROUP, "a UUID")?,
            backup_type: required(lookup, env::TYPE, "1 to 512 bytes without control characters")?,
            bucket: required(lookup, env::S3_BUCKET, "an S3 bucket name")?,
            prefix: with_default(lookup, env::S3_PREFIX, "a key prefix", Prefix::default())?,
            region: required(lookup, env::S3_REGION, "a region name")?,
            endpoint: optional(lookup, env::S3_ENDPOINT, "an http(s) base URL")?,
            ca_file: optional(lookup, env::S3_CA_FILE, "a file path")?,
            port_file: required(lookup, env::PROXY_PORT_FILE, "a file path")?,
            stats_callback_url: optional(lookup, env::STATS_CALLBACK_URL, "an http(s) URL")?,
            restore_deadline_secs: optional(lookup, env::RESTORE_DEADLINE_SECS, "a number of seconds")?,
        })
    }
}
