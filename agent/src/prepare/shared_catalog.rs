//! Where the catalogs that all databases share have their files.
//!
//! Input: a data directory whose checkpoint is written. Output: the file of a catalog. Must not: fail where the map is
//! not what it should be; the file then has the catalog's own number, as `initdb` made it.

use super::page::u32_at;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Object id of `pg_authid`.
pub(super) const PG_AUTHID: u32 = 1260;
/// Object id of `pg_tablespace`.
pub(super) const PG_TABLESPACE: u32 = 1213;
/// Object id of `pg_database`.
pub(super) const PG_DATABASE: u32 = 1262;
pub(super) const FILENODE_MAP_MAGIC: u32 = 0x0059_2717;

/// The file of catalog `relation`.
pub(super) fn file(data_dir: &Path, relation: u32) -> io::Result<PathBuf> {
    let map = match fs::read(data_dir.join("global/pg_filenode.map")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    Ok(data_dir.join(format!("global/{}", filenode(&map, relation))))
}

/// The number of the file: rewriting the table moves it.
fn filenode(map: &[u8], catalog: u32) -> u32 {
    let word = |index: usize| map.get(4 * index..).and_then(|bytes| u32_at(bytes, 0));
    if word(0) != Some(FILENODE_MAP_MAGIC) {
        return catalog;
    }
    let count = word(1).unwrap_or(0).min(64) as usize;
    let mut entries = (0..count).map(|n| (word(2 + 2 * n), word(3 + 2 * n)));
    entries.find(|(relation, _)| *relation == Some(catalog)).and_then(|(_, file)| file).unwrap_or(catalog)
}

#[cfg(test)]
mod tests {
    use super::{FILENODE_MAP_MAGIC, PG_AUTHID, PG_DATABASE, filenode};
    use proptest::prelude::*;

    #[test]
    fn a_rewritten_table_is_found_through_the_map() {
        let words = [FILENODE_MAP_MAGIC, 2, 1262, 1262, 1260, 16500];
        let map: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        assert_eq!((filenode(&map, PG_AUTHID), filenode(&map, PG_DATABASE)), (16500, 1262));
        assert_eq!(filenode(b"nonsense", PG_AUTHID), 1260);
    }

    proptest! {
        #[test]
        fn no_map_breaks_the_reader(map in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = filenode(&map, PG_AUTHID);
        }
    }
}
