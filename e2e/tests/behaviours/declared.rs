//! What is on the worklist is there, and what is taken off it goes.

use anyhow::ensure;
use contract::ids::Intent;
use contract::names::annotations::RESTORE_STATE;
use e2e::fixtures::Fixture;
use e2e::world::World;

#[tokio::test]
async fn a_withdrawn_replica_is_torn_down() {
    World::run(async |world| {
        let server = world.server(Fixture::Small15).await?;
        let replica = world.declare(&server, Intent::Analytics).await?;
        replica.success().await?;
        replica.withdraw().await?;
        replica.is_gone().await
    })
    .await;
}

#[tokio::test]
async fn without_a_snapshot_there_is_only_a_namespace_until_one_appears() {
    World::run(async |world| {
        let server = world.server(Fixture::Small17).await?;
        let entry = world.entry(&server, Intent::Verify);
        let (snapshot, at) = (entry.snapshot_id.clone(), entry.snapshot_at);
        let waiting = contract::canopy::WorklistEntry { snapshot_id: None, snapshot_at: None, ..entry };
        let mut replica = world.put(waiting).await?;
        let uid = replica.provisioned().await?;
        world.polls(4).await?;
        ensure!(replica.annotation(RESTORE_STATE).await?.as_deref() == Some("pending"), "it is not pending");
        ensure!(replica.runs().await?.is_empty(), "something was begun without a snapshot");
        replica
            .change(|entry| {
                entry.snapshot_id = snapshot;
                entry.snapshot_at = at;
            })
            .await?;
        replica.success().await?;
        ensure!(replica.uid().await? == Some(uid), "it is not the namespace of before");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn fault_b11_servers_that_share_a_declaration_get_a_namespace_and_a_report_each() {
    World::run(async |world| {
        let (one, other) = (world.server(Fixture::Small15).await?, world.server(Fixture::Small17).await?);
        let first = world.entry(&one, Intent::Verify);
        let mut second = world.entry(&other, Intent::Verify);
        (second.replica_id, second.name) = (first.replica_id, first.name.clone());
        let (first, second) = (world.put(first).await?, world.put(second).await?);
        ensure!(first.namespace != second.namespace, "one namespace for both");
        let (one_report, other_report) = (first.success().await?, second.success().await?);
        ensure!(one_report.run_id != other_report.run_id, "one run for both");
        ensure!(
            one_report.server_id == one.id && other_report.server_id == other.id,
            "reported under another's name"
        );
        let versions = [one_report, other_report].map(|report| report.postgres_version.unwrap_or_default());
        ensure!(versions[0].starts_with("15.") && versions[1].starts_with("17."), "{versions:?}");
        Ok(())
    })
    .await;
}
