//! A base backup held against the manifest `pg_basebackup` left in it.
//!
//! Input: the data directory before any server starts on it, a time budget. Output: which files are not as they were
//! noted, if the manifest speaks of these files. Must not: judge a directory on which a server was started since, or
//! follow a path that leads elsewhere.
//!
//! The manifest stays where it is when a server is started on the backup, and lies in every later copy of that server.
//! The label does not: it is renamed when recovery begins. So the manifest speaks of these files only as long as the very
//! label it lists is there, or as long as the control file is from before the backup ended: then the label should be there,
//! for without it recovery begins too late. Files at the top are left out: people edit them, and ours take their place.
//!
//! Source of the format: PostgreSQL's documentation, "Backup Manifest Format".

mod digest;

use super::{
    checks::{Budget, Outcome, listed},
    controldata::{ControlData, lsn},
};
use contract::pods::CheckResult;
use digest::Digest;
use serde::Deserialize;
use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Component, Path, PathBuf},
};

const MANIFEST: &str = "backup_manifest";
const LABEL: &str = "backup_label";
/// What a server that was started on the backup made of the label.
const READ_LABEL: &str = "backup_label.old";
/// The state in which a primary is backed up.
const RUNNING: &str = "in production";
/// A file is listed in less than 200 bytes, and the largest clusters have some million files.
const BYTES_MAX: u64 = 1 << 30;
/// Folders whose files nobody writes but a server.
const FOLDERS: [&str; 6] = ["base", "global", "pg_commit_ts", "pg_multixact", "pg_tblspc", "pg_xact"];
/// Of the tablespaces; a check of its own says which of them are missing.
const TABLESPACES: &str = "pg_tblspc";

#[derive(Debug, Deserialize)]
struct Manifest {
    #[serde(rename = "Files")]
    files: Vec<Noted>,
    #[serde(rename = "WAL-Ranges", default)]
    ranges: Vec<Range>,
}

/// A part of the log that belongs to the backup.
#[derive(Debug, Deserialize)]
struct Range {
    #[serde(rename = "End-LSN")]
    end: String,
}

/// One file as it was when it was backed up.
#[derive(Debug, Clone, Deserialize)]
struct Noted {
    /// None where the name is no UTF-8; a server gives no such names.
    #[serde(rename = "Path")]
    path: Option<PathBuf>,
    #[serde(rename = "Size")]
    size: u64,
    /// None of both: backed up without checksums.
    #[serde(rename = "Checksum-Algorithm")]
    algorithm: Option<Digest>,
    #[serde(rename = "Checksum")]
    checksum: Option<String>,
}

/// What came of it; none where no manifest speaks of these files.
pub(super) async fn look(data_dir: &Path, source: &ControlData, budget: Budget) -> Option<Outcome> {
    let manifest = match read(data_dir) {
        Ok(manifest) => manifest?,
        Err(error) => {
            tracing::warn!(%error, "the backup's manifest cannot be read, so the files are not held against it");
            return None;
        }
    };
    let label = match label(data_dir, &manifest) {
        Label::AsNoted => None,
        label if is_untouched(data_dir, &manifest, source) => label.flaw(),
        Label::Changed | Label::Missing | Label::Unknown => {
            tracing::info!(
                "the backup's manifest is older than its label: the files are not held against it"
            );
            return None;
        }
    };
    Some(held(data_dir, manifest, label, budget).await)
}

/// What became of the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    AsNoted,
    Changed,
    Missing,
    /// It was noted without a checksum, or could not be read.
    Unknown,
}

impl Label {
    /// What is wrong where no server was started on the backup.
    fn flaw(self) -> Option<String> {
        let what = match self {
            Self::Changed => "is not as it was backed up",
            Self::Missing => "is missing",
            Self::AsNoted | Self::Unknown => return None,
        };
        Some(format!("{LABEL} {what}; without it nobody knows where recovery has to begin"))
    }
}

fn label(data_dir: &Path, manifest: &Manifest) -> Label {
    let noted = manifest.files.iter().find(|noted| noted.path.as_deref() == Some(Path::new(LABEL)));
    let Some(noted) = noted else { return Label::Unknown };
    let text = match fs::read(data_dir.join(LABEL)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Label::Missing,
        Err(_) => return Label::Unknown,
    };
    // two labels may well be of the same length
    let (Some(digest), Some(checksum)) = (noted.algorithm, &noted.checksum) else { return Label::Unknown };
    let is_noted = |text: &[u8]| digest.of(text).is_ok_and(|own| own.eq_ignore_ascii_case(checksum));
    let unix: Vec<u8> = text.iter().copied().filter(|&byte| byte != b'\r').collect();
    if is_noted(&text) || is_noted(&unix) { Label::AsNoted } else { Label::Changed }
}

/// Whether no server was started on the backup: one that was has read the label, and begins after the backup's end.
fn is_untouched(data_dir: &Path, manifest: &Manifest, source: &ControlData) -> bool {
    let end = manifest.ranges.iter().filter_map(|range| lsn(&range.end)).max();
    source.state == RUNNING
        && end.is_some_and(|end| source.redo < end)
        && fs::symlink_metadata(data_dir.join(READ_LABEL)).is_err()
}

fn read(data_dir: &Path) -> io::Result<Option<Manifest>> {
    let file = match File::open(data_dir.join(MANIFEST)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() > BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(serde_json::from_reader(BufReader::new(file)).map(Some)?)
}

/// Reads all files of a server once.
async fn held(data_dir: &Path, manifest: Manifest, label: Option<String>, budget: Budget) -> Outcome {
    let files: Vec<Noted> = manifest.files.into_iter().filter(is_a_servers).collect();
    let (count, mut found, mut unread, mut done) = (files.len(), Vec::from_iter(label), Vec::new(), 0);
    for noted in files {
        if budget.left().is_zero() {
            break;
        }
        let place = data_dir.to_owned();
        let compared = tokio::task::spawn_blocking(move || compared(&place, &noted)).await;
        match compared.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(difference) => {
                found.extend(difference);
                done += 1;
            }
            Err(why) => unread.push(why),
        }
    }
    let scope = format!("{MANIFEST}: {done} of {count} files");
    match (found.is_empty(), done == count) {
        (false, _) => Outcome::other(CheckResult::Failed, scope, listed(&found)),
        (true, true) => Outcome::passed(scope),
        (true, false) => {
            if budget.left().is_zero() {
                unread.push(format!("the time for it, {} s, is spent", budget.total().as_secs()));
            }
            Outcome::other(CheckResult::Skipped, scope, listed(&unread))
        }
    }
}

fn is_a_servers(noted: &Noted) -> bool {
    let Some(path) = &noted.path else { return false };
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    is_plain && FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// A file that cannot be read says more of this volume than of the backup.
fn compared(data_dir: &Path, noted: &Noted) -> Result<Option<String>, String> {
    let path = noted.path.as_deref().unwrap_or(Path::new("")).display();
    match difference(data_dir, noted) {
        Ok(what) => Ok(what.map(|what| format!("{path} {what}"))),
        Err(error) => Err(format!("{path} cannot be read: {error}")),
    }
}

/// In what the file differs from what was noted.
fn difference(data_dir: &Path, noted: &Noted) -> io::Result<Option<String>> {
    let path = noted.path.as_deref().unwrap_or(Path::new(""));
    let file = match File::open(data_dir.join(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let is_elsewhere = path.starts_with(TABLESPACES) && !has_tablespace(data_dir, path);
            return Ok((!is_elsewhere).then(|| format!("is missing; {} bytes were backed up", noted.size)));
        }
        Err(error) => return Err(error),
    };
    let size = file.metadata()?.len();
    if size != noted.size {
        return Ok(Some(format!("has {size} bytes; {} were backed up", noted.size)));
    }
    let (Some(digest), Some(checksum)) = (noted.algorithm, &noted.checksum) else { return Ok(None) };
    let own = digest.of(file)?;
    Ok((!own.eq_ignore_ascii_case(checksum))
        .then(|| format!("has the checksum {own}; {checksum} was backed up")))
}

/// Whether the folder of the tablespace this file is in is there.
fn has_tablespace(data_dir: &Path, path: &Path) -> bool {
    let folder: PathBuf = path.components().take(2).collect();
    fs::metadata(data_dir.join(folder)).is_ok()
}

#[cfg(test)]
mod tests;
