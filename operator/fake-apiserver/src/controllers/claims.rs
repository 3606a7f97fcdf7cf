//! The volume binder, and the protection of claims in use.

use super::pods;
use crate::{Object, server::ApiServer};

/// Keeps a claim while a pod uses it.
const PROTECTION: &str = "kubernetes.io/pvc-protection";

pub(super) fn act(server: &ApiServer, claim: &Object, bind: &dyn Fn(&Object) -> bool) -> bool {
    if claim.is_terminating() {
        let free = pods::has_finalizer(claim, PROTECTION) && !is_in_use(server, claim);
        if free {
            pods::release(server, claim, PROTECTION);
        }
        return free;
    }
    if claim["status"]["phase"] != "Pending" || !bind(claim) {
        return false;
    }
    let volume = format!("pvc-{}", claim.uid());
    let bound = server.edit("persistentvolumeclaims", claim.namespace(), claim.name(), |value| {
        value["spec"]["volumeName"] = volume.into();
        value["status"]["phase"] = "Bound".into();
    });
    bound.is_some()
}

fn is_in_use(server: &ApiServer, claim: &Object) -> bool {
    let uses = |pod: &Object| of(pod).any(|name| name == claim.name());
    server.list("pods", claim.namespace()).iter().any(|pod| !pods::has_ended(pod) && uses(pod))
}

/// Names of the claims `pod` mounts.
pub(super) fn of(pod: &Object) -> impl Iterator<Item = &str> {
    let volumes = pod["spec"]["volumes"].as_array().into_iter().flatten();
    volumes.filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str())
}
