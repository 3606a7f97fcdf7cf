//! A refresh is noticed by nobody who does not look at the snapshot.

use anyhow::{Context, Result, ensure};
use contract::ids::Intent;
use contract::names::annotations::FORCE_REFRESH;
use e2e::client::Access;
use e2e::fixtures::Fixture;
use e2e::kubernetes::events;
use e2e::timeouts::{RESTORED, TOLD};
use e2e::wait::{Look, until};
use e2e::world::{Replica, World};
use jiff::SignedDuration;

#[tokio::test]
async fn a_refresh_keeps_queries_answered_and_one_that_fails_leaves_the_old_one_serving() {
    World::run(async |world| {
        let server = world.server(Fixture::Small15).await?;
        let mut replica = world.declare(&server, Intent::Analytics).await?;
        replica.success().await?;
        replica.reaches("active", RESTORED).await?;
        let guest = replica.steady_guest().await?;

        let newer = world.backed_up_again(&server).await?.snapshot;
        let offer = (Some(newer.id.to_string()), Some(newer.at));
        replica.change(|entry| (entry.snapshot_id, entry.snapshot_at) = offer).await?;
        let report = replica.success().await?;
        ensure!(report.snapshot_id.as_deref() == Some(newer.id.as_str()), "not the newer: {report:?}");
        serves(&replica, newer.id.as_str()).await?;
        guest.is_answered().await?;

        let missing = "0123456789abcdef0123456789abcdef".to_owned();
        let offer = (Some(missing), Some(newer.at + SignedDuration::from_mins(1)));
        replica.change(|entry| (entry.snapshot_id, entry.snapshot_at) = offer).await?;
        replica.failure().await?;
        drained(world, &replica).await?;
        guest.is_answered().await?;
        serves(&replica, newer.id.as_str()).await?;
        guest.leave().await
    })
    .await;
}

#[tokio::test]
async fn a_person_can_have_the_same_snapshot_restored_anew() {
    World::run(async |world| {
        let server = world.server(Fixture::Small17).await?;
        let replica = world.declare(&server, Intent::Verify).await?;
        let first = replica.success().await?;
        replica.reaches("active", RESTORED).await?;
        replica.enters(&replica.documented("README.md", FORCE_REFRESH)?).await?;
        let second = replica.success().await?;
        ensure!(first.snapshot_id == second.snapshot_id, "another snapshot: {second:?}");
        ensure!(first.run_id != second.run_id, "the same run: {second:?}");
        ensure!(replica.annotation(FORCE_REFRESH).await?.is_none(), "the wish is still there");
        Ok(())
    })
    .await;
}

async fn serves(replica: &Replica<'_>, snapshot: &str) -> Result<()> {
    let query = "SELECT snapshot_id FROM _pgro.restore_info";
    let found = replica.query(Access::Analytics, query).await?.rows()?;
    ensure!(found == snapshot, "{found} is served, not {snapshot}");
    Ok(())
}

/// The run before is gone, and all of it was told.
async fn drained(world: &World, replica: &Replica<'_>) -> Result<()> {
    until(TOLD, || async {
        let told = events(&world.client, &replica.namespace).await?;
        let all = ["Provisioned", "RestoreStarted", "Verified", "Switched", "Drained", "RestoreFailed"];
        let missing = all.into_iter().find(|reason| !told.iter().any(|event| event.starts_with(reason)));
        Ok(Look::some(missing.is_none().then_some(()), format!("no {missing:?} in {told:#?}")))
    })
    .await
    .context("a refresh is told by events")
}
