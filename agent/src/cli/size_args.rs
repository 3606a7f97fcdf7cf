//! `pgro-agent size`: from settings to an exit code.
//!
//! Input: flags, environment. Output: a [`SizingResult`] as termination message. Must not: look.

use super::{documented, environment, failed, secret, termination_log, unusable};
use crate::{size::Sizing, termination::leave};
use clap::Args;
use contract::{
    env::{self, EnvError},
    pods::{Failure, FailureReason, SizingResult, SnapshotSpec},
};
use secrecy::SecretString;
use std::{ffi::OsString, path::PathBuf, process::ExitCode};

#[derive(Debug, Args)]
pub(super) struct SizeArgs {
    #[command(flatten)]
    snapshot: SnapshotArgs,
    /// The kopia program
    #[arg(long, env = "PGRO_KOPIA", default_value = "kopia")]
    kopia: OsString,
    /// Where the result is left [default: /dev/termination-log]
    #[arg(long, env = "TERMINATION_LOG")]
    termination_log: Option<PathBuf>,
}

/// Which snapshot, and the way to it.
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

impl SizeArgs {
    pub(super) fn run(&self) -> ExitCode {
        let log = termination_log(self.termination_log.as_ref());
        let (spec, password) = match self.settings(environment) {
            Ok(settings) => settings,
            Err(error) => {
                leave(&log, &broken(FailureReason::BadSpec, error.to_string()));
                return unusable(&error.to_string());
            }
        };
        let scratch = std::env::temp_dir();
        let work = async |stop| {
            let (spec, password, stop) = (&spec, &password, &stop);
            Sizing { spec, password, kopia: &self.kopia, scratch: &scratch, stop }.run().await
        };
        let result = documented(work, |message| broken(FailureReason::Internal, message));
        leave(&log, &result);
        match result {
            SizingResult::Sized(_) => ExitCode::SUCCESS,
            SizingResult::Failed(failure) => failed(&failure.to_string()),
        }
    }

    fn settings(
        &self,
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<(SnapshotSpec, SecretString), EnvError> {
        let spec = SnapshotSpec::from_env(|name| self.snapshot.lookup(name))?;
        Ok((spec, secret(env::REPOSITORY_PASSWORD, secrets)?))
    }
}

fn broken(reason: FailureReason, message: String) -> SizingResult {
    SizingResult::Failed(Failure { reason, message })
}

#[cfg(test)]
mod tests {
    use super::SizeArgs;
    use clap::{FromArgMatches, Parser};
    use contract::env::{self, EnvError};

    #[derive(Debug, Parser)]
    struct Wrapper {
        #[command(flatten)]
        args: SizeArgs,
    }

    fn parse(flags: &[&str]) -> SizeArgs {
        let command = <Wrapper as clap::CommandFactory>::command().mut_args(|arg| arg.env(None::<&str>));
        let matches = command.get_matches_from([&["x"], flags].concat());
        Wrapper::from_arg_matches(&matches).unwrap().args
    }

    const COMPLETE: [&str; 6] = [
        "--snapshot-id=0123456789abcdef0123456789abcdef",
        "--server-id=00000000-0000-0000-0000-000000000002",
        "--bucket=backups",
        "--prefix=a b/",
        "--region=us-east-1",
        "--port-file=/shared/proxy",
    ];

    #[test]
    fn every_setting_of_the_spec_has_a_flag() {
        let (spec, _) = parse(&COMPLETE).settings(|_| Some("secret".into())).unwrap();
        for (name, value) in spec.to_env() {
            assert_eq!(parse(&COMPLETE).snapshot.lookup(name), Some(value), "{name}");
        }
    }

    #[test]
    fn the_password_has_no_flag_and_has_to_be_set() {
        let error = parse(&COMPLETE).settings(|_| None).unwrap_err();
        assert!(matches!(error, EnvError::Missing { name: env::REPOSITORY_PASSWORD, .. }), "{error}");
    }

    #[test]
    fn fault_e6_a_hostile_snapshot_id_is_refused_before_anything_starts() {
        let mut flags = COMPLETE;
        flags[0] = "--snapshot-id=--all";
        let error = parse(&flags).settings(|_| Some("secret".into())).unwrap_err();
        assert!(matches!(error, EnvError::Invalid { name: env::SNAPSHOT_ID, .. }), "{error}");
    }
}
