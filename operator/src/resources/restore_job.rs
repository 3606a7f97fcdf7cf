//! The Job that restores one snapshot onto one volume.
//!
//! One try and no more: whether to try again, and when, is the operator's decision. It is removed by the operator
//! once its outcome is written down, never by the cluster's own clock.

mod proxy;

use super::{
    Component, Site, defaults, env,
    meta::Meta,
    mounts::{self, AGENT, AGENT_PROGRAM, PGDATA, PORT_FILE, SHARED, TMP},
    pod,
    repository_secret::PASSWORD_KEY,
};
use crate::model::RestoreOrder;
use contract::{
    env::REPOSITORY_PASSWORD,
    names::{labels, objects::containers},
    pods::RestoreSpec,
};
use k8s_openapi::api::{
    batch::v1::{Job, JobSpec},
    core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec, Volume},
};
use std::num::NonZeroU16;

/// Files restored at a time: kopia's own default, spelled out since its default is not a promise.
const PARALLEL: NonZeroU16 = NonZeroU16::new(8).unwrap();

/// Kopia gets ten seconds to stop and the proxy the rest to post its figures.
const GRACE_SECS: i64 = 30;

/// The Job `restore-<run>`.
pub fn restore_job(site: &Site, order: &RestoreOrder) -> Job {
    let meta = Meta::of_run(site, order.into(), Component::Restore, &order.run);
    Job {
        metadata: meta.named(order.run.job()),
        spec: Some(JobSpec {
            backoff_limit: Some(0),
            active_deadline_seconds: Some(seconds(site)),
            // A lost pod may still be writing: nothing takes its place before it is known to have ended.
            pod_replacement_policy: Some("Failed".to_owned()),
            template: template(site, order, &meta),
            ..JobSpec::default()
        }),
        ..Job::default()
    }
}

fn seconds(site: &Site) -> i64 {
    i64::try_from(site.budgets.restore.as_secs()).unwrap_or(i64::MAX)
}

fn template(site: &Site, order: &RestoreOrder, meta: &Meta<'_>) -> PodTemplateSpec {
    let mut labels = meta.labels();
    labels.insert(labels::PROXY_SIDECAR.to_owned(), "true".to_owned());
    pod::template(
        labels,
        PodSpec {
            restart_policy: Some("Never".to_owned()),
            termination_grace_period_seconds: Some(GRACE_SECS),
            init_containers: Some(vec![pod::copy_agent(site), proxy::sidecar(site, order)]),
            containers: vec![restore(site, order)],
            volumes: Some(volumes(site, order)),
            ..PodSpec::default()
        },
    )
}

fn restore(site: &Site, order: &RestoreOrder) -> Container {
    let argv = [AGENT_PROGRAM, "restore"];
    Container {
        env: Some(environment(order)),
        volume_mounts: Some(vec![AGENT.read_only(), PGDATA.writable(), SHARED.read_only(), TMP.writable()]),
        ..pod::container(containers::RESTORE, site.images.kopia.as_str(), defaults::RESTORE, &argv)
    }
}

fn environment(order: &RestoreOrder) -> Vec<EnvVar> {
    let spec = RestoreSpec {
        snapshot_id: order.snapshot.clone(),
        server_id: order.identity.key.server_id,
        bucket: order.source.bucket.clone(),
        prefix: order.source.prefix.clone(),
        region: order.source.region.clone(),
        port_file: PORT_FILE.into(),
        volume: PGDATA.path().into(),
        parallel: PARALLEL,
    };
    let password = env::from_secret(REPOSITORY_PASSWORD, &order.run.repository_secret(), PASSWORD_KEY);
    env::plain(spec.to_env()).chain(pod::scratch_env()).chain([password]).collect()
}

fn volumes(site: &Site, order: &RestoreOrder) -> Vec<Volume> {
    let authority = site.s3.ca_pem.as_ref().map(|_| mounts::s3_authority());
    let always = [
        AGENT.scratch(64),
        SHARED.scratch(1),
        TMP.scratch(64),
        mounts::pgdata(&order.run),
        mounts::broker_token(),
    ];
    always.into_iter().chain(authority).collect()
}
