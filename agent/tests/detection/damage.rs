//! Ways in which files are damaged.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
};

pub(crate) const PAGE: u64 = 8192;

/// Overwrites `length` bytes at `offset` with their complement.
pub(crate) fn flip(path: &Path, offset: u64, length: usize) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset).unwrap();
    for byte in &mut bytes {
        *byte = !*byte;
    }
    file.write_all_at(&bytes, offset).unwrap();
}

/// Overwrites `length` bytes at `offset` with zeroes.
pub(crate) fn zero(path: &Path, offset: u64, length: u64) {
    let zeroes = vec![0; usize::try_from(length).unwrap()];
    assert!(offset + length <= fs::metadata(path).unwrap().len(), "{} is too short", path.display());
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(&zeroes, offset).unwrap();
}

/// Overwrites all of it with zeroes.
pub(crate) fn zero_all(path: &Path) {
    zero(path, 0, fs::metadata(path).unwrap().len());
}

/// Leaves the first `length` bytes.
pub(crate) fn cut(path: &Path, length: u64) {
    assert!(length < fs::metadata(path).unwrap().len(), "{} is too short", path.display());
    File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

/// Removes it.
pub(crate) fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

/// Removes all of the write-ahead log.
pub(crate) fn empty_wal(data: &Path) {
    let entries = fs::read_dir(data.join("pg_wal")).unwrap().flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_file()).for_each(|path| remove(&path));
}
