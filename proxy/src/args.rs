//! Flags and environment.
//!
//! Input: argv and environment, by way of clap. Output: [`Settings`], or one line that names what is wrong. Must not:
//! take a secret: credentials come from the broker, the token from its file.

use crate::{
    limits::Limits,
    upstream::{Endpoint, EndpointError},
};
use clap::{ArgAction, Parser, Subcommand};
use contract::{
    env::{self, EnvError},
    pods::{ProxySpec, RelaySpec},
};
use std::{path::PathBuf, time::Duration};
use url::Url;

/// A setting of this program alone: whether it reads ahead.
pub const READ_AHEAD: &str = "PGRO_READ_AHEAD";

/// Lets kopia read one prefix of one S3 bucket with dummy keys: re-signs each GET and HEAD with the credentials of the
/// moment, refuses everything else.
#[derive(Debug, Parser)]
#[command(name = "canopy-proxy", version)]
pub struct Args {
    /// Base URL of the credentials broker
    #[arg(long, env = env::BROKER_URL, value_name = "URL", global = true)]
    broker_url: Option<String>,
    /// File with the bearer token for the broker, read anew for every call; without it no token is sent
    #[arg(long, env = env::BROKER_TOKEN_FILE, value_name = "FILE", global = true)]
    broker_token_file: Option<String>,
    /// Group to ask credentials for
    #[arg(long, env = env::GROUP, value_name = "UUID", global = true)]
    group: Option<String>,
    /// Type of backup to ask credentials for
    #[arg(long = "type", env = env::TYPE, value_name = "TYPE", global = true)]
    backup_type: Option<String>,
    /// The only bucket that is ever read
    #[arg(long, env = env::S3_BUCKET, value_name = "BUCKET", global = true)]
    bucket: Option<String>,
    /// What every key that is read begins with; may be empty
    #[arg(long, env = env::S3_PREFIX, value_name = "PREFIX", global = true)]
    prefix: Option<String>,
    /// Region of the bucket
    #[arg(long, env = env::S3_REGION, value_name = "REGION", global = true)]
    region: Option<String>,
    /// S3, path style; without it AWS in that region
    #[arg(long, env = env::S3_ENDPOINT, value_name = "URL", global = true)]
    endpoint: Option<String>,
    /// PEM file with roots to trust beside the system's
    #[arg(long, env = env::S3_CA_FILE, value_name = "FILE", global = true)]
    ca_file: Option<String>,
    /// Where the address is written once it listens and has credentials
    #[arg(long, env = env::PROXY_PORT_FILE, value_name = "FILE", global = true)]
    port_file: Option<String>,
    /// Where the traffic figures are posted on SIGTERM or SIGINT; without it nowhere
    #[arg(long, env = env::STATS_CALLBACK_URL, value_name = "URL", global = true)]
    stats_callback_url: Option<String>,
    /// File in which the restore tells how far it is
    #[arg(long, env = env::PROGRESS_FILE, value_name = "FILE", global = true)]
    progress_file: Option<String>,
    /// Where that is posted about once a minute; without it nowhere
    #[arg(long, env = env::PROGRESS_CALLBACK_URL, value_name = "URL", global = true)]
    progress_callback_url: Option<String>,
    /// Time the whole restore may take, in seconds; requests are held through an outage for a quarter of it
    #[arg(long, env = env::RESTORE_DEADLINE_SECS, value_name = "SECS", global = true)]
    restore_deadline_secs: Option<String>,
    /// Whether to read on behind the ranges that kopia asks for, `true` or `false`
    #[arg(long, env = READ_AHEAD, value_name = "BOOL", default_value = "true", action = ArgAction::Set, global = true)]
    read_ahead: bool,
    /// What is logged, such as `info` or `proxy=debug`
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info", global = true)]
    pub log: String,
    /// What to do; without a command, serve
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What else this program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Exit with 0 if the proxy whose address is in the file accepts connections (a startup probe)
    Ready,
}

/// All that `serve` needs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// As in the contract.
    pub spec: ProxySpec,
    /// Which S3.
    pub endpoint: Endpoint,
    /// Caps and deadlines.
    pub limits: Limits,
    /// What is told of the restore beside it.
    pub relay: Option<RelaySpec>,
}

/// Settings that make no sense; the exit code is 64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A variable is missing or does not parse.
    #[error(transparent)]
    Variable(#[from] EnvError),
    /// The endpoint is no endpoint.
    #[error("PGRO_S3_ENDPOINT: {0}")]
    Endpoint(#[from] EndpointError),
    /// A URL of another kind.
    #[error("{name}={url} is not valid: expected an http or https URL with a host")]
    Scheme {
        /// The variable.
        name: &'static str,
        /// Its value.
        url: Url,
    },
}

impl Args {
    /// Checks what was given.
    pub fn settings(&self) -> Result<Settings, UsageError> {
        let spec = ProxySpec::from_env(|name| self.lookup(name))?;
        is_web(env::BROKER_URL, Some(&spec.broker_url))?;
        is_web(env::STATS_CALLBACK_URL, spec.stats_callback_url.as_ref())?;
        let relay = RelaySpec::from_env(|name| self.lookup(name))?;
        is_web(env::PROGRESS_CALLBACK_URL, relay.as_ref().map(|relay| &relay.url))?;
        let endpoint = Endpoint::new(spec.endpoint.as_ref(), &spec.region)?;
        let deadline = spec.restore_deadline_secs.map(Duration::from_secs);
        let limits = deadline.map_or_else(Limits::default, Limits::for_restore_of);
        let limits = Limits { read_ahead: self.read_ahead, ..limits };
        Ok(Settings { spec, endpoint, limits, relay })
    }

    /// The address file alone, which is all that `ready` needs.
    pub fn port_file(&self) -> Result<PathBuf, UsageError> {
        Ok(env::required(&|name: &str| self.lookup(name), env::PROXY_PORT_FILE, "a file path")?)
    }

    fn lookup(&self, name: &str) -> Option<String> {
        match name {
            env::BROKER_URL => self.broker_url.clone(),
            env::BROKER_TOKEN_FILE => self.broker_token_file.clone(),
            env::GROUP => self.group.clone(),
            env::TYPE => self.backup_type.clone(),
            env::S3_BUCKET => self.bucket.clone(),
            env::S3_PREFIX => self.prefix.clone(),
            env::S3_REGION => self.region.clone(),
            env::S3_ENDPOINT => self.endpoint.clone(),
            env::S3_CA_FILE => self.ca_file.clone(),
            env::PROXY_PORT_FILE => self.port_file.clone(),
            env::STATS_CALLBACK_URL => self.stats_callback_url.clone(),
            env::PROGRESS_FILE => self.progress_file.clone(),
            env::PROGRESS_CALLBACK_URL => self.progress_callback_url.clone(),
            env::RESTORE_DEADLINE_SECS => self.restore_deadline_secs.clone(),
            _ => None,
        }
    }
}

fn is_web(name: &'static str, url: Option<&Url>) -> Result<(), UsageError> {
    match url {
        Some(url) if !matches!(url.scheme(), "http" | "https") => {
            Err(UsageError::Scheme { name, url: url.clone() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
