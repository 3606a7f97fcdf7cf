//! A report arrives, whatever Canopy says first.

use anyhow::ensure;
use contract::ids::Intent;
use e2e::fixtures::Fixture;
use e2e::world::World;
use stub_canopy::{Endpoint, Fault, FaultRule};

#[tokio::test]
async fn fault_b13_a_report_that_canopy_could_not_take_is_sent_again_until_it_can() {
    World::run(async |world| {
        let refuse = FaultRule::new(Endpoint::Verification, Fault::status(503)).group(world.group).times(2);
        world.inject(refuse).await?;
        let server = world.server(Fixture::Small17).await?;
        let replica = world.declare(&server, Intent::Verify).await?;
        let report = replica.success().await?;
        world.polls(5).await?;
        let calls = world.calls_of_verification().await?;
        let statuses: Vec<u16> = calls.iter().map(|call| call.status).collect();
        ensure!(statuses == [503, 503, 204], "{statuses:?}");
        let same = calls.iter().all(|call| call.report().is_ok_and(|sent| sent == report));
        ensure!(same, "what was sent again is not the same: {calls:?}");
        Ok(())
    })
    .await;
}
