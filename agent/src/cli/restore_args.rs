//! `pgro-agent restore`: from settings to an exit code.
//!
//! Input: flags, environment. Output: a [`RestoreResult`] as termination message. Must not: restore.

use super::{documented, environment, failed, secret, size_args::SnapshotArgs, termination_log, unusable};
use crate::{restore::Restore, termination::leave};
use clap::Args;
use contract::{
    env::{self, EnvError},
    pods::{Failure, FailureReason, RestoreResult, RestoreSpec},
};
use secrecy::SecretString;
use std::{ffi::OsString, path::PathBuf, process::ExitCode};

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    snapshot: SnapshotArgs,
    /// Mount point of the volume
    #[arg(long, env = env::VOLUME)]
    volume: Option<String>,
    /// Files restored in parallel
    #[arg(long, env = env::RESTORE_PARALLEL)]
    parallel: Option<String>,
    /// How large the snapshot is, bytes
    #[arg(long, env = env::SNAPSHOT_BYTES)]
    expected_bytes: Option<String>,
    /// How many files it has
    #[arg(long, env = env::SNAPSHOT_FILES)]
    expected_files: Option<String>,
    /// Where it is told how far the restore is
    #[arg(long, env = env::PROGRESS_FILE)]
    progress_file: Option<String>,
    /// The kopia program
    #[arg(long, env = "PGRO_KOPIA", default_value = "kopia")]
    kopia: OsString,
    /// Where the result is left [default: /dev/termination-log]
    #[arg(long, env = "TERMINATION_LOG")]
    termination_log: Option<PathBuf>,
}

impl RestoreArgs {
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
            Restore { spec, password, kopia: &self.kopia, scratch: &scratch, stop }.run().await
        };
        let result = documented(work, |message| broken(FailureReason::Internal, message));
        leave(&log, &result);
        match result {
            RestoreResult::Restored(_) => ExitCode::SUCCESS,
            RestoreResult::Failed(failure) => failed(&failure.to_string()),
        }
    }

    fn settings(
        &self,
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<(RestoreSpec, SecretString), EnvError> {
        let spec = RestoreSpec::from_env(|name| self.lookup(name))?;
        Ok((spec, secret(env::REPOSITORY_PASSWORD, secrets)?))
    }

    fn lookup(&self, name: &str) -> Option<String> {
        match name {
            env::VOLUME => self.volume.clone(),
            env::RESTORE_PARALLEL => self.parallel.clone(),
            env::SNAPSHOT_BYTES => self.expected_bytes.clone(),
            env::SNAPSHOT_FILES => self.expected_files.clone(),
            env::PROGRESS_FILE => self.progress_file.clone(),
            _ => self.snapshot.lookup(name),
        }
    }
}

fn broken(reason: FailureReason, message: String) -> RestoreResult {
    RestoreResult::Failed(Failure { reason, message })
}

#[cfg(test)]
mod tests {
    use super::RestoreArgs;
    use clap::{FromArgMatches, Parser};
    use contract::env::{self, EnvError};

    #[derive(Debug, Parser)]
    struct Wrapper {
        #[command(flatten)]
        args: RestoreArgs,
    }

    fn parse(flags: &[&str]) -> RestoreArgs {
        let command = <Wrapper as clap::CommandFactory>::command().mut_args(|arg| arg.env(None::<&str>));
        let matches = command.get_matches_from([&["x"], flags].concat());
        Wrapper::from_arg_matches(&matches).unwrap().args
    }

    const COMPLETE: [&str; 6] = [
        "--snapshot-id=0123456789abcdef0123456789abcdef",
        "--server-id=00000000-0000-0000-0000-000000000002",
        "--bucket=backups",
        "--region=us-east-1",
        "--port-file=/shared/proxy",
        "--volume=/pgdata",
    ];

    #[test]
    fn every_setting_of_the_spec_has_a_flag() {
        let flags = [
            &COMPLETE[..],
            &[
                "--prefix=a b/",
                "--parallel=3",
                "--expected-bytes=7",
                "--expected-files=2",
                "--progress-file=/x",
            ],
        ]
        .concat();
        let (spec, _) = parse(&flags).settings(|_| Some("secret".into())).unwrap();
        for (name, value) in spec.to_env() {
            assert_eq!(parse(&flags).lookup(name), Some(value), "{name}");
        }
    }

    #[test]
    fn the_password_has_no_flag_and_has_to_be_set() {
        for unset in [None, Some(String::new())] {
            let error = parse(&COMPLETE).settings(|_| unset.clone()).unwrap_err();
            assert!(matches!(error, EnvError::Missing { name: env::REPOSITORY_PASSWORD, .. }), "{error}");
        }
    }

    #[test]
    fn fault_e6_a_hostile_snapshot_id_is_refused_before_anything_starts() {
        for hostile in ["--delete-extra", "/etc/passwd", "$(reboot)", "latest"] {
            let mut flags = COMPLETE.to_vec();
            let flag = format!("--snapshot-id={hostile}");
            flags[0] = &flag;
            let error = parse(&flags).settings(|_| Some("secret".into())).unwrap_err();
            assert!(matches!(error, EnvError::Invalid { name: env::SNAPSHOT_ID, .. }), "{error}");
        }
    }
}
