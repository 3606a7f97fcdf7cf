//! Where PostgreSQL's programs are in this image.
//!
//! Input: the major version, `PATH`, perhaps a directory that was told. Output: paths of the programs.
//! Must not: run them, or take a directory that lacks the server itself.

use std::{
    env::split_paths,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// The programs used here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    directory: PathBuf,
}

/// They are not there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to find the postgres program of version {major}: is this an image of postgres? Looked in {looked}"
)]
pub(super) struct NoBinaries {
    major: u16,
    looked: String,
}

impl Binaries {
    /// The told directory, or the first of `PATH` and Debian's place that holds `postgres`.
    pub(super) fn find(major: u16, told: Option<&Path>, path: Option<&OsStr>) -> Result<Self, NoBinaries> {
        let debian = PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
        let mut places: Vec<PathBuf> = match told {
            Some(told) => vec![told.to_owned()],
            None => path.map(|path| split_paths(path).collect()).unwrap_or_default(),
        };
        places.extend(told.is_none().then_some(debian));
        match places.iter().find_map(|place| real_directory(place)) {
            Some(directory) => Ok(Self { directory }),
            None => Err(NoBinaries { major, looked: list(&places) }),
        }
    }

    /// The server.
    pub(super) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }

    /// Shows the control file.
    pub(super) fn pg_controldata(&self) -> PathBuf {
        self.directory.join("pg_controldata")
    }

    /// Gives a write-ahead log up.
    pub(super) fn pg_resetwal(&self) -> PathBuf {
        self.directory.join("pg_resetwal")
    }
}

/// Where the server of `place` really lies: images link it alone into `PATH`, without the programs that belong to it.
fn real_directory(place: &Path) -> Option<PathBuf> {
    let server = fs::canonicalize(place.join("postgres")).ok().filter(|server| server.is_file())?;
    server.parent().map(Path::to_owned)
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::Binaries;
    use crate::restore::tests::tree;

    #[test]
    fn a_told_directory_is_the_only_one_looked_into() {
        let dir = tree(&["told/postgres", "path/postgres"]);
        let path = dir.path().join("path");
        let told = dir.path().join("told");
        let found = Binaries::find(15, Some(&told), Some(path.as_os_str())).unwrap();
        assert_eq!(found.postgres(), told.join("postgres"));
        let absent = dir.path().join("absent");
        assert!(Binaries::find(15, Some(&absent), Some(path.as_os_str())).is_err());
    }

    #[test]
    fn the_first_directory_of_the_path_with_a_server_in_it_is_taken() {
        let dir = tree(&["a/psql", "b/postgres"]);
        let path = std::env::join_paths([dir.path().join("a"), dir.path().join("b")]).unwrap();
        let found = Binaries::find(15, None, Some(&path)).unwrap();
        assert_eq!(found.pg_resetwal(), dir.path().join("b/pg_resetwal"));
    }

    #[test]
    fn programs_are_found_beside_a_server_that_is_only_linked_into_the_path() {
        let dir = tree(&["real/postgres", "path/psql"]);
        let path = dir.path().join("path");
        std::os::unix::fs::symlink("../real/postgres", path.join("postgres")).unwrap();
        let found = Binaries::find(15, None, Some(path.as_os_str())).unwrap();
        assert_eq!(found.pg_controldata(), dir.path().join("real/pg_controldata"));
    }

    #[test]
    fn an_image_without_a_server_is_told_with_the_places_looked_into() {
        let error = Binaries::find(99, None, None).unwrap_err().to_string();
        assert!(error.ends_with("Looked in /usr/lib/postgresql/99/bin"), "{error}");
    }
}
