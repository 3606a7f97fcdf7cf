//! What is on the worklist is there, and what is taken off it goes.

use anyhow::ensure;
use contract::ids::Intent;
use contract::names::annotations::{LAST_VERIFICATION_REPORTED_AT, RESTORE_STATE};
use e2e::fixtures::Fixture;
use e2e::timeouts::RESTORED;
use e2e::world::World;

/// So little of a core that the restore is under way while its namespace is deleted.
const SLOW: &str = "60m";

#[tokio::test]
async fn a_replica_is_reported_exactly_once_and_torn_down_when_it_is_withdrawn() {
    World::run(async |world| {
        let server = world.server(Fixture::Small15).await?;
        let replica = world.declare(&server, Intent::Analytics).await?;
        replica.success().await?;
        replica.reaches("active", RESTORED).await?;
        world.polls(5).await?;
        let calls = world.calls_of_verification().await?;
        ensure!(calls.len() == 1, "{} reports were sent: {calls:?}", calls.len());
        ensure!(replica.annotation(LAST_VERIFICATION_REPORTED_AT).await?.is_some(), "it is not noted down");
        replica.withdraw().await?;
        replica.is_gone().await
    })
    .await;
}

#[tokio::test]
async fn fault_a17_a_namespace_deleted_by_hand_during_a_restore_is_made_again_and_proven_again() {
    World::run(async |world| {
        let server = world.server(Fixture::Small17).await?;
        let replica = world.slow_restore(&server, Intent::Verify, SLOW).await?;
        replica.deleted_by_hand().await?;
        replica.success().await?;
        replica.reaches("active", RESTORED).await?;
        ensure!(replica.runs().await?.deployments == 1, "not one database: {:?}", replica.runs().await?);
        Ok(())
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
