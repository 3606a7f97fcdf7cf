//! Whether all replicas are as they are wanted, read from the cluster as a person would read it.

use crate::{
    canopy::SimCanopy,
    keys as held,
    truth::{Poison, Truth},
};
use contract::{
    canopy::{Outcome, Verification, WorklistEntry},
    names::{annotations as keys, labels},
};
use fake_apiserver::{ApiServer, Object};
use std::sync::Arc;

/// The namespaces of replicas.
pub(crate) fn namespaces(server: &ApiServer) -> Vec<Arc<Object>> {
    let ours = |object: &Arc<Object>| {
        object.label(labels::MANAGED_BY) == Some(labels::MANAGED_BY_VALUE)
            && object.label(labels::OWNER) == Some("pgro-system")
    };
    server.list("namespaces", "").into_iter().filter(ours).collect()
}

/// Whose namespace it is: declaration and server.
pub(crate) fn key(namespace: &Object) -> Option<(String, String)> {
    let label = |key| namespace.label(key).map(str::to_owned);
    Some((label(labels::DECLARATION_ID)?, label(labels::SERVER)?))
}

/// Nothing is left to be done; otherwise what.
pub(crate) fn all_well(server: &ApiServer, truth: &Truth, canopy: &SimCanopy) -> Result<(), String> {
    let (wants, there) = (truth.lock(), namespaces(server));
    for entry in wants.entries.values() {
        let owner = Some((entry.replica_id.to_string(), entry.server_id.to_string()));
        let mine: Vec<_> = there.iter().filter(|namespace| key(namespace) == owner).collect();
        let [namespace] = mine[..] else {
            return Err(format!("{} has {} namespaces", entry.name, mine.len()));
        };
        let well = match wants.poison.get(&entry.key()) {
            None => well(server, namespace, entry, canopy),
            Some(Poison::Impossible) => refused(namespace, entry, canopy),
            // It fails again and again; the others are asked after.
            Some(Poison::BadBackup) => Ok(()),
        };
        well.map_err(|why| format!("{}: {why}", namespace.name()))?;
    }
    if there.len() > wants.entries.len() {
        return Err(format!("{} namespaces for {} entries", there.len(), wants.entries.len()));
    }
    Ok(())
}

/// What cannot be was told, and is left at that.
fn refused(namespace: &Object, entry: &WorklistEntry, canopy: &SimCanopy) -> Result<(), String> {
    let state = namespace.annotation(keys::RESTORE_STATE);
    let last = last(canopy, entry);
    let told = last.as_ref().and_then(|last| last.error.as_deref()).unwrap_or_default();
    if state == Some("failed") && told.starts_with("invalid_request: ") {
        return Ok(());
    }
    Err(format!("it is {state:?}, and Canopy last heard {last:?}"))
}

fn last(canopy: &SimCanopy, entry: &WorklistEntry) -> Option<Verification> {
    canopy.told(|told| told.last(entry.replica_id, entry.server_id).cloned())
}

fn well(
    server: &ApiServer,
    namespace: &Object,
    entry: &WorklistEntry,
    canopy: &SimCanopy,
) -> Result<(), String> {
    let said = |key| namespace.annotation(key).unwrap_or_default().to_owned();
    let expected = |what: &str, is: String, wanted: &str| {
        if is == wanted { Ok(()) } else { Err(format!("{what} is {is:?}, not {wanted:?}")) }
    };
    if namespace.is_terminating() {
        return Err("it is going".to_owned());
    }
    expected("what is unheard", said(keys::PENDING_REPORT), "")?;
    let Some(snapshot) = &entry.snapshot_id else {
        return expected("its state", said(keys::RESTORE_STATE), "pending");
    };
    expected("the wish", said(keys::FORCE_REFRESH), "")?;
    if !said(keys::ATTEMPT).contains("\"ending\"") {
        return Err("an attempt is in progress".to_owned());
    }
    expected("its state", said(keys::RESTORE_STATE), "active")?;
    expected("what is served", said(keys::LAST_RESTORED_SNAPSHOT_ID), snapshot)?;
    serves(server, namespace.name(), &said(keys::SERVING_RUN))?;
    let last = last(canopy, entry);
    let heard = last.as_ref().map(|report| (report.outcome, report.snapshot_id.as_deref()));
    let proven = heard == Some((Outcome::Success, Some(snapshot)));
    if proven { Ok(()) } else { Err(format!("Canopy last heard {heard:?}")) }
}

/// Guests reach the run that is said to serve, and nothing else is left.
fn serves(server: &ApiServer, namespace: &str, run: &str) -> Result<(), String> {
    let service = server.get("services", namespace, "postgres").ok_or("no Service")?;
    let points = service["spec"]["selector"][labels::RUN].as_str().unwrap_or_default().to_owned();
    if points != run {
        return Err(format!("the Service points to {points:?}, not {run:?}"));
    }
    let ready = server.get("deployments", namespace, &format!("postgres-{run}"));
    if ready.is_none_or(|deployment| deployment["status"]["readyReplicas"] != 1) {
        return Err(format!("run {run} does not answer"));
    }
    held::open(server, namespace, run)?;
    let claims = server.list("persistentvolumeclaims", namespace).len();
    if claims == 1 { Ok(()) } else { Err(format!("{claims} volumes")) }
}
