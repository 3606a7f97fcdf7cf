//! `pgro-agent prepare`: from settings to an exit code.
//!
//! Input: flags, environment. Output: a [`PrepareReport`](contract::pods::PrepareReport) as termination message.
//! Must not: prepare.

use super::{environment, outcome::Termination, secret};
use crate::prepare::{Prepare, config::SOCKET_DIR, users::Passwords};
use clap::Args;
use contract::{
    env::{self, EnvError},
    pods::PrepareSpec,
};
use secrecy::SecretString;
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, Args)]
pub(super) struct PrepareArgs {
    /// Attempt this is
    #[arg(long, env = env::RUN)]
    run: Option<String>,
    /// Snapshot that was restored
    #[arg(long, env = env::SNAPSHOT_ID)]
    snapshot_id: Option<String>,
    /// When it was taken
    #[arg(long, env = env::SNAPSHOT_AT)]
    snapshot_at: Option<String>,
    /// What the copy is for
    #[arg(long, env = env::INTENT)]
    intent: Option<String>,
    /// Mount point of the volume
    #[arg(long, env = env::VOLUME)]
    volume: Option<String>,
    /// Data directory, relative to the volume
    #[arg(long, env = env::DATA_DIR)]
    data_dir: Option<String>,
    /// Memory of the postgres container, bytes
    #[arg(long, env = env::MEMORY_BYTES)]
    memory_bytes: Option<String>,
    /// Time all checks together may take, seconds
    #[arg(long, env = env::CHECK_BUDGET_SECS)]
    check_budget_secs: Option<String>,
    /// Time crash recovery may take, seconds
    #[arg(long, env = env::RECOVERY_BUDGET_SECS)]
    recovery_budget_secs: Option<String>,
    /// What the declaration asks of its data, as JSON
    #[arg(long, env = env::PROBES)]
    probes: Option<String>,
    /// Rows by database that the last good run had, as JSON
    #[arg(long, env = env::ROWS_BEFORE)]
    rows_before: Option<String>,
    /// Directory of the server's socket
    #[arg(long, env = "PGRO_SOCKET_DIR", default_value = SOCKET_DIR)]
    socket_dir: PathBuf,
    /// Directory of PostgreSQL's programs [default: PATH, then Debian's place]
    #[arg(long, env = "PGRO_POSTGRES_BIN")]
    postgres_bin: Option<PathBuf>,
    #[command(flatten)]
    termination: Termination,
}

/// What parses, with both passwords.
struct Settings {
    spec: PrepareSpec,
    superuser: SecretString,
    analytics: SecretString,
}

impl PrepareArgs {
    pub(super) fn run(&self) -> ExitCode {
        let scratch = std::env::temp_dir();
        self.termination.end(self.settings(environment), async |settings, stop| {
            let prepare = Prepare {
                spec: &settings.spec,
                passwords: Passwords { superuser: &settings.superuser, analytics: &settings.analytics },
                socket_dir: &self.socket_dir,
                scratch: &scratch,
                bin_dir: self.postgres_bin.as_deref(),
                path: std::env::var_os("PATH"),
                stop,
            };
            prepare.run().await
        })
    }

    fn settings(&self, secrets: impl Fn(&str) -> Option<String>) -> Result<Settings, EnvError> {
        let spec = PrepareSpec::from_env(|name| self.lookup(name))?;
        let superuser = secret(env::SUPERUSER_PASSWORD, &secrets)?;
        Ok(Settings { spec, superuser, analytics: secret(env::ANALYTICS_PASSWORD, &secrets)? })
    }

    fn lookup(&self, name: &str) -> Option<String> {
        match name {
            env::RUN => self.run.clone(),
            env::SNAPSHOT_ID => self.snapshot_id.clone(),
            env::SNAPSHOT_AT => self.snapshot_at.clone(),
            env::INTENT => self.intent.clone(),
            env::VOLUME => self.volume.clone(),
            env::DATA_DIR => self.data_dir.clone(),
            env::MEMORY_BYTES => self.memory_bytes.clone(),
            env::CHECK_BUDGET_SECS => self.check_budget_secs.clone(),
            env::RECOVERY_BUDGET_SECS => self.recovery_budget_secs.clone(),
            env::PROBES => self.probes.clone(),
            env::ROWS_BEFORE => self.rows_before.clone(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PrepareArgs;
    use crate::cli::tests::parsed;
    use contract::env::{self, EnvError};

    const COMPLETE: [&str; 11] = [
        "--run=0123456789",
        "--snapshot-id=0123456789abcdef",
        "--snapshot-at=2026-01-02T03:04:05Z",
        "--intent=analytics",
        "--volume=/pgdata",
        "--data-dir=restored/15/main",
        "--memory-bytes=1073741824",
        "--check-budget-secs=600",
        "--recovery-budget-secs=600",
        "--rows-before={\"app\":7}",
        "--probes=[{\"name\":\"a\",\"sql\":\"SELECT true\",\"timeout_seconds\":30}]",
    ];

    #[test]
    fn every_setting_of_the_spec_has_a_flag() {
        let settings = parsed::<PrepareArgs>(&COMPLETE).settings(|_| Some("secret".into())).unwrap();
        for (name, value) in settings.spec.to_env() {
            assert_eq!(parsed::<PrepareArgs>(&COMPLETE).lookup(name), Some(value), "{name}");
        }
    }

    #[test]
    fn both_passwords_have_to_be_set_and_have_no_flag() {
        for lacking in [env::SUPERUSER_PASSWORD, env::ANALYTICS_PASSWORD] {
            let secrets = |name: &str| (name != lacking).then(|| "secret".to_owned());
            let error = parsed::<PrepareArgs>(&COMPLETE).settings(secrets).err().unwrap();
            assert!(matches!(error, EnvError::Missing { name, .. } if name == lacking), "{error}");
        }
    }

    #[test]
    fn fault_f4_a_data_directory_outside_the_volume_is_refused() {
        let mut flags = COMPLETE.to_vec();
        flags[5] = "--data-dir=../etc";
        let error = parsed::<PrepareArgs>(&flags).settings(|_| Some("secret".into())).err().unwrap();
        assert!(matches!(error, EnvError::Invalid { name: env::DATA_DIR, .. }), "{error}");
    }
}
