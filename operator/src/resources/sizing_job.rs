//! The Job that asks the repository how large one snapshot is, before a volume for it is made.
//!
//! It mounts no volume and has one try. What it says is read as soon as it is there, so that the cluster may remove it:
//! where it does so too soon, the question is asked again.

use super::{
    Component, Site, defaults, env,
    meta::Meta,
    mounts::{AGENT, AGENT_PROGRAM, PORT_FILE, SHARED, TMP},
    pod,
    proxied::{self, Proxied},
    repository_secret::PASSWORD_KEY,
};
use crate::model::SizingOrder;
use contract::{env::REPOSITORY_PASSWORD, names::objects::containers, pods::SnapshotSpec};
use k8s_openapi::api::{
    batch::v1::{Job, JobSpec},
    core::v1::{Container, EnvVar, PodSpec},
};

/// Images pulled, a node added, and an index of gigabytes read.
const DEADLINE_SECS: i64 = 1800;

/// Long enough for an operator that is being replaced.
const KEPT_SECS: i32 = 600;

/// The Job `sizing-<run>`.
pub fn sizing_job(site: &Site, order: &SizingOrder) -> Job {
    let meta = Meta::of_run(site, order.into(), Component::Sizing, &order.run);
    let proxied = Proxied { place: order.into(), source: &order.source, figures_of: None };
    let spec = PodSpec {
        containers: vec![sizing(site, order)],
        volumes: Some(proxied::volumes(site).collect()),
        ..proxied::pod_spec(site, &proxied)
    };
    Job {
        metadata: meta.named(order.run.sizing_job()),
        spec: Some(JobSpec {
            backoff_limit: Some(0),
            active_deadline_seconds: Some(DEADLINE_SECS),
            ttl_seconds_after_finished: Some(KEPT_SECS),
            template: pod::template(proxied::labels(&meta), spec),
            ..JobSpec::default()
        }),
        ..Job::default()
    }
}

fn sizing(site: &Site, order: &SizingOrder) -> Container {
    Container {
        env: Some(environment(order)),
        volume_mounts: Some(vec![AGENT.read_only(), SHARED.read_only(), TMP.writable()]),
        ..pod::container(
            containers::SIZING,
            site.images.kopia.as_str(),
            defaults::SIZING,
            &[AGENT_PROGRAM, "size"],
        )
    }
}

fn environment(order: &SizingOrder) -> Vec<EnvVar> {
    let spec = SnapshotSpec {
        snapshot_id: order.snapshot.clone(),
        server_id: order.identity.key.server_id,
        bucket: order.source.bucket.clone(),
        prefix: order.source.prefix.clone(),
        region: order.source.region.clone(),
        port_file: PORT_FILE.into(),
    };
    let password = env::from_secret(REPOSITORY_PASSWORD, &order.run.repository_secret(), PASSWORD_KEY);
    env::plain(spec.to_env()).chain(pod::scratch_env()).chain([password]).collect()
}
