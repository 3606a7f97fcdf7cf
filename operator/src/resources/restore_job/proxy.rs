//! The native sidecar through which kopia reads S3: up before kopia, down after it.

use super::super::{
    Site, defaults, env,
    mounts::{AUTHORITY, CA_FILE, PORT_FILE, SHARED, TOKEN, TOKEN_FILE},
    pod,
};
use crate::model::RestoreOrder;
use contract::{names::objects::containers, pods::ProxySpec};
use k8s_openapi::api::core::v1::{Container, Probe};

/// In our image.
const PROGRAM: &str = "/usr/bin/canopy-proxy";

/// The init container that never ends by itself: `restartPolicy: Always` makes it a sidecar.
pub(super) fn sidecar(site: &Site, order: &RestoreOrder) -> Container {
    let authority = site.s3.ca_pem.as_ref().map(|_| AUTHORITY.read_only());
    let mounts = [SHARED.writable(), TOKEN.read_only()];
    Container {
        restart_policy: Some("Always".to_owned()),
        env: Some(env::plain(spec(site, order).to_env()).collect()),
        startup_probe: Some(startup()),
        volume_mounts: Some(mounts.into_iter().chain(authority).collect()),
        ..pod::container(containers::PROXY, site.images.sidecar.as_str(), defaults::PROXY, &[PROGRAM])
    }
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

fn spec(site: &Site, order: &RestoreOrder) -> ProxySpec {
    ProxySpec {
        broker_url: site.home.broker_url(),
        broker_token_file: Some(TOKEN_FILE.into()),
        group: order.identity.group,
        backup_type: order.identity.backup_type.clone(),
        bucket: order.source.bucket.clone(),
        prefix: order.source.prefix.clone(),
        region: order.source.region.clone(),
        endpoint: site.s3.endpoint.clone(),
        ca_file: site.s3.ca_pem.as_ref().map(|_| CA_FILE.into()),
        port_file: PORT_FILE.into(),
        stats_callback_url: Some(site.home.stats_url(&order.namespace, &order.run.job())),
        restore_deadline_secs: Some(site.budgets.restore.as_secs()),
    }
}
