//! The kind cluster: made, looked at, removed.
//!
//! Input: a name, a node image. Output: a cluster that answers, its kubeconfig and its record in the cache folder.
//! The user's own kubeconfig is never touched.

mod config;
mod record;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use super::command::{LONG, Run};
use super::engine::Engine;
use super::ports::HostPorts;
use crate::progress::Progress;
use crate::timeouts::Deadline;
use crate::wait::{self, Look};
pub(crate) use record::Record;

/// kind makes a cluster in half a minute on two cores; beside builds on a crowded machine it took over five minutes.
const CREATE: Duration = Duration::from_mins(15);
/// A healthy API server answers at once, unless the machine is compiling. What is in the cluster goes with it, so it
/// is given up only after a wait that no healthy one needs.
const ANSWER: Deadline = Deadline { what: "the API server to answer", within: Duration::from_mins(1) };

/// What is needed to call kind and kubectl for one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) engine: Engine,
    pub(crate) program: PathBuf,
    pub(crate) kubectl: PathBuf,
}

impl Kind {
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// The container that is the node.
    pub(crate) fn node(&self) -> String {
        format!("{}-control-plane", self.name)
    }

    /// A call of kubectl for this cluster.
    pub(crate) fn kubectl(&self) -> Run {
        Run::new(&self.kubectl).arg("--kubeconfig").arg(self.kubeconfig())
    }

    fn kind(&self) -> Run {
        self.engine.environment(Run::new(&self.program)).deadline(CREATE)
    }

    /// The record of a cluster made from `node_image` that answers now.
    pub(crate) async fn healthy(&self, node_image: &str) -> Option<Record> {
        let record = Record::read(&self.folder).filter(|record| record.is_of(node_image))?;
        (self.kubectl.exists() && self.runs().await && self.answers().await).then_some(record)
    }

    /// Whether the node's container is running; after a restart of the machine it is there, but does not.
    async fn runs(&self) -> bool {
        let state =
            self.engine.run().args(["container", "inspect", "--format", "{{.State.Running}}", &self.node()]);
        state.output().await.is_ok_and(|running| running.trim() == "true")
    }

    async fn answers(&self) -> bool {
        let look = || async {
            let ready = self.kubectl().args(["get", "--raw=/readyz"]).deadline(ANSWER.within).output().await;
            Ok(ready.map_or_else(|error| Look::NotYet(error.to_string()), Look::Done))
        };
        wait::until(ANSWER, look).await.is_ok()
    }

    /// Makes the cluster anew. The record is written last: a cluster without one is unfinished and made again.
    pub(crate) async fn create(&self, node_image: &str, log: &std::path::Path) -> Result<()> {
        Record::remove(&self.folder)?;
        self.delete().await?;
        let ports = HostPorts::choose()?;
        std::fs::create_dir_all(&self.folder).context("failed to create the cluster's folder")?;
        let config = self.folder.join("kind.yaml");
        std::fs::write(&config, config::render(ports)).context("failed to write kind's configuration")?;
        let create = self.kind().args(["create", "cluster", "--name", &self.name, "--image", node_image]);
        let create = create.arg("--config").arg(config).arg("--kubeconfig").arg(self.kubeconfig());
        create.args(["--wait", "120s"]).logged(log).await?;
        self.settled().await?;
        Record::new(node_image, ports).write(&self.folder)
    }

    /// The cluster's own workloads, DNS and storage, are up.
    async fn settled(&self) -> Result<()> {
        let wait = ["wait", "--for=condition=Available", "deployment", "--all", "-A", "--timeout=120s"];
        let available = self.kubectl().args(wait).deadline(CREATE).output().await;
        available.map(drop).context("the cluster started, but its own workloads did not")
    }

    /// Removes the cluster, whatever state it is in.
    pub(crate) async fn delete(&self) -> Result<()> {
        let delete = self.kind().args(["delete", "cluster", "--name", &self.name]);
        delete.arg("--kubeconfig").arg(self.kubeconfig()).output().await.map(drop)
    }

    /// The names of the images in the node.
    pub(crate) async fn images(&self) -> Result<Vec<String>> {
        let list = self.engine.exec(&self.node(), false).args(["ctr", "-n", "k8s.io", "images", "ls", "-q"]);
        let names = list.output().await.context("failed to list the images in the node")?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// Puts images of the engine into the node.
    pub(crate) async fn load(&self, images: &[&str], log: &std::path::Path) -> Result<()> {
        let import =
            ["ctr", "-n", "k8s.io", "images", "import", "--all-platforms", "--snapshotter=overlayfs", "-"];
        let import = self.engine.exec(&self.node(), true).args(import).deadline(LONG);
        let loaded = self.engine.save(images.iter().copied()).pipe_into(import, log).await;
        loaded.with_context(|| format!("failed to load {} into the node", images.join(", ")))
    }

    /// Takes images out of the node; one that a pod still uses stays on its disk until the pod goes.
    pub(crate) async fn forget(&self, images: &[String], progress: &Progress) -> Result<()> {
        if images.is_empty() {
            return Ok(());
        }
        progress.say(&format!("removing {} old images from the node", images.len()));
        let remove = self.engine.exec(&self.node(), false).args(["ctr", "-n", "k8s.io", "images", "rm"]);
        remove.args(images).output().await.map(drop)
    }
}

#[cfg(test)]
mod tests;
