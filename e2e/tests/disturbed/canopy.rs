//! Whatever happens to Canopy as a whole, nothing that runs is torn down, until a person says so.

use anyhow::{Context, Result, ensure};
use contract::ids::Intent;
use e2e::client::Access;
use e2e::fixtures::Fixture;
use e2e::timeouts::{RESTORED, TOLD};
use e2e::wait::{Look, until};
use e2e::world::{Replica, World};
use stub_canopy::{Endpoint, Fault, FaultRule};

/// More than the operator's three absences, and longer than the four seconds it asks for.
const LONG_ENOUGH: u64 = 8;
/// As many calls that fail; the pauses between them grow to two intervals.
const OFTEN_ENOUGH: u64 = 4;

#[tokio::test]
async fn fault_b1_b3_b6_nothing_canopy_does_tears_a_replica_down_until_a_person_releases_it() {
    World::disturb(async |world| {
        let server = world.server(Fixture::Small15).await?;
        let replica = world.declare(&server, Intent::Analytics).await?;
        replica.success().await?;
        replica.reaches("active", RESTORED).await?;
        let _nobody_is_killed = super::STILL_TO_KILL.write().await;
        for fault in
            [Fault::close(), Fault::status(503), Fault::Body("<html>[]</html>".into()), Fault::Truncate(20)]
        {
            outlives(world, &replica, OFTEN_ENOUGH, list(fault)).await?;
        }
        outlives(world, &replica, LONG_ENOUGH, list(Fault::Body("[]".into())).times(1)).await?;
        ensure!(
            replica.query(Access::Analytics, "SELECT 'here'").await?.rows()? == "here",
            "it is not served after all that"
        );
        world.inject(list(Fault::Body("[]".into()))).await?;
        let released = held_until_released(world, &replica).await;
        world.canopy.clear_faults().await?;
        released
    })
    .await;
}

fn list(fault: Fault) -> FaultRule {
    FaultRule::new(Endpoint::Worklist, fault)
}

async fn outlives(world: &World, replica: &Replica<'_>, polls: u64, rule: FaultRule) -> Result<()> {
    let uid = replica.uid().await?;
    let what = format!("{rule:?}");
    world.inject(rule).await?;
    let waited = world.polls(polls).await;
    world.canopy.clear_faults().await?;
    waited?;
    ensure!(uid.is_some() && replica.uid().await? == uid, "it was torn down by {what}");
    Ok(())
}

/// The list stays empty: that is held, said, and released by the very command that is said and documented.
async fn held_until_released(world: &World, replica: &Replica<'_>) -> Result<()> {
    world.polls(LONG_ENOUGH).await?;
    ensure!(replica.uid().await?.is_some(), "it was torn down by a list that stays empty");
    let why = until(TOLD, || async {
        let line = replica.status().await?;
        let why = line["why"].as_str().filter(|why| why.contains("held")).map(str::to_owned);
        Ok(Look::some(why, line.to_string()))
    })
    .await?;
    ensure!(world.status().await?["teardown"]["held"] == true, "the status does not say that it holds");
    let events = e2e::kubernetes::events(&world.client, e2e::kubernetes::SYSTEM).await?;
    ensure!(events.iter().any(|event| event.starts_with("TeardownHeld")), "no event tells: {events:#?}");
    let command = &why[why.find("kubectl").context("the status has no command")?..];
    ensure!(command == replica.documented("docs/observing.md", "release-teardown")?, "{command}");
    replica.enters(command).await?;
    replica.is_gone().await
}
