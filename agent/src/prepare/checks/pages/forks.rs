//! The smaller files beside a relation's main one.
//!
//! Input: the path of the main file. Output: those that are there, and what the one is called that an unlogged relation
//! begins from after a crash. Must not: miss any; a map that is not there is made anew by the server.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fork {
    /// Its first file.
    pub(super) path: PathBuf,
    /// Whether it is the map of pages whose rows everybody sees.
    pub(super) is_visibility: bool,
}

/// All that exist.
pub(super) fn beside(main: &Path) -> Vec<Fork> {
    let fork = |(end, is_visibility)| Fork { path: with_end(main, end), is_visibility };
    [("_fsm", false), ("_vm", true), ("_init", false)]
        .map(fork)
        .into_iter()
        .filter(|fork| fork.path.exists())
        .collect()
}

/// Name of the file an unlogged relation begins from.
pub(super) fn beginning(main: &Path) -> OsString {
    with_end(Path::new(main.file_name().unwrap_or_default()), "_init").into_os_string()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::{beginning, beside};
    use std::{fs, path::Path};

    #[test]
    fn the_maps_that_are_there_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let main = dir.path().join("16400");
        for name in ["16400", "16400_vm", "16400_init", "16401_fsm"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let found = beside(&main);
        assert_eq!(found.iter().map(|fork| fork.is_visibility).collect::<Vec<_>>(), [true, false]);
        assert!(found[1].path.ends_with("16400_init"));
        assert_eq!(beginning(Path::new("base/5/16400")), "16400_init");
    }
}
