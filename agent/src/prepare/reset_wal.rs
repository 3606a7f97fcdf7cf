//! The last resort: a write-ahead log that recovery cannot start from is given up.
//!
//! Input: what the server said, a data directory no server runs on. Output: one on which a server starts. Must not: be
//! the way to a verified copy; it only lets the checks tell what is left.

use super::{error::PrepareError, server::Place};
use crate::{
    command::{capture, clean},
    text::printable,
};
use std::{fs, io, time::Duration};

/// It writes a few files.
const SHORT: Duration = Duration::from_mins(1);
/// What a server says that does not know where to begin.
const NO_BEGINNING: [&str; 4] = [
    "could not locate a valid checkpoint record",
    "could not locate required checkpoint record",
    "could not find redo location referenced by checkpoint record",
    "required WAL directory \"pg_wal\" does not exist",
];

/// Whether recovery could not even start.
pub(super) fn is_called_for(said: &str) -> bool {
    NO_BEGINNING.iter().any(|words| said.contains(words))
}

/// Runs `pg_resetwal`.
pub(super) async fn reset(place: Place<'_>) -> Result<(), PrepareError> {
    let prepared = prepare(place);
    prepared.map_err(|source| PrepareError::ResetWal { said: source.to_string() })?;
    let mut command = clean(place.binaries.pg_resetwal());
    command.arg("--force").arg("-D").arg(place.data_dir);
    let output = capture(command, SHORT).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(PrepareError::ResetWal { said: printable(&output.stderr) })
}

/// The program wants these directories, and the server looks for a beginning where the label says.
fn prepare(place: Place<'_>) -> io::Result<()> {
    for directory in ["pg_wal/archive_status", "pg_wal/summaries"] {
        fs::create_dir_all(place.data_dir.join(directory))?;
    }
    match fs::remove_file(place.data_dir.join("backup_label")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_called_for;

    #[test]
    fn fault_f9_only_a_recovery_that_cannot_start_calls_for_it() {
        assert!(is_called_for("PANIC:  could not locate a valid checkpoint record"));
        for said in ["WAL ends before end of online backup", "No space left on device", ""] {
            assert!(!is_called_for(said), "{said}");
        }
    }
}
