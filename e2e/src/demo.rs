//! The product on this machine: a real database is made, backed up, lost sight of, and answers a query again.
//!
//! Input: options. Output: what happens, as it happens, and how to go on from there. Whatever is there already is used
//! again; what an earlier demo declared is withdrawn first, so that each run shows a restore.

mod closing;

use std::convert::Infallible;

use anyhow::{Context, Result};
use contract::canopy::{Verification, WorklistEntry};
use contract::ids::{GroupId, Intent, ReplicaId};
use contract::names::labels;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use uuid::Uuid;

use crate::client::Access;
use crate::fixtures::Fixture;
use crate::harness::{Harness, Manners};
use crate::platform::Options;
use crate::progress::Progress;
use crate::timeouts::RESTORED;
use crate::world::{Moment, Replica, Server, World};

/// The one group and declaration of every demo: what an earlier one left is found by it.
const ID: Uuid = Uuid::from_u128(0xde30_0000_0000_4000_8000_0000_0000_0001);
/// The question the restored copy is asked: names from the application, sorted by an index on text.
const QUESTION: &str =
    "SELECT display_id, family_name, given_name FROM patients ORDER BY family_name, given_name LIMIT 5";

/// What there is to see on the way, in order.
const STAGES: [(Moment, &str); 7] = [
    (Moment::NamespaceMade, "the operator has read the worklist and made the replica's namespace"),
    (Moment::VolumeMade, "there is a volume for the data"),
    (Moment::JobMade, "a Job is to restore the snapshot, with credentials of that moment"),
    (Moment::Restoring, "kopia restores through canopy-proxy"),
    (Moment::JobEnded, "every file is there"),
    (Moment::Preparing, "PostgreSQL recovers, in private; its data is checked, its guests' users are made"),
    (Moment::Ready, "PostgreSQL serves"),
];

/// Runs it.
pub async fn run(options: &Options, progress: &Progress) -> Result<()> {
    let harness = Harness::up(options, progress).await?;
    let world = World::begin(harness, ("demo".into(), GroupId(ID)), Manners::Calm).await?;
    progress.step("withdraw what an earlier demo declared", None, withdraw(&world)).await?;
    let server = Box::pin(backed_up(&world, progress)).await?;
    let entry = WorklistEntry {
        replica_id: ReplicaId(ID),
        name: "demo".into(),
        ..world.entry(&server, Intent::Analytics)
    };
    let replica = world.put(entry).await?;
    progress.say(&format!("offered on Canopy's worklist; its namespace will be {}", replica.namespace));
    let report = Box::pin(progress.step(
        "from the worklist to a verified database",
        None,
        watched(&replica, progress),
    ))
    .await?;
    replica.reaches("active", RESTORED).await?;
    let rows = progress
        .step("a query through the Service", None, replica.query(Access::Analytics, QUESTION))
        .await?;
    let closing = closing::Closing { world: &world, replica: &replica, report: &report, rows: &rows.rows()? };
    progress.say(&closing.text()?);
    Ok(())
}

async fn withdraw(world: &World) -> Result<()> {
    // There is none on the first run.
    let _ = world.canopy.remove_entry(ReplicaId(ID), None).await;
    let selector = format!("{}={ID}", labels::DECLARATION_ID);
    let api = Api::<Namespace>::all(world.client.clone());
    for namespace in api.list(&ListParams::default().labels(&selector)).await?.items {
        world.tear_down(&namespace.name_any()).await?;
    }
    Ok(())
}

async fn backed_up(world: &World, progress: &Progress) -> Result<Server> {
    world.harness.fixture(Fixture::Small17).await?;
    let server = progress
        .step("back the database up with kopia", None, Box::pin(world.server(Fixture::Small17)))
        .await?;
    progress.say(&format!(
        "snapshot {} of server {}: a PostgreSQL {} frozen in the middle of its work",
        server.snapshot.id,
        server.id,
        server.fixture.major()
    ));
    Ok(server)
}

/// Says each stage as it is reached, until the report has arrived.
async fn watched(replica: &Replica<'_>, progress: &Progress) -> Result<Verification> {
    tokio::select! {
        report = replica.success() => report,
        failed = told(replica, progress) => Err(failed.err().context("the stages have no end")?),
    }
}

async fn told(replica: &Replica<'_>, progress: &Progress) -> Result<Infallible> {
    for (moment, sentence) in STAGES {
        replica.at(moment, RESTORED).await?;
        progress.say(sentence);
    }
    std::future::pending().await
}
