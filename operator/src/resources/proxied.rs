//! Pods in which kopia runs, with the native sidecar through which it reads S3: up before kopia, down after it.

use super::{
    Place, Site, defaults, env,
    meta::Meta,
    mounts::{
        self, AGENT, AUTHORITY, CA_FILE, PORT_FILE, PROGRESS, PROGRESS_FILE, SHARED, TMP, TOKEN, TOKEN_FILE,
    },
    pod,
};
use crate::model::Source;
use contract::{
    names::{labels, objects::containers},
    pods::{ProxySpec, RelaySpec},
};
use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec, Probe, Volume};
use std::collections::BTreeMap;

/// In our image.
const PROGRAM: &str = "/usr/bin/canopy-proxy";

/// Kopia gets ten seconds to stop and the proxy the rest to post its figures.
const GRACE_SECS: i64 = 30;

/// What the sidecar is for.
pub(super) struct Proxied<'a> {
    /// For whom.
    pub(super) place: Place<'a>,
    /// What may be read.
    pub(super) source: &'a Source,
    /// The Job whose traffic figures and progress are kept; none: nobody asks for them.
    pub(super) figures_of: Option<String>,
}

/// Labels of such a pod: by one of them the broker and the network know it.
pub(super) fn labels(meta: &Meta<'_>) -> BTreeMap<String, String> {
    let mut all = meta.labels();
    all.insert(labels::PROXY_SIDECAR.to_owned(), "true".to_owned());
    all
}

/// All of the pod but its containers and their volumes.
pub(super) fn pod_spec(site: &Site, of: &Proxied<'_>) -> PodSpec {
    PodSpec {
        restart_policy: Some("Never".to_owned()),
        termination_grace_period_seconds: Some(GRACE_SECS),
        init_containers: Some(vec![pod::copy_agent(site), sidecar(site, of)]),
        ..PodSpec::default()
    }
}

/// The volumes all its containers share.
pub(super) fn volumes(site: &Site) -> impl Iterator<Item = Volume> {
    let authority = site.s3.ca_pem.as_ref().map(|_| mounts::s3_authority());
    let always = [AGENT.scratch(64), SHARED.scratch(1), TMP.scratch(64), mounts::broker_token()];
    always.into_iter().chain(authority)
}

/// The init container that never ends by itself: `restartPolicy: Always` makes it a sidecar.
fn sidecar(site: &Site, of: &Proxied<'_>) -> Container {
    let authority = site.s3.ca_pem.as_ref().map(|_| AUTHORITY.read_only());
    let progress = of.figures_of.as_ref().map(|_| PROGRESS.read_only());
    let mounts = [SHARED.writable(), TOKEN.read_only()];
    Container {
        restart_policy: Some("Always".to_owned()),
        env: Some(environment(site, of)),
        startup_probe: Some(startup()),
        volume_mounts: Some(mounts.into_iter().chain(progress).chain(authority).collect()),
        ..pod::container(containers::PROXY, site.images.sidecar.as_str(), defaults::PROXY, &[PROGRAM])
    }
}

fn environment(site: &Site, of: &Proxied<'_>) -> Vec<EnvVar> {
    let relay = of.figures_of.as_ref().map(|job| RelaySpec {
        file: PROGRESS_FILE.into(),
        url: site.home.progress_url(of.place.namespace, job),
    });
    let relay = relay.map(|relay| relay.to_env()).unwrap_or_default();
    env::plain(spec(site, of).to_env()).chain(env::plain(relay)).collect()
}

/// Kopia starts as soon as the proxy listens: looked at every second, for a quarter of an hour. It listens once it has
/// credentials, and a broker that is away comes back to a waiting proxy sooner than to one in a restart's back-off.
fn startup() -> Probe {
    Probe {
        period_seconds: Some(1),
        timeout_seconds: Some(5),
        failure_threshold: Some(900),
        ..pod::exec_probe(&[PROGRAM, "ready"])
    }
}

fn spec(site: &Site, of: &Proxied<'_>) -> ProxySpec {
    let Proxied { place, source, figures_of } = of;
    ProxySpec {
        broker_url: site.home.broker_url(),
        broker_token_file: Some(TOKEN_FILE.into()),
        group: place.identity.group,
        backup_type: place.identity.backup_type.clone(),
        bucket: source.bucket.clone(),
        prefix: source.prefix.clone(),
        region: source.region.clone(),
        endpoint: site.s3.endpoint.clone(),
        ca_file: site.s3.ca_pem.as_ref().map(|_| CA_FILE.into()),
        port_file: PORT_FILE.into(),
        stats_callback_url: figures_of.as_ref().map(|job| site.home.stats_url(place.namespace, job)),
        restore_deadline_secs: Some(site.restore_deadline.as_secs()),
    }
}
