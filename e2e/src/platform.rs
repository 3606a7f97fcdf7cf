//! A real Kubernetes cluster on this machine, with all that tests and demos need in it.
//!
//! Input: [`Options`]. Output: a [`Cluster`], after as little work as what is already there allows. Steps: find the
//! engine, decide where images come from, look at what is there, plan the rest, do it side by side, clean up.
//! Everything that takes long is cached by what it was made from, and put in place only when it is whole, so a run may
//! be interrupted at any point and started again.

mod asset;
mod cargo;
mod clean;
mod command;
mod engine;
mod facts;
mod host;
mod image;
mod images;
mod job;
mod key;
mod kind;
mod layout;
mod lock;
mod options;
mod perform;
mod ports;
mod prerequisite;
mod project;
mod registry;
mod schedule;
mod servers;
mod store;
mod tool;

use std::path::PathBuf;

use anyhow::{Context, Result};

pub use cargo::cargo;
pub use command::Run;
pub use engine::{Api, Engine, EngineKind};
pub use image::Origin;
pub use images::Images;
pub(crate) use key::{Key, KeyBuilder};
pub use layout::Layout;
pub use options::{EngineArg, Options, OriginArg};
pub use ports::{HostPorts, S3_NODE_PORT, STUB_NODE_PORT};
pub use project::{build_static, workspace};
pub use servers::{Servers, servers};
pub(crate) use store::Draft;

use crate::progress::Progress;
use facts::Facts;
use host::Host;
use image::Image;
use job::Job;
use kind::{Kind, Record};
use options::Environment;
use tool::Tool;

/// A cluster that answers, and how to reach what is in it.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The kind cluster's name.
    pub name: String,
    /// A kubeconfig for it alone.
    pub kubeconfig: PathBuf,
    /// The `kubectl` that matches it.
    pub kubectl: PathBuf,
    /// Ports on 127.0.0.1 that lead into it.
    pub ports: HostPorts,
    /// The engine it runs in, which can run other containers of the same images.
    pub engine: Engine,
    /// The folders of the cache.
    pub layout: Layout,
    origin: Origin,
    project: Option<project::ProjectImages>,
}

impl Cluster {
    /// A call of kubectl for this cluster.
    pub fn kubectl(&self) -> Run {
        Run::new(&self.kubectl).arg("--kubeconfig").arg(&self.kubeconfig)
    }

    /// The images of others in it that need no cluster.
    pub fn containers(&self) -> Containers {
        Containers::new(&self.engine, self.origin)
    }

    /// A line as a person enters it, whose `kubectl` is this cluster's.
    pub fn entered(&self, line: &str) -> Run {
        let folders = self
            .kubectl
            .parent()
            .into_iter()
            .map(PathBuf::from)
            .chain(["/usr/bin", "/bin"].map(PathBuf::from));
        let path = std::env::join_paths(folders).unwrap_or_default();
        Run::new("sh").args(["-c", line]).env("PATH", path).env("KUBECONFIG", &self.kubeconfig)
    }
}

/// Everything a run works with, settled before the work starts.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    host: Host,
    layout: Layout,
    engine: Engine,
    origin: Origin,
    kind: Kind,
    progress: Progress,
}

impl Setting {
    fn node_image(&self) -> String {
        Image::Node.reference(self.origin)
    }

    async fn find(options: &Options, layout: Layout, progress: &Progress) -> Result<Self> {
        let host = Host::look(Environment::read().path);
        let engine = engine::find(&host, &layout, options.engine.map(Into::into), progress).await?;
        let origin = registry::origin(options.images.map(Into::into), &layout, &engine, progress).await?;
        let kind = Kind {
            name: options.cluster.clone(),
            folder: layout.cluster(&options.cluster),
            engine: engine.clone(),
            program: tool::build::binary(&layout, Tool::Kind, "kind"),
            kubectl: perform::kubectl_path(&layout, &Image::Node.reference(origin)),
        };
        Ok(Self { host, layout, engine, origin, kind, progress: progress.clone() })
    }
}

fn layout() -> Result<Layout> {
    let environment = Environment::read();
    Layout::find(environment.xdg_cache_home, environment.home)
}

/// Images of others that are there, with no cluster needed.
#[derive(Clone, Debug)]
pub struct Containers {
    /// Runs them.
    pub engine: Engine,
    /// kopia's image.
    pub kopia: String,
    /// MinIO's.
    pub minio: String,
}

impl Containers {
    fn new(engine: &Engine, origin: Origin) -> Self {
        let name = |image: Image| image.reference(origin);
        Self { engine: engine.clone(), kopia: name(Image::Kopia), minio: name(Image::Minio) }
    }
}

/// Kopia and MinIO in the engine, made if need be.
pub async fn containers(options: &Options, progress: &Progress) -> Result<Containers> {
    let layout = layout()?;
    let _lock = lock::acquire(&layout, progress).await?;
    command::remove_folder(&layout.temp())?;
    let setting = Setting::find(options, layout, progress).await?;
    let facts = Facts::look(&setting).await;
    perform::all(&setting, &[Image::Kopia, Image::Minio].map(Job::Image), &facts).await?;
    Ok(Containers::new(&setting.engine, setting.origin))
}

/// Where a step's output is kept.
pub fn log(step: &str) -> Result<PathBuf> {
    Ok(layout()?.log(step))
}

/// The cluster and the images of others in it, without the project's own.
pub async fn cluster_up(options: &Options, progress: &Progress) -> Result<Cluster> {
    bring_up(options, progress, false).await
}

/// The cluster, with everything in it.
pub async fn up(options: &Options, progress: &Progress) -> Result<Cluster> {
    bring_up(options, progress, true).await
}

async fn bring_up(options: &Options, progress: &Progress, with_project: bool) -> Result<Cluster> {
    let layout = layout()?;
    let _lock = lock::acquire(&layout, progress).await?;
    command::remove_folder(&layout.temp())?;
    let setting = Setting::find(options, layout, progress).await?;
    let facts = Facts::look(&setting).await;
    let project = perform::all(&setting, &goals(with_project), &facts).await?;
    let cluster = finished(&setting, project)?;
    sweep(&setting, &cluster).await?;
    Ok(cluster)
}

/// In order of importance: the longest chain, which ends in the cluster, first.
fn goals(with_project: bool) -> Vec<Job> {
    let others = Image::LOADED.into_iter().flat_map(|image| [Job::Image(image), Job::Load(image)]);
    let project = with_project.then_some(Job::Project);
    [Job::Cluster].into_iter().chain(others).chain(project).collect()
}

fn finished(setting: &Setting, project: Option<project::ProjectImages>) -> Result<Cluster> {
    let record = Record::read(&setting.kind.folder).context("the cluster was made, but left no record")?;
    Ok(Cluster {
        name: setting.kind.name.clone(),
        kubeconfig: setting.kind.kubeconfig(),
        kubectl: setting.kind.kubectl.clone(),
        ports: record.ports,
        engine: setting.engine.clone(),
        layout: setting.layout.clone(),
        origin: setting.origin,
        project,
    })
}

/// Leaves in the caches what is in use and little else.
async fn sweep(setting: &Setting, cluster: &Cluster) -> Result<()> {
    let folder_name = |folder: PathBuf| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let tools = Tool::ALL.into_iter().map(|tool| tool::build::folder(&setting.layout, tool));
    let kubectl = setting.kind.kubectl.parent().map(PathBuf::from);
    clean::tools(&setting.layout, &tools.chain(kubectl).filter_map(folder_name).collect())?;
    let project = cluster.project.iter().flat_map(|images| [images.pgro.clone(), images.stub_canopy.clone()]);
    let current =
        Image::ALL.into_iter().map(|image| image.reference(setting.origin)).chain(project).collect();
    clean::images(&setting.engine, &setting.kind, &current, &setting.progress).await
}

/// Removes the cluster; with `purge`, everything that was ever cached as well.
pub async fn down(options: &Options, purge: bool, progress: &Progress) -> Result<()> {
    let layout = layout()?;
    let _lock = lock::acquire(&layout, progress).await?;
    let setting = Setting::find(options, layout, progress).await?;
    let facts = Facts::look(&setting).await;
    perform::all(&setting, &[Job::Tool(Tool::Kind)], &facts).await?;
    progress.step("delete the cluster", None, setting.kind.delete()).await?;
    command::remove_folder(&setting.kind.folder)?;
    if purge {
        progress
            .step("delete images and cache", None, clean::everything(&setting.engine, &setting.layout))
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
