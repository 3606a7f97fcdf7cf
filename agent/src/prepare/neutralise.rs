//! Taking the source host out of a data directory.
//!
//! Input: a data directory no server runs on, our configuration texts. Output: the same directory with our
//! configuration and nothing that points to other hosts, programs or paths; and the repairs worth telling.
//! Must not: touch data or write-ahead log, or write through a link.

use contract::pods::Fix;
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Says that the source was a standby, or was being restored.
const SIGNALS: [&str; 2] = ["standby.signal", "recovery.signal"];
/// What a running server leaves behind, and settings of servers before 12, whose mere presence stops newer ones.
const LEFTOVERS: [&str; 5] =
    ["postmaster.pid", "postmaster.opts", "current_logfiles", "recovery.conf", "promote"];
/// What a base backup tells recovery. On Windows it is written with carriage returns, which no server here reads.
const RECOVERY_NOTES: [&str; 2] = ["backup_label", "tablespace_map"];
/// Directories a server wants to find, whose content it makes itself; backup tools like to leave them out.
const TRANSIENT: [&str; 13] = [
    "pg_commit_ts",
    "pg_dynshmem",
    "pg_logical/mappings",
    "pg_logical/snapshots",
    "pg_notify",
    "pg_replslot",
    "pg_serial",
    "pg_snapshots",
    "pg_stat",
    "pg_stat_tmp",
    "pg_subtrans",
    "pg_tblspc",
    "pg_twophase",
];

/// Files of our making, by name.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    /// `postgresql.conf`.
    pub(super) config: String,
    /// `pg_hba.conf`.
    pub(super) hba: String,
}

/// Why the directory is not ours yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum NeutraliseError {
    /// Something could not be changed.
    #[error("failed to {attempted} {}", path.display())]
    Change {
        /// What was attempted.
        attempted: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Recovery would make links to places on the source host.
    #[error("failed to accept {}: it points recovery to tablespaces outside the data directory: {map}", path.display())]
    Tablespaces {
        /// The map of a base backup.
        path: PathBuf,
        /// Its content, shortened.
        map: String,
    },
}

/// Does it; a second time changes nothing.
pub(super) fn neutralise(data_dir: &Path, texts: &Texts) -> Result<Vec<Fix>, NeutraliseError> {
    refuse_tablespace_map(data_dir)?;
    for name in TRANSIENT {
        change("make", &data_dir.join(name), |path| fs::create_dir_all(path))?;
    }
    empty(&data_dir.join("pg_replslot"))?;
    for name in LEFTOVERS {
        remove(&data_dir.join(name))?;
    }
    let mut standby = false;
    for name in SIGNALS {
        standby |= remove(&data_dir.join(name))?;
    }
    for name in RECOVERY_NOTES {
        unix_lines(&data_dir.join(name))?;
    }
    replace(data_dir, "postgresql.conf", &texts.config)?;
    replace(data_dir, "pg_hba.conf", &texts.hba)?;
    replace(data_dir, "pg_ident.conf", "")?;
    replace(data_dir, "postgresql.auto.conf", "")?;
    close(data_dir)?;
    Ok(standby.then_some(Fix::Standby).into_iter().collect())
}

/// Mode 0700: a volume's group ownership may open directories to the group, which the server refuses.
pub(super) fn close(data_dir: &Path) -> Result<(), NeutraliseError> {
    change("close", data_dir, |path| fs::set_permissions(path, fs::Permissions::from_mode(0o700)))
}

fn refuse_tablespace_map(data_dir: &Path) -> Result<(), NeutraliseError> {
    let path = data_dir.join("tablespace_map");
    let map = fs::read(&path).map(|bytes| crate::text::printable(&bytes)).unwrap_or_default();
    if map.is_empty() {
        return Ok(());
    }
    Err(NeutraliseError::Tablespaces { path, map: map.chars().take(300).collect() })
}

/// Replication slots would keep write-ahead log for ever, and may want settings of the source.
fn empty(directory: &Path) -> Result<(), NeutraliseError> {
    let entries = || -> io::Result<Vec<_>> { fs::read_dir(directory)?.collect() };
    let entries = entries().map_err(|source| error("read", directory, source))?;
    for entry in entries {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let gone = if is_dir { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        gone.map_err(|source| error("remove", &entry.path(), source))?;
    }
    Ok(())
}

/// Whether there was something to remove.
fn remove(path: &Path) -> Result<bool, NeutraliseError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(error("remove", path, source)),
    }
}

/// Takes carriage returns out of a regular file, where there is one.
fn unix_lines(path: &Path) -> Result<(), NeutraliseError> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    let text =
        if is_file { fs::read(path).map_err(|source| error("read", path, source))? } else { Vec::new() };
    if !text.windows(2).any(|pair| pair == b"\r\n") {
        return Ok(());
    }
    let lines: Vec<u8> = text.into_iter().filter(|&byte| byte != b'\r').collect();
    change("write", path, |path| fs::write(path, lines))
}

/// By rename, so that a link of that name is replaced and not followed.
fn replace(data_dir: &Path, name: &str, text: &str) -> Result<(), NeutraliseError> {
    let (path, temporary) = (data_dir.join(name), data_dir.join(format!("{name}.pgro")));
    remove(&temporary)?;
    change("write", &temporary, |path| fs::write(path, text))?;
    change("write", &path, |path| fs::rename(&temporary, path))
}

fn change(
    attempted: &'static str,
    path: &Path,
    act: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), NeutraliseError> {
    act(path).map_err(|source| error(attempted, path, source))
}

fn error(attempted: &'static str, path: &Path, source: io::Error) -> NeutraliseError {
    NeutraliseError::Change { attempted, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
