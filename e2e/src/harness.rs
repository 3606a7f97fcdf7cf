//! The shared cluster, furnished: found or made once per process, used by every test in it.

use std::fs::File;

use anyhow::{Context, Result};
use clap::Parser;
use stub_canopy::ControlClient;
use tokio::sync::OnceCell;

use crate::fixtures::{self, Captured, Fixture};
use crate::furniture::{self, Furniture};
use crate::kubernetes;
use crate::platform::{self, Cluster, Images, Options};
use crate::progress::Progress;

/// A cluster in which tests can begin. Plain data: connections belong to the runtime of one test.
#[derive(Clone, Debug)]
pub struct Harness {
    /// The cluster.
    pub cluster: Cluster,
    /// What runs in it.
    pub images: Images,
    /// What stands in it.
    pub furniture: Furniture,
    /// Where the time goes.
    pub progress: Progress,
}

/// Whether a process's tests leave the shared operator and Canopy alone, so that others may run beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manners {
    /// They do.
    Calm,
    /// They kill the operator, or make Canopy fail as a whole; only each other may run beside them.
    Disturbing,
}

/// The environment decides what flags decide for the commands.
#[derive(Parser)]
struct FromEnvironment {
    #[command(flatten)]
    options: Options,
}

static READY: OnceCell<Harness> = OnceCell::const_new();
static PLACE: OnceCell<File> = OnceCell::const_new();

impl Harness {
    /// The harness of this process's tests.
    pub async fn ready(manners: Manners) -> Result<&'static Self> {
        let harness = READY
            .get_or_try_init(|| async {
                let options = FromEnvironment::try_parse_from(["e2e"])?.options;
                Self::up(&options, &Progress::default()).await
            })
            .await?;
        PLACE.get_or_try_init(|| place(harness, manners)).await?;
        Ok(harness)
    }

    /// A furnished cluster.
    pub async fn up(options: &Options, progress: &Progress) -> Result<Self> {
        let cluster = platform::up(options, progress).await?;
        let client = kubernetes::client(&cluster.kubeconfig).await?;
        let furniture = furniture::install(&cluster, &client, progress).await?;
        Ok(Self { images: cluster.images()?, cluster, furniture, progress: progress.clone() })
    }

    /// A database, made now unless it is in the cache.
    pub async fn fixture(&self, fixture: Fixture) -> Result<Captured> {
        let Cluster { engine, layout, .. } = &self.cluster;
        fixtures::ensure(fixture, engine, &self.images.postgres(fixture.major()), layout, &self.progress)
            .await
    }
}

/// A place among the processes that use the cluster, kept until this one ends. Who finds nobody there clears what an
/// interrupted one may have left: a fault of Canopy would else fail every test that follows.
async fn place(harness: &Harness, manners: Manners) -> Result<File> {
    let path = harness.cluster.layout.cluster(&harness.cluster.name).join("in-use.lock");
    let file = File::create(&path).with_context(|| format!("failed to create {}", path.display()))?;
    if file.try_lock().is_ok() {
        let control = ControlClient::new(harness.furniture.canopy.clone())?;
        control.clear_faults().await.context("failed to clear the faults of an interrupted run")?;
        file.unlock().context("failed to unlock the cluster")?;
    }
    let taking = tokio::task::spawn_blocking(move || {
        let taken = match manners {
            Manners::Calm => file.lock_shared(),
            Manners::Disturbing => file.lock(),
        };
        taken.map(|()| file)
    });
    taking.await.context("waiting for the cluster was interrupted")?.context("failed to lock the cluster")
}
