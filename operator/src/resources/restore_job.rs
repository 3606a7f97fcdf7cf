//! The Job that restores one snapshot onto one volume.
//!
//! One try and no more: whether to try again, and when, is the operator's decision. It is removed by the operator
//! once its outcome is written down, never by the cluster's own clock.

use super::{
    Component, Site, defaults, env,
    meta::Meta,
    mounts::{self, AGENT, AGENT_PROGRAM, PGDATA, PORT_FILE, PROGRESS, PROGRESS_FILE, SHARED, TMP},
    pod,
    proxied::{self, Proxied},
    repository_secret::PASSWORD_KEY,
};
use crate::model::RestoreOrder;
use contract::{
    env::REPOSITORY_PASSWORD,
    names::{annotations, objects::containers},
    pods::RestoreSpec,
};
use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec},
        core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use std::collections::BTreeMap;

/// The Job `restore-<run>`.
pub fn restore_job(site: &Site, order: &RestoreOrder) -> Job {
    let meta = Meta::of_run(site, order.into(), Component::Restore, &order.run);
    Job {
        metadata: ObjectMeta { annotations: noted(order), ..meta.named(order.run.job()) },
        spec: Some(JobSpec {
            backoff_limit: Some(0),
            active_deadline_seconds: Some(seconds(order)),
            // A lost pod may still be writing: nothing takes its place before it is known to have ended.
            pod_replacement_policy: Some("Failed".to_owned()),
            template: template(site, order, &meta),
            ..JobSpec::default()
        }),
        ..Job::default()
    }
}

fn seconds(order: &RestoreOrder) -> i64 {
    i64::try_from(order.fit.deadline.as_secs()).unwrap_or(i64::MAX)
}

/// What its deadlines follow from, and what is asked when it has ended: known then without the worklist.
fn noted(order: &RestoreOrder) -> Option<BTreeMap<String, String>> {
    let size = order.fit.size.and_then(|size| serde_json::to_string(&size).ok());
    let probes = (!order.probes.is_empty()).then(|| order.probes.to_string());
    let noted = [(annotations::SNAPSHOT_SIZE, size), (annotations::PROBES, probes)];
    let noted: BTreeMap<_, _> =
        noted.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?))).collect();
    (!noted.is_empty()).then_some(noted)
}

fn template(site: &Site, order: &RestoreOrder, meta: &Meta<'_>) -> PodTemplateSpec {
    let proxied = Proxied { place: order.into(), source: &order.source, figures_of: Some(order.run.job()) };
    let volumes = proxied::volumes(site).chain([PROGRESS.scratch(1), mounts::pgdata(&order.run)]);
    pod::template(
        proxied::labels(meta),
        PodSpec {
            containers: vec![restore(site, order)],
            volumes: Some(volumes.collect()),
            ..proxied::pod_spec(site, &proxied)
        },
    )
}

fn restore(site: &Site, order: &RestoreOrder) -> Container {
    let (argv, share) = ([AGENT_PROGRAM, "restore"], defaults::restore(order.fit.memory_bytes));
    Container {
        env: Some(environment(order)),
        volume_mounts: Some(vec![
            AGENT.read_only(),
            PGDATA.writable(),
            PROGRESS.writable(),
            SHARED.read_only(),
            TMP.writable(),
        ]),
        ..pod::container(containers::RESTORE, site.images.kopia.as_str(), share, &argv)
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
        parallel: order.fit.parallel,
        expected_bytes: order.fit.size.map(|size| size.bytes),
        expected_files: order.fit.size.map(|size| size.files),
        progress_file: Some(PROGRESS_FILE.into()),
    };
    let password = env::from_secret(REPOSITORY_PASSWORD, &order.run.repository_secret(), PASSWORD_KEY);
    env::plain(spec.to_env()).chain(pod::scratch_env()).chain([password]).collect()
}
