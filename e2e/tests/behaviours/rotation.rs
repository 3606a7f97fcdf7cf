//! Credentials are replaced under a restore that outlives them.

use anyhow::{Result, ensure};
use contract::ids::Intent;
use e2e::fixtures::Fixture;
use e2e::timeouts::RESTORED_SLOWLY;
use e2e::world::World;

/// As little of a core as makes 300 MB take several times as long as credentials live, and still longer on a machine
/// several times as fast as the two busy cores this was measured on.
const SLOW: &str = "25m";
/// How long credentials live in a cluster of the harness, seconds.
const LIFE: i64 = 20;

#[tokio::test]
async fn fault_c13_credentials_that_live_20_s_rotate_under_a_restore_of_300_mb_and_kopia_sees_no_error() {
    World::run(async |world| {
        let server = world.server(Fixture::Large15).await?;
        let replica = world.slow_restore(&server, Intent::Verify, SLOW).await?;
        let restore = replica.watch_restore(RESTORED_SLOWLY).await?;
        ensure!(restore.seconds > LIFE, "the restore took {} s: credentials outlived it", restore.seconds);
        no_error(&restore.log)?;
        let report = replica.report_within(RESTORED_SLOWLY).await?;
        ensure!(report.replica_healthy, "{report:?}");
        let received = report.s3_received_payload_bytes.unwrap_or_default();
        ensure!(received >= 300_000_000, "only {received} bytes flowed");
        let issued = world.credentials_issued().await?;
        // Once for the password, then for every life that began.
        ensure!(issued >= 3, "credentials were issued {issued} times: they did not rotate");
        Ok(())
    })
    .await;
}

fn no_error(log: &str) -> Result<()> {
    let bad = |line: &&str| {
        ["error", "expired", "retry", "failed"].iter().any(|word| line.to_lowercase().contains(word))
    };
    let lines: Vec<&str> = log.lines().filter(bad).collect();
    ensure!(!log.is_empty() && lines.is_empty(), "kopia saw errors (or nothing was logged): {lines:#?}");
    Ok(())
}
