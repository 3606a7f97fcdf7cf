//! The Deployment that brings PostgreSQL up on a restored volume.
//!
//! One pod and never two: two postmasters on one volume would destroy it.

use super::{
    Component, Role, Site, defaults, env,
    meta::Meta,
    mounts::{self, AGENT, AGENT_PROGRAM, PGDATA, SHM, SOCKET, TMP},
    pod,
    service::{PORT, PORT_NAME},
    site::Budgets,
};
use crate::model::PostgresOrder;
use contract::{
    env::{ANALYTICS_PASSWORD, SUPERUSER_PASSWORD},
    names::objects::containers,
    pods::PrepareSpec,
};
use k8s_openapi::api::{
    apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy},
    core::v1::{
        Container, ContainerPort, EnvVar, Lifecycle, PodSpec, PodTemplateSpec, Probe, Volume, VolumeMount,
    },
};

/// What a fast shutdown may take; guests were drained before.
const GRACE_SECS: i64 = 60;

/// The Deployment `postgres-<run>`.
pub fn postgres_deployment(site: &Site, order: &PostgresOrder) -> Deployment {
    let meta = Meta::of_run(site, order.into(), Component::Postgres, &order.run);
    Deployment {
        metadata: meta.named(order.run.deployment()),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            revision_history_limit: Some(0),
            progress_deadline_seconds: Some(progress_deadline(order)),
            strategy: Some(DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None }),
            selector: meta.label_selector(),
            template: template(site, order, &meta),
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    }
}

/// Preparation is progress, however long it takes: the cluster's own default of ten minutes would call it a failure.
fn progress_deadline(order: &PostgresOrder) -> i32 {
    let Budgets { recovery, checks } = Budgets::within(order.deadline);
    i32::try_from(recovery.saturating_add(checks).as_secs()).unwrap_or(i32::MAX).saturating_add(600)
}

fn template(site: &Site, order: &PostgresOrder, meta: &Meta<'_>) -> PodTemplateSpec {
    pod::template(
        meta.labels(),
        PodSpec {
            termination_grace_period_seconds: Some(GRACE_SECS),
            init_containers: Some(vec![pod::copy_agent(site), prepare(site, order)]),
            containers: vec![postgres(site, order)],
            volumes: Some(volumes(order)),
            ..PodSpec::default()
        },
    )
}

fn prepare(site: &Site, order: &PostgresOrder) -> Container {
    Container {
        env: Some(environment(order)),
        ..server_container(site, order, containers::PREPARE, &[AGENT_PROGRAM, "prepare"])
    }
}

fn postgres(site: &Site, order: &PostgresOrder) -> Container {
    let data = format!("{}/{}", PGDATA.path(), order.data_dir);
    Container {
        ports: Some(vec![port()]),
        startup_probe: Some(Probe { failure_threshold: Some(startup_tries(order)), ..answers(2) }),
        readiness_probe: Some(Probe { failure_threshold: Some(3), ..answers(5) }),
        // SIGTERM would wait for every guest to leave. Clusters that do not know the field send what the image says.
        lifecycle: Some(Lifecycle { stop_signal: Some("SIGINT".to_owned()), ..Lifecycle::default() }),
        ..server_container(site, order, containers::POSTGRES, &["postgres", "-D", &data])
    }
}

/// A container in the postgres image, with everything a server needs.
fn server_container(site: &Site, order: &PostgresOrder, name: &str, argv: &[&str]) -> Container {
    let image = site.images.postgres.of_major(order.postgres_major);
    let share = defaults::postgres(order.identity.intent);
    Container { volume_mounts: Some(server_mounts()), ..pod::container(name, image.as_str(), share, argv) }
}

fn server_mounts() -> Vec<VolumeMount> {
    vec![AGENT.read_only(), PGDATA.writable(), SHM.writable(), SOCKET.writable(), TMP.writable()]
}

fn volumes(order: &PostgresOrder) -> Vec<Volume> {
    vec![
        AGENT.scratch(64),
        mounts::pgdata(&order.run),
        SHM.memory(defaults::postgres(order.identity.intent).shared_memory_mib()),
        SOCKET.scratch(1),
        TMP.scratch(64),
    ]
}

/// Preparation left a cleanly stopped server, but a container that was killed starts with crash recovery, which may
/// take as long as the first one: tried every two seconds. Until then nothing but the probe's own end may stop it, and
/// so there is no liveness probe at all: killing a server that recovers only makes it recover again.
fn startup_tries(order: &PostgresOrder) -> i32 {
    i32::try_from(Budgets::within(order.deadline).recovery.as_secs() / 2).unwrap_or(i32::MAX).max(1)
}

fn answers(period_secs: i32) -> Probe {
    Probe {
        period_seconds: Some(period_secs),
        timeout_seconds: Some(3),
        ..pod::exec_probe(&[AGENT_PROGRAM, "ready"])
    }
}

fn port() -> ContainerPort {
    ContainerPort {
        name: Some(PORT_NAME.to_owned()),
        container_port: PORT.into(),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }
}

fn environment(order: &PostgresOrder) -> Vec<EnvVar> {
    let passwords = [(SUPERUSER_PASSWORD, Role::Superuser), (ANALYTICS_PASSWORD, Role::Analytics)]
        .map(|(name, role)| env::from_secret(name, &order.run.repository_secret(), role.key_in_run()));
    env::plain(spec(order).to_env()).chain(pod::scratch_env()).chain(passwords).collect()
}

fn spec(order: &PostgresOrder) -> PrepareSpec {
    let budgets = Budgets::within(order.deadline);
    let secs = |budget: std::time::Duration| u32::try_from(budget.as_secs()).unwrap_or(u32::MAX);
    PrepareSpec {
        run: order.run.clone(),
        snapshot_id: order.snapshot.clone(),
        snapshot_at: order.snapshot_at,
        intent: order.identity.intent,
        volume: PGDATA.path().into(),
        data_dir: order.data_dir.clone(),
        memory_bytes: defaults::postgres_memory_bytes(order.identity.intent),
        check_budget_secs: secs(budgets.checks),
        recovery_budget_secs: secs(budgets.recovery),
        probes: order.probes.clone(),
        rows_before: order.rows_before.clone(),
    }
}
