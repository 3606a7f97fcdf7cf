//! What is written down about a cluster once it is finished: what it was made from, and its ports.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::config;
use crate::platform::key::KeyBuilder;
use crate::platform::ports::HostPorts;
use crate::platform::store::write_whole;

/// The record of one finished cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    made_from: String,
    pub(crate) ports: HostPorts,
}

impl Record {
    pub(crate) fn new(node_image: &str, ports: HostPorts) -> Self {
        Self { made_from: made_from(node_image), ports }
    }

    /// Whether the cluster is the one that would be made today.
    pub(crate) fn is_of(&self, node_image: &str) -> bool {
        self.made_from == made_from(node_image)
    }

    /// The record in a cluster's folder; one that cannot be read counts as none, and the cluster is made anew.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(file(folder)).ok()?).ok()
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("failed to write the cluster's record")?;
        write_whole(&file(folder), &text)
    }

    pub(crate) fn remove(folder: &Path) -> Result<()> {
        match std::fs::remove_file(file(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context("failed to remove the cluster's record")
            }
            _ => Ok(()),
        }
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("cluster.json")
}

/// The image and kind's configuration; which ports were free that day makes no difference.
fn made_from(node_image: &str) -> String {
    let config = config::render(HostPorts { stub_canopy: 0, s3: 0 });
    KeyBuilder::of("cluster").add(node_image).add(config).finish().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: HostPorts = HostPorts { stub_canopy: 1, s3: 2 };

    #[test]
    fn a_record_reads_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::new("node:1", PORTS);
        record.write(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()), Some(record));
    }

    #[test]
    fn a_cluster_of_another_node_image_is_not_current() {
        let record = Record::new("node:1", PORTS);
        assert!(record.is_of("node:1") && !record.is_of("node:2"));
    }

    #[test]
    fn no_record_or_a_damaged_one_means_no_cluster() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(folder.path()), None);
        std::fs::write(folder.path().join("cluster.json"), "{\"made_").unwrap();
        assert_eq!(Record::read(folder.path()), None);
    }

    #[test]
    fn a_record_can_be_removed_twice() {
        let folder = tempfile::tempdir().unwrap();
        Record::new("node:1", PORTS).write(folder.path()).unwrap();
        Record::remove(folder.path()).unwrap();
        Record::remove(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()), None);
    }
}
