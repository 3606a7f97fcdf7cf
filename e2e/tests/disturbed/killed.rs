//! The operator killed in the middle of a restore: one result, one report. Every single write is tried without a
//! cluster; here it is the deployed whole that has to come back. Each test suffers the others' kills, too.

use anyhow::{Result, ensure};
use contract::ids::Intent;
use e2e::client::Access;
use e2e::fixtures::Fixture;
use e2e::timeouts::{RESTORED, UNDER_WAY};
use e2e::world::{Moment, World};

async fn killed_at(moment: Moment) {
    World::disturb(async |world| one_result_one_report(world, moment).await).await;
}

async fn one_result_one_report(world: &World, moment: Moment) -> Result<()> {
    let still_to_kill = super::STILL_TO_KILL.read().await;
    let server = world.server(Fixture::Small15).await?;
    let replica = world.declare(&server, Intent::Verify).await?;
    replica.at(moment, UNDER_WAY).await?;
    world.kill_the_operator().await?;
    drop(still_to_kill);
    let report = replica.success().await?;
    replica.reaches("active", RESTORED).await?;
    world.polls(4).await?;
    replica.repeats_of(&report).await?;
    let runs = replica.runs().await?;
    ensure!(runs.volumes == 1 && runs.jobs <= 1 && runs.deployments == 1, "more than one result: {runs:?}");
    ensure!(
        replica.query(Access::Analytics, "SELECT 'served'").await?.rows()? == "served",
        "it is not served"
    );
    Ok(())
}

#[tokio::test]
async fn fault_a1_killed_when_the_volume_was_made() {
    killed_at(Moment::VolumeMade).await;
}

#[tokio::test]
async fn fault_a1_killed_while_kopia_restores() {
    killed_at(Moment::Restoring).await;
}

#[tokio::test]
async fn fault_a3_killed_when_postgres_is_ready() {
    killed_at(Moment::Ready).await;
}
