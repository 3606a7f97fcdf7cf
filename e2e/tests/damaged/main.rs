//! What hosts may send, from the backup to the report at Canopy: each damaged backup is called damaged, with its reason
//! and the check that found it, and each sound one sound, with the repairs it needed.
//!
//! How much is detected is the agent's matter (`agent/tests/detection`); here a dozen kinds pass through all of it, side
//! by side. A table tells of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod case;
mod cases;
#[path = "../../../agent/tests/detection/damage.rs"]
mod damage;
mod truth;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use case::Case;
use contract::canopy::Verification;
use contract::ids::{Intent, ServerId};
use e2e::fixtures::backup::Snapshot;
use e2e::timeouts::JUDGED;
use e2e::world::World;
use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};

/// Copies that are made at the same time.
const COPIERS: usize = 3;

#[tokio::test]
async fn every_backup_is_reported_to_canopy_as_what_it_is() {
    World::run(async |world| {
        let cases = cases::all();
        let (server, snapshots) = backed_up(world, &cases).await?;
        let tried = cases.iter().zip(&snapshots).map(|(case, snapshot)| tried(world, case, server, snapshot));
        let reports = join_all(tried).await;
        let told: Vec<bool> = cases.iter().zip(&reports).map(|(case, report)| judged(case, report)).collect();
        ensure!(told.iter().all(|is_true| *is_true), "not every report is the truth: see the table");
        Ok(())
    })
    .await;
}

/// All of them in one repository, as backups of one server.
async fn backed_up(world: &World, cases: &[Case]) -> Result<(ServerId, Vec<Snapshot>)> {
    let folder = tempfile::tempdir().context("failed to make a folder for damaged copies")?;
    let made = cases.iter().map(|case| made(world, case, folder.path()));
    stream::iter(made).buffer_unordered(COPIERS).try_collect::<()>().await?;
    let names: Vec<&str> = cases.iter().map(|case| case.name).collect();
    world.backups(folder.path(), &names).await
}

async fn made(world: &World, case: &Case, folder: &Path) -> Result<()> {
    let captured = world.harness.fixture(case.fixture).await?;
    let root = folder.join(case.name);
    for place in case.places {
        captured.copy(&world.harness.cluster.engine, &world.harness.images, &root.join(place)).await?;
    }
    (case.damage)(&root, &captured.files);
    Ok(())
}

/// Declared, and let go when it was reported, so that it is not tried again while others wait.
async fn tried(world: &World, case: &Case, server: ServerId, snapshot: &Snapshot) -> Result<Verification> {
    let entry = world.entry_of(server, snapshot, Intent::Verify, case.name.into());
    let replica = world.put(entry).await?;
    let report = replica.verdict(JUDGED).await.with_context(|| format!("{} was not reported", case.name))?;
    replica.let_go().await?;
    ensure!(report.snapshot_id.as_deref() == Some(snapshot.id.as_str()), "another snapshot: {report:?}");
    Ok(report)
}

fn judged(case: &Case, report: &Result<Verification>) -> bool {
    let (is_true, said) = match report {
        Ok(report) => (case.truth.is_told_by(report), truth::said(report)),
        Err(error) => (false, format!("{error:#}")),
    };
    println!("{} {:28} {said}", if is_true { "ok " } else { "BAD" }, case.name);
    if !is_true {
        println!("    expected {:?}, got {report:?}", case.truth);
    }
    is_true
}
