//! No secret of a run is anywhere but in Secrets. Every world looks at the end; here processes are looked at as well,
//! and the search itself is put to the test.

use anyhow::ensure;
use contract::ids::Intent;
use contract::secret::ExposeSecret;
use e2e::client::Access;
use e2e::fixtures::Fixture;
use e2e::leaks::{self, Processes};
use e2e::timeouts::RESTORED;
use e2e::world::World;

#[tokio::test]
async fn fault_g6_no_secret_of_a_run_is_in_any_object_process_log_or_event() {
    World::run(async |world| {
        let watched = Processes::watch();
        let server = world.server(Fixture::Small17).await?;
        let replica = world.declare(&server, Intent::DisasterRecovery).await?;
        replica.success().await?;
        replica.reaches("active", RESTORED).await?;
        replica.query(Access::Superuser, "SELECT 1").await?.rows()?;
        let arguments = watched.stop().await;
        ensure!(arguments.text.contains("kopia"), "kopia was not seen: the watch is blind");
        let found = leaks::secrets(world).await?.found_in(&arguments);
        ensure!(found.is_empty(), "{found:?}");
        let found = leaks::search(world).await?;
        ensure!(found.is_empty(), "{found:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_secret_where_none_may_be_is_found() {
    World::run(async |world| {
        let server = world.server(Fixture::Small15).await?;
        let mut entry = world.entry(&server, Intent::Verify);
        entry.snapshot_id = None;
        let replica = world.put(entry).await?;
        replica.provisioned().await?;
        let password = world.harness.furniture.repo_password.expose_secret();
        e2e::kubernetes::patch_annotation(&world.client, &replica.namespace, "test/leak", password).await?;
        let found = leaks::search(world).await?;
        e2e::kubernetes::patch_annotation(&world.client, &replica.namespace, "test/leak", "").await?;
        let places: Vec<String> = found.iter().map(ToString::to_string).collect();
        ensure!(
            places == [format!("the repository's password is in the Namespace of {}", replica.namespace)],
            "{places:?}"
        );
        Ok(())
    })
    .await;
}
