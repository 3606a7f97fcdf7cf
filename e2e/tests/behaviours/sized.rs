//! Where nobody says how large a volume is to be, the repository does.

use anyhow::ensure;
use contract::ids::Intent;
use contract::names::annotations::{FORCE_REFRESH, VOLUME_MIN_BYTES};
use e2e::fixtures::Fixture;
use e2e::timeouts::RESTORED;
use e2e::world::World;

#[tokio::test]
async fn fault_e7_after_a_volume_proved_too_small_the_next_is_as_large_as_the_repository_says() {
    World::run(async |world| {
        let server = world.server(Fixture::Small15).await?;
        let replica = world.declare(&server, Intent::Verify).await?;
        replica.success().await?;
        replica.reaches("active", RESTORED).await?;
        ensure!(replica.sizing_jobs().await? == 0, "the size is set on this cluster, and was asked for");

        let least = format!("kubectl annotate namespace {} {VOLUME_MIN_BYTES}=1000", replica.namespace);
        replica.enters(&least).await?;
        replica.enters(&replica.documented("README.md", FORCE_REFRESH)?).await?;
        replica.success().await?;
        ensure!(replica.sizing_jobs().await? == 1, "the repository was not asked");
        let sizes = replica.volume_sizes().await?;
        ensure!(sizes.iter().any(|size| size == "3Gi"), "no volume is as large as it should be: {sizes:?}");
        Ok(())
    })
    .await;
}
