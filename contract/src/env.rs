//! Names of the environment variables pods are started with, and how one is read.
//!
//! Input: a lookup from name to text, so that flags, tests and the real environment all serve. Output: typed values
//! or an [`EnvError`] of one line. Must not: read the process environment itself.

use std::{fmt::Display, str::FromStr};

/// Base URL of the broker.
pub const BROKER_URL: &str = "PGRO_BROKER_URL";
/// File with the bearer token for the broker; read anew for every call.
pub const BROKER_TOKEN_FILE: &str = "PGRO_BROKER_TOKEN_FILE";
/// Group whose credentials are asked for.
pub const GROUP: &str = "PGRO_GROUP";
/// Kind of backup whose credentials are asked for.
pub const TYPE: &str = "PGRO_TYPE";
/// The only bucket that is ever read.
pub const S3_BUCKET: &str = "PGRO_S3_BUCKET";
/// The only prefix that is ever read; may be empty.
pub const S3_PREFIX: &str = "PGRO_S3_PREFIX";
/// Region of the bucket.
pub const S3_REGION: &str = "PGRO_S3_REGION";
/// Base URL of S3; default is AWS in that region.
pub const S3_ENDPOINT: &str = "PGRO_S3_ENDPOINT";
/// PEM file with extra roots for S3.
pub const S3_CA_FILE: &str = "PGRO_S3_CA_FILE";
/// Where the proxy writes its address.
pub const PROXY_PORT_FILE: &str = "PGRO_PROXY_PORT_FILE";
/// Time the whole restore may take, seconds; the proxy holds requests through an outage for a share of it.
pub const RESTORE_DEADLINE_SECS: &str = "PGRO_RESTORE_DEADLINE_SECS";
/// Where the proxy posts its traffic figures.
pub const STATS_CALLBACK_URL: &str = "PGRO_STATS_CALLBACK_URL";

/// Snapshot to restore, or that was restored.
pub const SNAPSHOT_ID: &str = "PGRO_SNAPSHOT_ID";
/// When that snapshot was taken.
pub const SNAPSHOT_AT: &str = "PGRO_SNAPSHOT_AT";
/// Server whose backup it is; kopia's host name.
pub const SERVER_ID: &str = "PGRO_SERVER_ID";
/// Mount point of the volume.
pub const VOLUME: &str = "PGRO_VOLUME";
/// Files restored in parallel.
pub const RESTORE_PARALLEL: &str = "PGRO_RESTORE_PARALLEL";
/// How large the snapshot is, bytes.
pub const SNAPSHOT_BYTES: &str = "PGRO_SNAPSHOT_BYTES";
/// How many files it has.
pub const SNAPSHOT_FILES: &str = "PGRO_SNAPSHOT_FILES";
/// Where the restore tells how far it is, and the proxy reads it.
pub const PROGRESS_FILE: &str = "PGRO_PROGRESS_FILE";
/// Where the proxy posts that.
pub const PROGRESS_CALLBACK_URL: &str = "PGRO_PROGRESS_CALLBACK_URL";
/// Password of the kopia repository, in kopia's own variable; only ever filled from a Secret.
pub const REPOSITORY_PASSWORD: &str = "KOPIA_PASSWORD";

/// Run that is prepared.
pub const RUN: &str = "PGRO_RUN";
/// What the copy is for.
pub const INTENT: &str = "PGRO_INTENT";
/// Data directory, relative to the volume.
pub const DATA_DIR: &str = "PGRO_DATA_DIR";
/// Memory of the postgres container, bytes.
pub const MEMORY_BYTES: &str = "PGRO_MEMORY_BYTES";
/// Time all checks together may take, seconds.
pub const CHECK_BUDGET_SECS: &str = "PGRO_CHECK_BUDGET_SECS";
/// Time crash recovery may take, seconds.
pub const RECOVERY_BUDGET_SECS: &str = "PGRO_RECOVERY_BUDGET_SECS";
/// What the declaration asks of its data, as JSON; unset: nothing.
pub const PROBES: &str = "PGRO_PROBES";
/// Rows by database that the last good run of the replica had, as JSON; unset: not known.
pub const ROWS_BEFORE: &str = "PGRO_ROWS_BEFORE";
/// Password of the superuser; only ever filled from a Secret.
pub const SUPERUSER_PASSWORD: &str = "PGRO_SUPERUSER_PASSWORD";
/// Password of the analytics user; only ever filled from a Secret.
pub const ANALYTICS_PASSWORD: &str = "PGRO_ANALYTICS_PASSWORD";

/// Variables as they are written into a pod.
pub type EnvPairs = Vec<(&'static str, String)>;

/// A variable that is missing or does not parse; the start ends with exit code 64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// It has to be set and is not.
    #[error("{name} is not set: expected {expected}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// It is set to something else than it should hold.
    #[error("{name}={value:?} is not valid: expected {expected} ({why})")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What it should hold.
        expected: &'static str,
        /// What the parser said.
        why: String,
    },
}

/// Exit code for bad usage or environment, as in sysexits(3).
pub const EX_USAGE: u8 = 64;

/// The value of `name`, where it is set; an empty text counts as unset.
pub fn optional<T>(
    lookup: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
) -> Result<Option<T>, EnvError>
where
    T: FromStr<Err: Display>,
{
    let Some(value) = lookup(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    match value.parse() {
        Ok(parsed) => Ok(Some(parsed)),
        Err(why) => Err(EnvError::Invalid { name, expected, why: format!("{why}"), value }),
    }
}

/// The value of `name`, which has to be set.
pub fn required<T>(
    lookup: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
) -> Result<T, EnvError>
where
    T: FromStr<Err: Display>,
{
    optional(lookup, name, expected)?.ok_or(EnvError::Missing { name, expected })
}

/// The value of `name`, or `default` where it is unset.
pub fn with_default<T>(
    lookup: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
    default: T,
) -> Result<T, EnvError>
where
    T: FromStr<Err: Display>,
{
    Ok(optional(lookup, name, expected)?.unwrap_or(default))
}

#[cfg(test)]
mod tests {
    use super::{EnvError, optional, required, with_default};

    fn env(value: Option<&str>) -> impl Fn(&str) -> Option<String> {
        let value = value.map(str::to_owned);
        move |_| value.clone()
    }

    #[test]
    fn an_unset_or_empty_required_variable_is_named() {
        for value in [None, Some("")] {
            let error = required::<u16>(&env(value), "PGRO_X", "a port").unwrap_err();
            assert_eq!(error.to_string(), "PGRO_X is not set: expected a port");
        }
    }

    #[test]
    fn an_unparsable_value_is_shown_with_what_was_expected() {
        let error = optional::<u16>(&env(Some("many")), "PGRO_X", "a port").unwrap_err();
        assert!(matches!(&error, EnvError::Invalid { value, .. } if value == "many"));
        assert!(error.to_string().starts_with("PGRO_X=\"many\" is not valid: expected a port"));
    }

    #[test]
    fn a_default_serves_only_where_nothing_is_set() {
        assert_eq!(with_default(&env(None), "PGRO_X", "a port", 7_u16), Ok(7));
        assert_eq!(with_default(&env(Some("8")), "PGRO_X", "a port", 7_u16), Ok(8));
        assert!(with_default(&env(Some("x")), "PGRO_X", "a port", 7_u16).is_err());
    }
}
