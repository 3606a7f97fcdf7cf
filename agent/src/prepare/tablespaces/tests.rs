use super::{TablespaceError, place};
use crate::prepare::{page::tests::page, shared_catalog::FILENODE_MAP_MAGIC};
use std::{fs, os::unix::fs::symlink, path::Path};
use tempfile::TempDir;

/// A row of `pg_tablespace`.
fn row(oid: u32, name: &str, deleted_by: u32) -> Vec<u8> {
    let mut row = vec![0; 24 + 80];
    row[4..8].copy_from_slice(&deleted_by.to_le_bytes());
    row[22] = 24;
    row[24..28].copy_from_slice(&oid.to_le_bytes());
    row[28..28 + name.len()].copy_from_slice(name.as_bytes());
    row
}

/// A volume with a data directory whose catalog has `rows`, and a link to `/srv/fast`.
fn volume(rows: &[Vec<u8>]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for path in ["data/global", "data/pg_tblspc"] {
        fs::create_dir_all(dir.path().join(path)).unwrap();
    }
    let map = [FILENODE_MAP_MAGIC.to_le_bytes(), 0_u32.to_le_bytes()].concat();
    fs::write(dir.path().join("data/global/pg_filenode.map"), map).unwrap();
    fs::write(dir.path().join("data/global/1213"), page(rows, &[])).unwrap();
    symlink("/srv/fast", dir.path().join("data/pg_tblspc/16400")).unwrap();
    dir
}

fn placed(volume: &Path) -> Result<bool, TablespaceError> {
    place(volume, &volume.join("data"), 15)
}

#[test]
fn fault_f5_a_link_of_the_source_is_replaced_by_one_that_stays_in_the_volume() {
    let volume = volume(&[row(16400, "fast", 0)]);
    fs::create_dir_all(volume.path().join("x/fast/PG_15_202209061")).unwrap();
    assert!(placed(volume.path()).unwrap());
    let link = volume.path().join("data/pg_tblspc/16400");
    assert_eq!(fs::read_link(&link).unwrap(), Path::new("../../x/fast"));
    assert!(placed(volume.path()).unwrap(), "a second time it is known that the link is ours");
}

#[test]
fn fault_f5_one_that_is_nowhere_is_named_and_one_that_was_dropped_is_not_missed() {
    let volume = volume(&[row(16400, "fast", 0), row(16500, "dropped", 900)]);
    let said = placed(volume.path()).unwrap_err().to_string();
    assert!(said.contains("\"fast\" (16400 at") && !said.contains("dropped"), "{said}");
}

#[test]
fn fault_f4_a_link_that_no_tablespace_has_is_removed() {
    let volume = volume(&[]);
    assert!(!placed(volume.path()).unwrap());
    assert!(fs::symlink_metadata(volume.path().join("data/pg_tblspc/16400")).is_err());
}

#[test]
fn fault_f5_a_directory_of_another_version_is_not_it() {
    let volume = volume(&[row(16400, "fast", 0)]);
    fs::create_dir_all(volume.path().join("x/fast/PG_14_202107181")).unwrap();
    assert!(matches!(placed(volume.path()), Err(TablespaceError::Find { .. })));
}
