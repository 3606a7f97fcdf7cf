//! A labelled namespace to a replica, or to the reason why it does not read.

use super::pod;
use crate::model::{Identity, Owner, Record, Replica, Seen};
use contract::{
    ids::{InvalidId, ReplicaKey},
    names::{LabelValue, NamespaceName, annotations, labels},
};
use kube::ResourceExt;
use std::str::FromStr;

/// What the namespace is, as far as it reads.
pub(super) fn seen(name: &NamespaceName, object: &impl ResourceExt) -> Seen {
    match read(name, object) {
        Ok(replica) => Seen::Replica(replica),
        Err(why) => Seen::Unreadable { why, key: key(object).ok() },
    }
}

fn read(name: &NamespaceName, object: &impl ResourceExt) -> Result<Replica, String> {
    Ok(Replica {
        namespace: name.clone(),
        owner: Owner {
            uid: object.uid().ok_or("it has no UID")?,
            resource_version: object.resource_version().ok_or("it has no resourceVersion")?,
        },
        created_at: pod::created_at(object),
        terminating: pod::is_going(object),
        identity: identity(object)?,
        record: Record::from_annotations(object.annotations()).map_err(|error| error.to_string())?,
        teardown_released_at: object
            .annotations()
            .get(annotations::RELEASE_TEARDOWN)
            .and_then(|t| t.parse().ok()),
        runs: std::collections::BTreeMap::new(),
        service: None,
        denied: None,
    })
}

fn identity(object: &impl ResourceExt) -> Result<Identity, String> {
    let stored =
        object.labels().get(labels::TYPE).ok_or_else(|| format!("label {} is missing", labels::TYPE))?;
    let exact = object.annotations().get(annotations::TYPE).map(String::as_str);
    let text = LabelValue::read(stored, exact)
        .ok_or_else(|| format!("label {} and annotation {} do not agree", labels::TYPE, annotations::TYPE))?;
    Ok(Identity {
        key: key(object)?,
        group: label(object, labels::GROUP)?,
        backup_type: text.parse().map_err(|error: InvalidId| error.to_string())?,
        intent: label(object, labels::INTENT)?,
    })
}

fn key(object: &impl ResourceExt) -> Result<ReplicaKey, String> {
    Ok(ReplicaKey {
        replica_id: label(object, labels::DECLARATION_ID)?,
        server_id: label(object, labels::SERVER)?,
    })
}

fn label<T: FromStr<Err = InvalidId>>(object: &impl ResourceExt, key: &str) -> Result<T, String> {
    let value = object.labels().get(key).ok_or_else(|| format!("label {key} is missing"))?;
    value.parse().map_err(|error: InvalidId| format!("label {key}: {error}"))
}
