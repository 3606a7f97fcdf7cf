//! A relation's pages, from its files of at most 1 GiB each.
//!
//! Input: the path of the first file. Output: each page with its number, in order. Must not: hold more than a few pages.

use crate::prepare::page::{Page, SIZE};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// A file of a relation that has another after it is this long.
const SEGMENT: u64 = 1 << 30;
/// Files that are looked for after one that is missing.
const AHEAD: usize = 8;
/// Pages read at a time.
const CHUNK: usize = 32;

/// Why not all pages were seen.
#[derive(Debug)]
pub(super) enum Break {
    /// Whoever looked at them had enough.
    Enough,
    /// The files are not as long as they have to be.
    Length(String),
    /// The system said no.
    Io(io::Error),
}

/// Shows every page to `visit` until it breaks.
pub(super) fn pages(
    first: &Path,
    mut visit: impl FnMut(u32, Page<'_>) -> ControlFlow<()>,
) -> Result<(), Break> {
    let files = segments(first).map_err(Break::Io)?;
    let last = files.iter().rposition(|(_, length)| *length > 0).unwrap_or(0);
    let mut block = 0;
    for (index, (path, length)) in files.iter().enumerate() {
        if index < last && *length != SEGMENT {
            let why = format!("file {index} is {length} bytes long, and there are more after it");
            return Err(Break::Length(why));
        }
        if length % SIZE as u64 != 0 {
            return Err(Break::Length(format!("its length of {length} bytes is no whole number of pages")));
        }
        let file = File::open(path).map_err(Break::Io)?;
        file_pages(file, &mut block, &mut visit)?;
    }
    Ok(())
}

fn file_pages(
    mut file: File,
    block: &mut u32,
    visit: &mut impl FnMut(u32, Page<'_>) -> ControlFlow<()>,
) -> Result<(), Break> {
    let mut chunk = vec![0; CHUNK * SIZE];
    loop {
        let count = fill(&mut file, &mut chunk).map_err(Break::Io)?;
        for page in chunk[..count].chunks_exact(SIZE) {
            if visit(*block, Page(page)).is_break() {
                return Err(Break::Enough);
            }
            *block += 1;
        }
        if count < chunk.len() {
            return Ok(());
        }
    }
}

fn fill(file: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < chunk.len() {
        match file.read(&mut chunk[count..])? {
            0 => break,
            read => count += read,
        }
    }
    Ok(count)
}

/// How long all files of a relation are; nothing where there are none.
pub(super) fn length(first: &Path) -> u64 {
    segments(first).map_or(0, |files| files.iter().map(|(_, length)| length).sum())
}

/// The files of a relation with their lengths.
fn segments(first: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut files = vec![(first.to_owned(), fs::metadata(first)?.len())];
    loop {
        let mut name = OsString::from(first);
        name.push(format!(".{}", files.len()));
        match fs::metadata(&name) {
            Ok(metadata) => files.push((name.into(), metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_last(first, files.len()) => {
                return Ok(files);
            }
            // one that is missing before others counts as one without content
            Err(error) if error.kind() == io::ErrorKind::NotFound => files.push((name.into(), 0)),
            Err(error) => return Err(error),
        }
    }
}

/// Whether no file of a higher number follows, as far as one can be missing without anybody having noticed.
fn is_last(first: &Path, missing: usize) -> bool {
    let exists = |number: usize| {
        let mut name = OsString::from(first);
        name.push(format!(".{number}"));
        fs::exists(&name).unwrap_or(false)
    };
    missing == 1 && fs::metadata(first).is_ok_and(|metadata| metadata.len() < SEGMENT)
        || !(missing + 1..=missing + AHEAD).any(exists)
}

#[cfg(test)]
mod tests {
    use super::{Break, CHUNK, SEGMENT, SIZE, pages};
    use std::{fs::File, ops::ControlFlow, path::Path};

    fn seen(first: &Path) -> Result<u32, Break> {
        let mut count = 0;
        pages(first, |block, page| {
            assert_eq!((block, page.0.len()), (count, SIZE));
            count += 1;
            if count > 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(count)
    }

    fn relation(lengths: &[u64]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (index, length) in lengths.iter().enumerate() {
            let name = if index == 0 { "16400".to_owned() } else { format!("16400.{index}") };
            File::create(dir.path().join(name)).unwrap().set_len(*length).unwrap();
        }
        dir
    }

    #[test]
    fn every_page_is_seen_once_and_in_order() {
        let dir = relation(&[(CHUNK as u64 + 3) * SIZE as u64]);
        assert_eq!(seen(&dir.path().join("16400")).unwrap() as usize, CHUNK + 3);
    }

    #[test]
    fn what_a_truncation_leaves_empty_is_no_gap() {
        let dir = relation(&[SIZE as u64, 0]);
        assert_eq!(seen(&dir.path().join("16400")).unwrap(), 1);
    }

    #[test]
    fn fault_f16_a_gap_between_files_and_a_torn_page_are_told() {
        for lengths in [&[SEGMENT - SIZE as u64, SIZE as u64][..], &[SIZE as u64 + 1]] {
            let dir = relation(lengths);
            assert!(matches!(seen(&dir.path().join("16400")), Err(Break::Length(_))), "{lengths:?}");
        }
    }

    #[test]
    fn fault_f16_a_file_that_is_missing_between_others_is_told() {
        let dir = relation(&[SEGMENT, 0, SIZE as u64]);
        std::fs::remove_file(dir.path().join("16400.1")).unwrap();
        let visited = pages(&dir.path().join("16400"), |_, _| ControlFlow::Continue(()));
        assert!(matches!(visited, Err(Break::Length(_))), "{visited:?}");
    }

    #[test]
    fn a_missing_file_is_told_as_such() {
        let Err(Break::Io(error)) = seen(Path::new("/absent")) else { panic!() };
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }
}
