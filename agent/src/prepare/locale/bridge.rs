//! The way into a server that refuses every database for its locale.
//!
//! Input: a stopped data directory, the name this image lacks. Output: the same directory, in which another spelling of
//! `C.UTF-8`, of the same length, stands in the name's place. Must not: change anything else, or the length of a row.
//!
//! The server opens no session on such a database, not even for one user, so that SQL cannot mend it. What stands behind
//! an `@` only refines a locale, and glibc falls back to the plain one: `C.UTF-8@@@` is `C.UTF-8`.

use crate::prepare::{
    page::{Page, SIZE, checksum},
    shared_catalog::{self, PG_DATABASE},
};
use std::{collections::BTreeSet, fs, io, ops::Range, path::Path};

/// Offsets of columns of `pg_database`: its name, and the two locales, which are names of fixed length before 15.
const NAME: usize = 4;
const NAME_LENGTH: usize = 64;
const LOCALES_BEFORE_15: [usize; 2] = [76, 140];
const LOCALES: usize = 96;

/// Why there is no way in.
#[derive(Debug, thiserror::Error)]
pub(in crate::prepare) enum BridgeError {
    /// The file could not be read or written.
    #[error("failed to change the locale of databases in the server's files")]
    Change(#[from] io::Error),
    /// No spelling of a locale that is here is as short.
    #[error("failed to map the locale {0:?}: it is too short to be replaced")]
    Short(String),
    /// It is not there.
    #[error("failed to find the locale {0:?} in the server's files")]
    Find(String),
}

/// Replaces `locale` in every row of `pg_database`, and names the databases.
pub(in crate::prepare) fn rename(
    data_dir: &Path,
    major: u16,
    checksums: bool,
    locale: &str,
) -> Result<BTreeSet<String>, BridgeError> {
    let spelling = spelling(locale.len()).ok_or_else(|| BridgeError::Short(locale.to_owned()))?;
    let path = shared_catalog::file(data_dir, PG_DATABASE)?;
    let mut heap = fs::read(&path)?;
    let mut databases = BTreeSet::new();
    for (block, page) in (0..).zip(heap.chunks_exact_mut(SIZE)) {
        let found = places(page, major, locale.as_bytes());
        for (database, place) in &found {
            page[place.clone()].copy_from_slice(spelling.as_bytes());
            databases.insert(database.clone());
        }
        if let (true, false, Ok(page)) = (checksums, found.is_empty(), <&mut [u8; SIZE]>::try_from(page)) {
            let sum = checksum::checksum(page, block);
            page[checksum::AT..checksum::AT + 2].copy_from_slice(&sum.to_le_bytes());
        }
    }
    if databases.is_empty() {
        return Err(BridgeError::Find(locale.to_owned()));
    }
    let temporary = path.with_extension("pgro");
    fs::write(&temporary, heap)?;
    fs::File::open(&temporary)?.sync_all()?;
    fs::rename(temporary, path)?;
    Ok(databases)
}

/// A locale every image has, spelled with so many bytes.
fn spelling(length: usize) -> Option<String> {
    match length {
        5 => Some("POSIX".into()),
        6 => Some("C.UTF8".into()),
        7.. => Some(format!("{:@<length$}", "C.UTF-8")),
        _ => None,
    }
}

/// Where `locale` stands in the rows of `page`, and in which database's.
fn places(page: &[u8], major: u16, locale: &[u8]) -> Vec<(String, Range<usize>)> {
    let mut places = Vec::new();
    for item in Page(page).items() {
        let row = item.get(22).and_then(|&header| item.get(usize::from(header)..)).unwrap_or_default();
        let begin = page.len() - row.len();
        let name = row.get(NAME..NAME + NAME_LENGTH).unwrap_or_default();
        let name: Vec<u8> = name.iter().copied().take_while(|&byte| byte != 0).collect();
        for place in columns(row, major).into_iter().flatten() {
            if row.get(place.clone()) == Some(locale) {
                let place = begin + place.start..begin + place.end;
                places.push((String::from_utf8_lossy(&name).into_owned(), place));
            }
        }
    }
    places
}

/// Where the two locales of a row are.
fn columns(row: &[u8], major: u16) -> [Option<Range<usize>>; 2] {
    if major < 15 {
        return LOCALES_BEFORE_15.map(|at| {
            let bytes = row.get(at..at + NAME_LENGTH)?;
            Some(at..at + bytes.iter().position(|&byte| byte == 0)?)
        });
    }
    let collate = short_text(row, LOCALES);
    let ctype = collate.as_ref().and_then(|collate| short_text(row, collate.end));
    [collate, ctype]
}

/// The content of a text with a header of one byte; names of locales have no other.
fn short_text(row: &[u8], at: usize) -> Option<Range<usize>> {
    let header = *row.get(at)?;
    let length = usize::from(header >> 1);
    (header & 1 == 1 && length >= 1).then(|| at + 1..at + length)
}

#[cfg(test)]
mod tests {
    use super::{BridgeError, SIZE, rename, spelling};
    use crate::prepare::{
        page::{Page, checksum, tests::page},
        shared_catalog::FILENODE_MAP_MAGIC,
    };
    use std::{fs, path::Path};
    use tempfile::TempDir;

    const WINDOWS: &str = "English_Australia.1252";

    fn text(value: &str) -> Vec<u8> {
        [&[u8::try_from((value.len() + 1) << 1 | 1).unwrap()], value.as_bytes()].concat()
    }

    /// A row of `pg_database` as of 15, behind its header.
    fn row(name: &str, collate: &str, ctype: &str) -> Vec<u8> {
        let mut row = vec![0; 24 + 96];
        row[22] = 24;
        row[28..28 + name.len()].copy_from_slice(name.as_bytes());
        [row, text(collate), text(ctype)].concat()
    }

    fn data_dir(rows: &[Vec<u8>]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("global")).unwrap();
        let map = [FILENODE_MAP_MAGIC.to_le_bytes(), 0_u32.to_le_bytes()].concat();
        fs::write(dir.path().join("global/pg_filenode.map"), map).unwrap();
        fs::write(dir.path().join("global/1262"), page(rows, &[])).unwrap();
        dir
    }

    fn heap(dir: &Path) -> Vec<u8> {
        fs::read(dir.join("global/1262")).unwrap()
    }

    #[test]
    fn fault_f6_a_locale_of_windows_is_replaced_where_it_stands_and_nowhere_else() {
        let rows = [row("app", WINDOWS, WINDOWS), row(WINDOWS, "C", WINDOWS), row("other", "C", "C")];
        let dir = data_dir(&rows);
        let before = heap(dir.path());
        let databases = rename(dir.path(), 15, false, WINDOWS).unwrap();
        assert!(databases.iter().eq([WINDOWS, "app"]));
        let after = heap(dir.path());
        let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert!(changed <= 3 * WINDOWS.len() && changed > 0 && after.len() == SIZE, "{changed}");
        assert_eq!(Page(&after).flaw(), None);
        assert!(String::from_utf8_lossy(&after).contains("C.UTF-8@@@@@@@@@@@@@@@"));
    }

    #[test]
    fn the_checksum_is_that_of_the_changed_page() {
        let dir = data_dir(&[row("app", WINDOWS, WINDOWS)]);
        rename(dir.path(), 17, true, WINDOWS).unwrap();
        let after: [u8; SIZE] = heap(dir.path()).try_into().unwrap();
        assert_eq!(Page(&after).u16(checksum::AT), Some(checksum::checksum(&after, 0)));
    }

    #[test]
    fn columns_of_fixed_length_are_found_in_older_versions() {
        let mut old = row("app", "", "");
        old.resize(24 + 204, 0);
        old[24 + 76..][..WINDOWS.len()].copy_from_slice(WINDOWS.as_bytes());
        let dir = data_dir(&[old]);
        assert_eq!(rename(dir.path(), 14, false, WINDOWS).unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_there_or_cannot_be_replaced_is_told() {
        let dir = data_dir(&[row("app", "de", "C")]);
        assert!(matches!(rename(dir.path(), 15, false, WINDOWS), Err(BridgeError::Find(_))));
        assert!(matches!(rename(dir.path(), 15, false, "de"), Err(BridgeError::Short(_))));
    }

    #[test]
    fn a_spelling_has_the_length_it_was_asked_for() {
        for length in 5..64 {
            assert_eq!(spelling(length).map(|name| name.len()), Some(length));
        }
    }
}
