//! Whatever happens to Canopy as a whole, nothing that runs is torn down. These make Canopy fail for everyone, so they
//! have the cluster to themselves, and make it fail one after the other; each lives through the others' faults too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use anyhow::{Result, ensure};
use contract::ids::Intent;
use e2e::client::Access;
use e2e::fixtures::Fixture;
use e2e::timeouts::RESTORED;
use e2e::world::{Replica, World};
use stub_canopy::{Endpoint, Fault, FaultRule};
use tokio::sync::Mutex;

/// Faults are cleared for everyone at once.
static ONE_FAULT_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// More than the operator's three absences, and longer than the ten seconds it asks for.
const LONG_ENOUGH: u64 = 8;
/// As many calls that fail; the pauses between them grow to two intervals.
const OFTEN_ENOUGH: u64 = 4;

async fn active(world: &World) -> Result<Replica<'_>> {
    let server = world.server(Fixture::Small15).await?;
    let replica = world.declare(&server, Intent::Analytics).await?;
    replica.success().await?;
    replica.reaches("active", RESTORED).await?;
    Ok(replica)
}

async fn outlives(world: &World, replica: &Replica<'_>, polls: u64, rule: FaultRule) -> Result<()> {
    let _turn = ONE_FAULT_AT_A_TIME.lock().await;
    let uid = replica.uid().await?;
    let what = format!("{rule:?}");
    world.inject(rule).await?;
    let waited = world.polls(polls).await;
    world.canopy.clear_faults().await?;
    waited?;
    ensure!(uid.is_some() && replica.uid().await? == uid, "it was torn down by {what}");
    ensure!(
        replica.query(Access::Analytics, "SELECT 'here'").await?.rows()? == "here",
        "it is not served after {what}"
    );
    Ok(())
}

#[tokio::test]
async fn fault_b1_an_unreachable_canopy_tears_nothing_down() {
    World::disturb(async |world| {
        let replica = active(world).await?;
        outlives(world, &replica, OFTEN_ENOUGH, FaultRule::new(Endpoint::Worklist, Fault::close())).await
    })
    .await;
}

#[tokio::test]
async fn fault_b3_an_erring_canopy_tears_nothing_down() {
    World::disturb(async |world| {
        let replica = active(world).await?;
        for fault in [Fault::status(503), Fault::Body("<html>[]</html>".into()), Fault::Truncate(20)] {
            outlives(world, &replica, OFTEN_ENOUGH, FaultRule::new(Endpoint::Worklist, fault)).await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn fault_b6_a_list_that_is_empty_once_tears_nothing_down() {
    World::disturb(async |world| {
        let replica = active(world).await?;
        outlives(
            world,
            &replica,
            LONG_ENOUGH,
            FaultRule::new(Endpoint::Worklist, Fault::Body("[]".into())).times(1),
        )
        .await
    })
    .await;
}

#[tokio::test]
async fn fault_b6_a_list_that_stays_empty_holds_every_teardown() {
    World::disturb(async |world| {
        let replica = active(world).await?;
        outlives(world, &replica, LONG_ENOUGH, FaultRule::new(Endpoint::Worklist, Fault::Body("[]".into())))
            .await
    })
    .await;
}
