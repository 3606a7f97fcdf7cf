//! Does the planned jobs. Decides nothing: which jobs, and in which order, is planned before.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};

use super::facts::Facts;
use super::image::Image;
use super::image::build::Workshop;
use super::job::{self, Job, Task};
use super::key::KeyBuilder;
use super::layout::Layout;
use super::project::{self, ProjectImages};
use super::schedule::{self, Lanes};
use super::store::Draft;
use super::{Setting, host, prerequisite, tool};

/// Does what `goals` still need, and returns the project's images if they were among them.
pub(crate) async fn all(setting: &Setting, goals: &[Job], facts: &Facts) -> Result<Option<ProjectImages>> {
    let tasks = job::plan(goals, |job| job.needs(setting.origin), |job| facts.there(job));
    announce(setting, goals, &tasks);
    prerequisite::ensure(&tasks, setting.origin, &setting.host, &setting.layout, &setting.progress).await?;
    host::ensure_modules_folder()?;
    let project = Arc::new(OnceLock::new());
    let work = |job: Job| step(setting.clone(), Arc::clone(&project), job);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    schedule::run(tasks, Lanes::new(schedule::heavy(cores)), Job::compiles, work).await?;
    match project.get() {
        Some(images) => load_project(setting, images).await.map(|()| Some(images.clone())),
        None => Ok(None),
    }
}

fn announce(setting: &Setting, goals: &[Job], tasks: &[Task<Job>]) {
    let progress = &setting.progress;
    progress.say(&format!("{} with {}", setting.engine.kind().program(), setting.layout.root().display()));
    goals
        .iter()
        .filter(|goal| tasks.iter().all(|task| task.job != **goal))
        .for_each(|goal| progress.cached(&goal.name()));
}

async fn step(setting: Setting, project: Arc<OnceLock<ProjectImages>>, job: Job) -> Result<()> {
    let name = job.name();
    let log = setting.layout.log(&name);
    setting.progress.step(&name, Some(&log), perform(&setting, &project, job, &log)).await
}

async fn perform(setting: &Setting, project: &OnceLock<ProjectImages>, job: Job, log: &Path) -> Result<()> {
    let Setting { layout, engine, origin, kind, .. } = setting;
    match job {
        Job::Tool(tool) => tool::build::build(layout, tool, log).await,
        Job::Image(image) => Workshop { layout, engine, origin: *origin }.make(image, log).await,
        Job::Kubectl => kubectl(setting).await,
        Job::Cluster => kind.create(&setting.node_image(), log).await,
        Job::Load(image) => kind.load(&[&image.reference(*origin)], log).await,
        Job::Project => {
            let made = project::images(engine, layout, &Image::Base.reference(*origin), log).await?;
            project.set(made).ok().context("the project was built twice")
        }
    }
}

async fn load_project(setting: &Setting, images: &ProjectImages) -> Result<()> {
    let there = setting.kind.images().await?;
    let wanted = [images.pgro.as_str(), images.stub_canopy.as_str()];
    let missing: Vec<&str> =
        wanted.into_iter().filter(|name| !there.iter().any(|known| known == name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let log = setting.layout.log("load pgro");
    setting.progress.step("load pgro", Some(&log), setting.kind.load(&missing, &log)).await
}

/// Where the kubectl of a node image is put.
pub(crate) fn kubectl_path(layout: &Layout, node_image: &str) -> PathBuf {
    let key = KeyBuilder::of("kubectl").add(node_image).finish();
    layout.tools().join(format!("kubectl-{key}")).join("kubectl")
}

/// Every node image, published or built, has the kubectl of its version in the same place.
async fn kubectl(setting: &Setting) -> Result<()> {
    let draft = Draft::begin(&setting.layout.temp(), "kubectl")?;
    let created = setting.engine.run().args(["create", &setting.node_image()]).output().await?;
    let container = created.trim();
    let copy = setting
        .engine
        .run()
        .args(["cp", &format!("{container}:/usr/bin/kubectl")])
        .arg(draft.path().join("kubectl"));
    let copied = copy.output().await;
    setting.engine.run().args(["rm", "--force", container]).output().await?;
    copied.context("failed to take kubectl out of the node image")?;
    draft.put(setting.kind.kubectl.parent().context("kubectl needs a folder to be in")?)
}
