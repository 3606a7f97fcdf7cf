//! `pgro-agent size`: from settings to an exit code.
//!
//! Input: flags, environment. Output: a [`SizingResult`](contract::pods::SizingResult) as termination message.
//! Must not: look.

use super::{
    environment,
    outcome::Termination,
    snapshot_args::{SnapshotArgs, password},
};
use crate::size::Sizing;
use clap::Args;
use contract::{env::EnvError, pods::SnapshotSpec};
use secrecy::SecretString;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct SizeArgs {
    #[command(flatten)]
    snapshot: SnapshotArgs,
    #[command(flatten)]
    termination: Termination,
}

impl SizeArgs {
    pub(super) fn run(&self) -> ExitCode {
        let (kopia, scratch) = (&self.snapshot.kopia, &std::env::temp_dir());
        self.termination.end(self.settings(environment), async |(spec, password), stop| {
            Sizing { spec, password, kopia, scratch, stop }.run().await
        })
    }

    fn settings(
        &self,
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<(SnapshotSpec, SecretString), EnvError> {
        let spec = SnapshotSpec::from_env(|name| self.snapshot.lookup(name))?;
        Ok((spec, password(secrets)?))
    }
}

#[cfg(test)]
mod tests {
    use super::SizeArgs;
    use crate::cli::tests::parsed;
    use contract::env::{self, EnvError};

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
        let (spec, _) = parsed::<SizeArgs>(&COMPLETE).settings(|_| Some("secret".into())).unwrap();
        for (name, value) in spec.to_env() {
            assert_eq!(parsed::<SizeArgs>(&COMPLETE).snapshot.lookup(name), Some(value), "{name}");
        }
    }

    #[test]
    fn the_password_has_no_flag_and_has_to_be_set() {
        let error = parsed::<SizeArgs>(&COMPLETE).settings(|_| None).unwrap_err();
        assert!(matches!(error, EnvError::Missing { name: env::REPOSITORY_PASSWORD, .. }), "{error}");
    }

    #[test]
    fn fault_e6_a_hostile_snapshot_id_is_refused_before_anything_starts() {
        let mut flags = COMPLETE;
        flags[0] = "--snapshot-id=--all";
        let error = parsed::<SizeArgs>(&flags).settings(|_| Some("secret".into())).unwrap_err();
        assert!(matches!(error, EnvError::Invalid { name: env::SNAPSHOT_ID, .. }), "{error}");
    }
}
