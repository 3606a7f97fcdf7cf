//! Clients, and what they send.

use contract::{
    canopy::{CredentialsRequest, Outcome, Verification},
    ids::{GroupId, Intent, ReplicaId, ServerId},
};
use jiff::Timestamp;
use operator::{
    args::BaseUrl,
    canopy::{HttpCanopy, IdentitySource},
    clock::{Clock, ManualClock},
    metrics::Metrics,
};
use serde_json::{Value, json};
use std::sync::Arc;
use stub_canopy::use_ring;
use uuid::Uuid;

pub(crate) const GROUP: Uuid = Uuid::from_u128(7);

/// A client without proxy and certificate, and its metrics.
pub(crate) fn direct(base: &impl ToString) -> (HttpCanopy, Metrics) {
    let metrics = Metrics::default();
    let clock = Arc::new(operator::clock::SystemClock);
    (client(base, None, None, clock, &metrics), metrics)
}

pub(crate) fn client(
    base: &impl ToString,
    proxy: Option<&str>,
    identity: Option<Arc<dyn IdentitySource>>,
    clock: Arc<dyn Clock>,
    metrics: &Metrics,
) -> HttpCanopy {
    use_ring();
    let base: BaseUrl = base.to_string().parse().unwrap();
    let proxy = proxy.map(|url| url.parse().unwrap());
    HttpCanopy::new(base, proxy, identity, clock, metrics.clone())
}

/// A clock that is moved by hand, near enough to the real time for TLS.
pub(crate) fn manual_clock() -> ManualClock {
    ManualClock::at(Clock::now(&operator::clock::SystemClock))
}

pub(crate) fn entry(n: u128) -> Value {
    json!({
        "replica_id": Uuid::from_u128(n), "server_id": Uuid::from_u128(n + 1_000), "group_id": GROUP,
        "type": "tamanu-postgres", "intent": "verify", "name": format!("Clinic {n}"),
        "freshness_seconds": null, "snapshot_id": null, "snapshot_at": null,
        "storage": "s3", "bucket": "backups", "prefix": "a/", "region": "ap-southeast-2",
    })
}

pub(crate) fn credentials_request() -> CredentialsRequest {
    CredentialsRequest {
        group: GroupId(GROUP),
        backup_type: "tamanu-postgres".parse().unwrap(),
        run_id: None,
    }
}

/// A report about the replica of [`entry`] `n`.
pub(crate) fn report(n: u128) -> Verification {
    Verification {
        group: GroupId(GROUP),
        server_id: ServerId(Uuid::from_u128(n + 1_000)),
        backup_type: "tamanu-postgres".parse().unwrap(),
        intent: Intent::Verify,
        outcome: Outcome::Success,
        replica_healthy: true,
        observed_at: Timestamp::from_second(1_800_000_000).unwrap(),
        replica_id: Some(ReplicaId(Uuid::from_u128(n))),
        run_id: None,
        snapshot_id: None,
        error: None,
        postgres_version: None,
        s3_sent_raw_bytes: None,
        s3_sent_payload_bytes: None,
        s3_received_raw_bytes: None,
        s3_received_payload_bytes: None,
        health_details: None,
    }
}
