//! `pgro-agent restore`: from settings to an exit code.
//!
//! Input: flags, environment. Output: a [`RestoreResult`](contract::pods::RestoreResult) as termination message.
//! Must not: restore.

use super::{
    environment,
    outcome::Termination,
    snapshot_args::{SnapshotArgs, password},
};
use crate::restore::Restore;
use clap::Args;
use contract::{
    env::{self, EnvError},
    pods::RestoreSpec,
};
use secrecy::SecretString;
use std::process::ExitCode;

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
    #[command(flatten)]
    termination: Termination,
}

impl RestoreArgs {
    pub(super) fn run(&self) -> ExitCode {
        let (kopia, scratch) = (&self.snapshot.kopia, &std::env::temp_dir());
        self.termination.end(self.settings(environment), async |(spec, password), stop| {
            Restore { spec, password, kopia, scratch, stop }.run().await
        })
    }

    fn settings(
        &self,
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<(RestoreSpec, SecretString), EnvError> {
        let spec = RestoreSpec::from_env(|name| self.lookup(name))?;
        Ok((spec, password(secrets)?))
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

#[cfg(test)]
mod tests {
    use super::RestoreArgs;
    use crate::cli::tests::parsed;
    use contract::env::{self, EnvError};

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
        let (spec, _) = parsed::<RestoreArgs>(&flags).settings(|_| Some("secret".into())).unwrap();
        for (name, value) in spec.to_env() {
            assert_eq!(parsed::<RestoreArgs>(&flags).lookup(name), Some(value), "{name}");
        }
    }

    #[test]
    fn the_password_has_no_flag_and_has_to_be_set() {
        for unset in [None, Some(String::new())] {
            let error = parsed::<RestoreArgs>(&COMPLETE).settings(|_| unset.clone()).unwrap_err();
            assert!(matches!(error, EnvError::Missing { name: env::REPOSITORY_PASSWORD, .. }), "{error}");
        }
    }

    #[test]
    fn fault_e6_a_hostile_snapshot_id_is_refused_before_anything_starts() {
        for hostile in ["--delete-extra", "/etc/passwd", "$(reboot)", "latest"] {
            let mut flags = COMPLETE.to_vec();
            let flag = format!("--snapshot-id={hostile}");
            flags[0] = &flag;
            let error = parsed::<RestoreArgs>(&flags).settings(|_| Some("secret".into())).unwrap_err();
            assert!(matches!(error, EnvError::Invalid { name: env::SNAPSHOT_ID, .. }), "{error}");
        }
    }
}
