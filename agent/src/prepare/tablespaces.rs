//! Tablespaces, which lay elsewhere on the source host, linked to where they were restored.
//!
//! Input: the volume, the data directory, which no server runs on. Output: links in `pg_tblspc` that stay in the volume;
//! whether any was made; or the names of tablespaces whose files are not there. Must not: follow a link of the source
//! out of the volume, or choose between two directories that fit as well.
//!
//! Which there are is in the links, in the map of a base backup, and in the catalog: a junction of Windows is restored as
//! nothing. A directory belongs to the one whose place on the source ends as its own place does.

use super::{
    page::{Page, SIZE, u16_at, u32_at},
    shared_catalog::{self, PG_TABLESPACE},
};
use crate::{restore::survey, text::printable};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Component, Path, PathBuf},
};

mod assign;

use assign::{Wanted, assign};

/// Where the server looks for them, and what a base backup says of them.
const LINKS: &str = "pg_tblspc";
const MAP: &str = "tablespace_map";
/// Object ids of the two that are in the data directory itself are below this.
const FIRST: u32 = 16384;
const NAME: usize = 64;
/// A row with this mark, or without a second transaction, was not deleted.
const XMAX_INVALID: u16 = 0x0800;

/// Why they are not all in place.
#[derive(Debug, thiserror::Error)]
pub(super) enum TablespaceError {
    /// Something could not be read or changed.
    #[error("failed to link tablespaces at {}", path.display())]
    Link {
        /// What.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The volume could not be searched.
    #[error("failed to look for tablespaces")]
    Look(#[from] survey::SurveyError),
    /// They were not in the snapshot.
    #[error(
        "failed to find the files of tablespaces in the snapshot: {names}; back up their directories, too"
    )]
    Find {
        /// Their names, ids and places on the source.
        names: String,
    },
}

/// Puts them in place; a second time changes nothing. Says whether a link of ours is among them.
pub(super) fn place(volume: &Path, data_dir: &Path, major: u16) -> Result<bool, TablespaceError> {
    let links = data_dir.join(LINKS);
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| TablespaceError::Link { path, source }
    };
    let root = fs::canonicalize(volume).map_err(at(volume))?;
    let named = named(data_dir).map_err(at(data_dir))?;
    let targets = targets(data_dir).map_err(at(&links))?;
    let all: BTreeSet<u32> = named.keys().chain(targets.keys()).copied().collect();
    let is_there = |oid: &u32| is_inside(&links.join(oid.to_string()), &root, major);
    let wanted: Vec<Wanted> = all
        .iter()
        .filter(|oid| !is_there(oid))
        .map(|&oid| Wanted { oid, target: targets.get(&oid).cloned().flatten() })
        .collect();
    if !wanted.is_empty() {
        let directories = survey::survey(&root)?.tablespaces;
        let free =
            |path: &&PathBuf| !root.join(path).starts_with(fs::canonicalize(&links).unwrap_or_default());
        let directories: Vec<PathBuf> = directories
            .iter()
            .filter(|found| found.major == major)
            .map(|found| &found.path)
            .filter(free)
            .cloned()
            .collect();
        let assigned = assign(&wanted, &directories);
        let lost: Vec<&Wanted> = wanted
            .iter()
            .filter(|of| !assigned.contains_key(&of.oid) && named.contains_key(&of.oid))
            .collect();
        if !lost.is_empty() {
            return Err(TablespaceError::Find { names: listed(&lost, &named) });
        }
        for Wanted { oid, .. } in &wanted {
            let link = links.join(oid.to_string());
            clear(&link).map_err(at(&link))?;
            if let Some(directory) = assigned.get(oid) {
                relink(&link, &root.join(directory)).map_err(at(&link))?;
            }
        }
    }
    clear(&data_dir.join(MAP)).map_err(at(&data_dir.join(MAP)))?;
    Ok(all.iter().any(|oid| fs::read_link(links.join(oid.to_string())).is_ok_and(|to| to.is_relative())))
}

/// Whether a directory of this version is reached, without leaving the volume.
fn is_inside(link: &Path, root: &Path, major: u16) -> bool {
    let Ok(directory) = fs::canonicalize(link) else { return false };
    let of_version = |entry: fs::DirEntry| survey::tablespace_major(&entry.file_name()) == Some(major);
    directory.starts_with(root)
        && fs::read_dir(directory).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(of_version)))
}

/// A link of this volume's own directories, whatever it is mounted at.
fn relink(link: &Path, directory: &Path) -> io::Result<()> {
    let from = fs::canonicalize(link.parent().unwrap_or(link))?;
    let common = from.components().zip(directory.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(directory.components().skip(common)).collect();
    std::os::unix::fs::symlink(path, link)
}

/// Removes a link, a file or an empty directory, where there is one.
fn clear(path: &Path) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    if metadata.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) }
}

/// Where they lay on the source, by object id; nowhere for what is neither link nor in the map.
fn targets(data_dir: &Path) -> io::Result<BTreeMap<u32, Option<PathBuf>>> {
    let mut targets = BTreeMap::new();
    let entries = match fs::read_dir(data_dir.join(LINKS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        other => Some(other?),
    };
    for entry in entries.into_iter().flatten() {
        let entry = entry?;
        if let Some(oid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            targets.insert(oid, fs::read_link(entry.path()).ok());
        }
    }
    let map = fs::read(data_dir.join(MAP)).unwrap_or_default();
    for line in String::from_utf8_lossy(&map).lines() {
        let parsed = line.trim_end_matches('\r').split_once(' ');
        if let Some((oid, path)) = parsed.and_then(|(oid, path)| Some((oid.parse().ok()?, path))) {
            targets.insert(oid, Some(PathBuf::from(path)));
        }
    }
    Ok(targets)
}

/// Names of those the catalog has, by object id.
fn named(data_dir: &Path) -> io::Result<BTreeMap<u32, String>> {
    let heap = match fs::read(shared_catalog::file(data_dir, PG_TABLESPACE)?) {
        // the server and the checks tell of a catalog that is missing
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    Ok(heap.chunks(SIZE).flat_map(|page| Page(page).items()).filter_map(row).collect())
}

fn row(tuple: &[u8]) -> Option<(u32, String)> {
    let is_deleted = u32_at(tuple, 4)? != 0 && u16_at(tuple, 20)? & XMAX_INVALID == 0;
    let data = tuple.get(usize::from(*tuple.get(22)?)..)?;
    let name: Vec<u8> = data.get(4..4 + NAME)?.iter().copied().take_while(|&byte| byte != 0).collect();
    let oid = u32_at(data, 0).filter(|oid| *oid >= FIRST && !is_deleted)?;
    Some((oid, printable(&name)))
}

fn listed(lost: &[&Wanted], named: &BTreeMap<u32, String>) -> String {
    let one = |of: &&Wanted| {
        let name = named.get(&of.oid).map_or("", String::as_str);
        let place = of.target.as_ref().map(|path| format!(" at {}", crate::text::quoted(path)));
        format!("{name:?} ({}{})", of.oid, place.unwrap_or_default())
    };
    lost.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
