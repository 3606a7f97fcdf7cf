//! Where things are kept: one folder in the user's cache directory. Pure; creates nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders and files of the harness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The folder `pgro-e2e` under `xdg_cache_home`, or under `.cache` in `home`.
    pub fn find(xdg_cache_home: Option<OsString>, home: Option<OsString>) -> Result<Self> {
        let absolute = |value: OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
        let cache = xdg_cache_home
            .and_then(absolute)
            .or_else(|| home.and_then(absolute).map(|home| home.join(".cache")))
            .context("no place for the cache: set XDG_CACHE_HOME or HOME to an absolute path")?;
        Ok(Self { root: cache.join("pgro-e2e") })
    }

    /// The folder that holds everything else.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Built programs, one folder per name and key.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// Work in progress; whatever is found there at the start was interrupted and is removed.
    pub(crate) fn temp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// What the programs that are run print, one file per step.
    pub(crate) fn log(&self, step: &str) -> PathBuf {
        self.root
            .join("logs")
            .join(format!("{}.log", step.replace(|c: char| !c.is_ascii_alphanumeric(), "-")))
    }

    /// Held by the one process that may change the cache.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// podman's settings for our calls; the machine's own stay as they are.
    pub(crate) fn containers_conf(&self) -> PathBuf {
        self.root.join("containers.conf")
    }

    /// Whether published images are used; decided once, so that a flickering registry does not swap images under a
    /// running cluster.
    pub(crate) fn source(&self) -> PathBuf {
        self.root.join("source")
    }

    /// What belongs to one cluster: its kubeconfig and its ports.
    pub fn cluster(&self, name: &str) -> PathBuf {
        self.root.join("clusters").join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(xdg: Option<&str>, home: Option<&str>) -> Option<PathBuf> {
        Layout::find(xdg.map(Into::into), home.map(Into::into)).ok().map(|layout| layout.root)
    }

    #[test]
    fn the_xdg_folder_wins_over_home() {
        assert_eq!(root(Some("/x"), Some("/h")), Some("/x/pgro-e2e".into()));
    }

    #[test]
    fn home_is_used_when_the_xdg_folder_is_unset_or_relative() {
        assert_eq!(root(None, Some("/h")), Some("/h/.cache/pgro-e2e".into()));
        assert_eq!(root(Some("x"), Some("/h")), Some("/h/.cache/pgro-e2e".into()));
        assert_eq!(root(Some(""), Some("/h")), Some("/h/.cache/pgro-e2e".into()));
    }

    #[test]
    fn without_either_there_is_no_place() {
        assert_eq!(root(None, None), None);
    }

    #[test]
    fn a_steps_name_cannot_leave_the_log_folder() {
        let layout = Layout::find(Some("/x".into()), None).unwrap();
        assert_eq!(layout.log("../image: node"), Path::new("/x/pgro-e2e/logs/---image--node.log"));
    }
}
