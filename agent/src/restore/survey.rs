//! What lies on the volume after a restore.
//!
//! Input: the directory kopia restored into. Output: every data directory, every link, how many files and bytes.
//! Must not: follow a link, open more than `PG_VERSION` files, or walk without bounds.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Deeper nesting than this is no database, whatever it is.
const DEPTH_MAX: usize = 64;
/// A cluster of a hundred thousand tables has some 10^6 files; this is far beyond, and still minutes.
const ENTRIES_MAX: u64 = 50_000_000;
/// Candidates and links are kept in memory, so they are bounded.
const KEPT_MAX: usize = 10_000;
/// `PG_VERSION` holds a few characters.
const VERSION_MAX: u64 = 32;

/// A directory with `PG_VERSION` and `global/pg_control`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cluster {
    /// Relative to the surveyed directory; empty for that directory itself.
    pub(super) path: PathBuf,
    /// What `PG_VERSION` says, trimmed of white space, a carriage return included.
    pub(super) version: String,
}

/// A symbolic link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Relative to the surveyed directory.
    pub(super) path: PathBuf,
    /// What it says.
    pub(super) target: PathBuf,
    /// Where it leads, relative to the surveyed directory; `None` if nowhere or out of it.
    pub(super) inside: Option<PathBuf>,
}

/// A directory that holds a tablespace: its content is in one named by the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tablespace {
    /// Relative to the surveyed directory.
    pub(crate) path: PathBuf,
    /// The major version.
    pub(crate) major: u16,
}

/// All of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// Data directories, in no order.
    pub(super) clusters: Vec<Cluster>,
    /// Links, in no order.
    pub(super) links: Vec<Link>,
    /// Tablespaces, in no order.
    pub(crate) tablespaces: Vec<Tablespace>,
    /// Regular files.
    pub(super) files: u64,
    /// Their sizes added up.
    pub(super) bytes: u64,
}

/// Why the volume could not be surveyed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SurveyError {
    /// Something could not be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// What.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is too much of something.
    #[error("failed to survey {}: more than {limit} {what}", path.display())]
    TooMuch {
        /// Where it was noticed.
        path: PathBuf,
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
}

/// Walks all of `root`.
pub(crate) fn survey(root: &Path) -> Result<Survey, SurveyError> {
    let real_root =
        fs::canonicalize(root).map_err(|source| SurveyError::Read { path: root.into(), source })?;
    let mut walk =
        Walk { root: real_root, found: Survey::default(), entries: 0, pending: vec![(PathBuf::new(), 0)] };
    while let Some((directory, depth)) = walk.pending.pop() {
        walk.directory(&directory, depth)?;
    }
    Ok(walk.found)
}

struct Walk {
    root: PathBuf,
    found: Survey,
    entries: u64,
    pending: Vec<(PathBuf, usize)>,
}

impl Walk {
    fn directory(&mut self, path: &Path, depth: usize) -> Result<(), SurveyError> {
        let full = self.root.join(path);
        let read = |source| SurveyError::Read { path: full.clone(), source };
        if let Some(version) = version_of(&full).map_err(read)? {
            self.found.clusters.push(Cluster { path: path.to_owned(), version });
        }
        for entry in fs::read_dir(&full).map_err(read)? {
            let entry = entry.map_err(read)?;
            self.entry(&entry, path.join(entry.file_name()), depth).map_err(read)?;
            self.within_bounds(&full, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, path: PathBuf, depth: usize) -> io::Result<()> {
        self.entries += 1;
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            let (target, inside) = (fs::read_link(entry.path())?, self.inside(&entry.path()));
            self.found.links.push(Link { path, target, inside });
        } else if kind.is_dir() {
            if let (Some(major), Some(parent)) = (tablespace_major(&entry.file_name()), path.parent()) {
                self.found.tablespaces.push(Tablespace { path: parent.to_owned(), major });
            }
            self.pending.push((path, depth + 1));
        } else {
            self.found.files += 1;
            self.found.bytes += entry.metadata()?.len();
        }
        Ok(())
    }

    fn inside(&self, link: &Path) -> Option<PathBuf> {
        let resolved = fs::canonicalize(link).ok()?;
        resolved.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    fn within_bounds(&self, path: &Path, depth: usize) -> Result<(), SurveyError> {
        let kept = self.found.links.len() + self.found.clusters.len() + self.found.tablespaces.len();
        let checks = [
            (self.entries > ENTRIES_MAX, "files and directories", ENTRIES_MAX),
            (kept > KEPT_MAX, "links and data directories", KEPT_MAX as u64),
            (depth >= DEPTH_MAX, "directories above one another", DEPTH_MAX as u64),
        ];
        match checks.into_iter().find(|(exceeded, ..)| *exceeded) {
            Some((_, what, limit)) => Err(SurveyError::TooMuch { path: path.to_owned(), what, limit }),
            None => Ok(()),
        }
    }
}

/// The major version in the name of a directory such as `PG_15_202209061`.
pub(crate) fn tablespace_major(name: &OsStr) -> Option<u16> {
    let (major, catalog) = name.to_str()?.strip_prefix("PG_")?.split_once('_')?;
    catalog.bytes().all(|byte| byte.is_ascii_digit()).then(|| major.parse().ok())?
}

/// What `PG_VERSION` says, if `directory` is a data directory.
fn version_of(directory: &Path) -> io::Result<Option<String>> {
    let version = directory.join("PG_VERSION");
    if !is_file(&version)? || !is_file(&directory.join("global/pg_control"))? {
        return Ok(None);
    }
    let mut text = Vec::new();
    File::open(version)?.take(VERSION_MAX).read_to_end(&mut text)?;
    Ok(Some(String::from_utf8_lossy(&text).trim().to_owned()))
}

/// Whether a regular file is there; a link to one is not one.
fn is_file(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
