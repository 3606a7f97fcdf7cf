//! Each intent, and each major version: the data is all there, served as the intent says, and reported truthfully.

use anyhow::{Result, ensure};
use contract::canopy::{HealthDetails, Verification, WorklistEntry};
use contract::ids::Intent;
use contract::pods::{CheckName, CheckResult, MANDATORY_CHECKS};
use e2e::client::Access::{Analytics, Superuser};
use e2e::fixtures::Fixture;
use e2e::timeouts::RESTORED;
use e2e::world::{Replica, Server, World};
use serde_json::json;

#[tokio::test]
async fn a_verified_backup_of_postgres_15_is_served_read_only_and_reported() {
    World::run(async |world| served_read_only(world, Fixture::Small15, Intent::Verify).await).await;
}

#[tokio::test]
async fn analytics_on_postgres_17_are_served_read_only_and_reported() {
    World::run(async |world| served_read_only(world, Fixture::Small17, Intent::Analytics).await).await;
}

#[tokio::test]
async fn disaster_recovery_of_postgres_15_is_served_writable_and_reported() {
    World::run(async |world| served_writable(world, Fixture::Small15).await).await;
}

#[tokio::test]
async fn disaster_recovery_of_postgres_17_is_served_writable_and_reported() {
    World::run(async |world| served_writable(world, Fixture::Small17).await).await;
}

async fn served_read_only(world: &World, fixture: Fixture, intent: Intent) -> Result<()> {
    let server = world.server(fixture).await?;
    let replica = served(world, &server, intent).await?;
    let refused = replica.query(Superuser, "DELETE FROM notes").await?.refusal()?;
    ensure!(refused.contains("read-only transaction"), "{refused}");
    let insistent = "SET default_transaction_read_only = off; DELETE FROM notes";
    let refused = replica.query(Analytics, insistent).await?.refusal()?;
    ensure!(refused.contains("permission denied") || refused.contains("read-only"), "{refused}");
    Ok(())
}

async fn served_writable(world: &World, fixture: Fixture) -> Result<()> {
    let server = world.server(fixture).await?;
    let replica = served(world, &server, Intent::DisasterRecovery).await?;
    replica.query(Superuser, "INSERT INTO facilities VALUES ('new', 'New one')").await?.rows()?;
    let found = replica.query(Analytics, "SELECT name FROM facilities WHERE code = 'new'").await?.rows()?;
    ensure!(found == "New one", "what was written is not there: {found:?}");
    Ok(())
}

async fn served<'w>(world: &'w World, server: &Server, intent: Intent) -> Result<Replica<'w>> {
    let asked = json!({ "probes": [
        {"name": "all-patients", "sql": format!("SELECT count(*) = {} FROM patients -- $(HOME)", server.content.patients)},
        {"name": "as-a-guest", "database": "postgres", "sql": "SELECT current_user = 'pgro_analytics'"},
    ]});
    let entry = WorklistEntry { params: Some(asked), ..world.entry(server, intent) };
    let replica = world.put(entry).await?;
    tells_all(&replica.success().await?, server)?;
    replica.reaches("active", RESTORED).await?;
    let found = replica.query(Analytics, &whole(server)).await?.rows()?;
    let expected =
        format!("{}|{}|t|{}", server.content.patients, server.content.accounts, server.snapshot.id);
    ensure!(found == expected, "the data is not whole: {found}, not {expected}");
    Ok(replica)
}

/// Every row that was committed when the source froze is there, and the copy says where it is from.
fn whole(server: &Server) -> String {
    format!(
        "SELECT (SELECT count(*) FROM patients), (SELECT count(*) FROM pgbench_accounts), \
         (SELECT count(*) >= {} FROM pgbench_history), (SELECT snapshot_id FROM _pgro.restore_info)",
        server.content.transactions
    )
}

fn tells_all(report: &Verification, server: &Server) -> Result<()> {
    let version = report.postgres_version.as_deref().unwrap_or_default();
    ensure!(version.starts_with(&format!("{}.", server.fixture.major())), "not the version: {report:?}");
    ensure!(
        report.snapshot_id.as_deref() == Some(server.snapshot.id.as_str()),
        "not the snapshot: {report:?}"
    );
    ensure!(report.replica_healthy && report.run_id.is_some(), "not healthy, or no run: {report:?}");
    let [payload, raw] =
        [report.s3_received_payload_bytes, report.s3_received_raw_bytes].map(Option::unwrap_or_default);
    ensure!(payload > 20_000_000 && raw > payload, "the bytes cannot be right: {report:?}");
    ensure!(report.s3_sent_raw_bytes.is_some_and(|sent| sent > 0), "nothing was sent: {report:?}");
    let health: HealthDetails = serde_json::from_value(report.health_details.clone().unwrap_or_default())?;
    ensure!(health.databases.iter().any(|name| name == "app"), "the database is not named: {health:?}");
    for name in MANDATORY_CHECKS.into_iter().chain([CheckName::Probes]) {
        let passed =
            health.checks.iter().any(|check| check.name == name && check.result == CheckResult::Passed);
        ensure!(passed, "{name:?} did not pass: {health:?}");
    }
    Ok(())
}
