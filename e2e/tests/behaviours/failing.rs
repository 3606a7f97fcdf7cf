//! What cannot be restored is reported as what it is, and nothing of it is executed.

use anyhow::{Result, ensure};
use contract::canopy::Outcome;
use contract::ids::Intent;
use e2e::fixtures::Fixture;
use e2e::timeouts::{REPORTED, RESTORED, TOLD};
use e2e::wait::{Look, until};
use e2e::world::World;
use stub_canopy::{Endpoint, Fault, FaultRule};

#[tokio::test]
async fn denied_credentials_fail_the_replica_with_the_reason_and_granting_them_mends_it() {
    World::run(async |world| {
        let server = world.server(Fixture::Small15).await?;
        world.inject(FaultRule::new(Endpoint::Credentials, Fault::status(403)).group(world.group)).await?;
        let replica = world.declare(&server, Intent::Verify).await?;
        let why = replica.failure().await?;
        ensure!(why.contains("403"), "the report does not say why: {why}");
        replica.reaches("failed", REPORTED).await?;
        until(TOLD, || async {
            let events = e2e::kubernetes::events(&world.client, &replica.namespace).await?;
            Ok(Look::some(events.iter().any(|event| event.contains("403")).then_some(()), events.join("\n")))
        })
        .await?;
        ensure!(replica.restarted().await?.is_empty(), "a container loops: {:?}", replica.restarted().await?);
        world.canopy.clear_faults().await?;
        replica.success_at_last().await?;
        replica.reaches("active", RESTORED).await
    })
    .await;
}

#[tokio::test]
async fn fault_f10_a_damaged_blob_is_reported_as_a_failure_and_never_as_a_success() {
    World::run(async |world| {
        let server = world.server(Fixture::Small15).await?;
        let damaged = world.bucket.damage(world.prefix()).await?;
        ensure!(damaged > 0, "there was nothing to damage");
        let replica = world.declare(&server, Intent::DisasterRecovery).await?;
        replica.failure().await?;
        replica.reaches("failed", REPORTED).await?;
        let all = world.canopy.ledger().await?.accepted_reports(replica.entry.key());
        ensure!(
            all.iter().all(|report| report.outcome == Outcome::Failure),
            "a success was reported: {all:?}"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn fault_e6_a_snapshot_that_does_not_exist_is_reported_as_a_failure() {
    World::run(async |world| {
        let server = world.server(Fixture::Small17).await?;
        let mut entry = world.entry(&server, Intent::Verify);
        entry.snapshot_id = Some("0123456789abcdef0123456789abcdef".into());
        let replica = world.put(entry).await?;
        let why = replica.failure().await?;
        ensure!(
            why.contains("not found") || why.contains("no such") || why.contains("0123456789abcdef"),
            "{why}"
        );
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn fault_g1_a_snapshot_id_that_is_a_command_is_reported_and_not_executed() {
    World::run(async |world| hostile(world, "$(touch /pwned)").await).await;
}

#[tokio::test]
async fn fault_e6_a_snapshot_id_that_is_a_flag_is_reported_and_not_executed() {
    World::run(async |world| hostile(world, "--help").await).await;
}

async fn hostile(world: &World, text: &str) -> Result<()> {
    let server = world.server(Fixture::Small15).await?;
    let mut entry = world.entry(&server, Intent::Verify);
    entry.snapshot_id = Some(text.into());
    let replica = world.put(entry).await?;
    let why = replica.failure().await?;
    ensure!(why.contains("snapshot"), "the reason does not say what is wrong: {why}");
    let sent = world.calls_of_verification().await?;
    let named =
        sent.iter().all(|call| call.report().is_ok_and(|report| report.snapshot_id.as_deref() == Some(text)));
    ensure!(named, "the report does not name the snapshot as the worklist does: {sent:?}");
    ensure!(replica.runs().await?.is_empty(), "a restore was begun: {:?}", replica.runs().await?);
    Ok(())
}
