//! A labelled namespace to a replica, or to the reason why it does not read.

use super::{pod, wire::Namespace};
use crate::model::{Going, Identity, Owner, Record, Replica, Seen};
use contract::{
    ids::{InvalidId, ReplicaKey},
    names::{LabelValue, NamespaceName, annotations, labels},
};
use kube::ResourceExt;
use std::str::FromStr;

/// Most of those a going namespace waits for that are kept.
const WAITS_MAX: usize = 8;

/// Longest text that is kept of one of them, characters.
const WORDS_MAX: usize = 300;

/// What the namespace is, as far as it reads.
pub(super) fn seen(name: &NamespaceName, object: &Namespace) -> Seen {
    match read(name, object) {
        Ok(replica) => Seen::Replica(Box::new(replica)),
        Err(why) => Seen::Unreadable { why, key: key(object).ok() },
    }
}

fn read(name: &NamespaceName, object: &Namespace) -> Result<Replica, String> {
    Ok(Replica {
        namespace: name.clone(),
        owner: Owner {
            uid: object.uid().ok_or("it has no UID")?,
            resource_version: object.resource_version().ok_or("it has no resourceVersion")?,
        },
        created_at: pod::created_at(object),
        going: going(object),
        identity: identity(object)?,
        record: Record::from_annotations(object.annotations()).map_err(|error| error.to_string())?,
        teardown_released_at: object
            .annotations()
            .get(annotations::RELEASE_TEARDOWN)
            .and_then(|t| t.parse().ok()),
        runs: std::collections::BTreeMap::new(),
        service: None,
        hindered: None,
    })
}

/// Who a namespace on its way out waits for: what the cluster says of what is left in it, and finalizers.
fn going(object: &Namespace) -> Option<Going> {
    let since = object.metadata.deletion_timestamp.as_ref()?.0;
    let of_spec = object.spec.as_ref().and_then(|spec| spec.finalizers.as_ref());
    let finalizers = object.metadata.finalizers.iter().chain(of_spec).flatten();
    let finalizers = finalizers.map(|name| format!("finalizer {name}"));
    let conditions = object.status.as_ref().and_then(|status| status.conditions.as_ref());
    let said =
        conditions.into_iter().flatten().filter(|condition| condition.status == "True").map(|condition| {
            let words = condition.message.as_deref().or(condition.reason.as_deref()).unwrap_or_default();
            format!("{}: {}", condition.type_, words.chars().take(WORDS_MAX).collect::<String>())
        });
    Some(Going { since, waits_for: said.chain(finalizers).take(WAITS_MAX).collect() })
}

fn identity(object: &Namespace) -> Result<Identity, String> {
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

fn key(object: &Namespace) -> Result<ReplicaKey, String> {
    Ok(ReplicaKey {
        replica_id: label(object, labels::DECLARATION_ID)?,
        server_id: label(object, labels::SERVER)?,
    })
}

fn label<T: FromStr<Err = InvalidId>>(object: &Namespace, key: &str) -> Result<T, String> {
    let value = object.labels().get(key).ok_or_else(|| format!("label {key} is missing"))?;
    value.parse().map_err(|error: InvalidId| format!("label {key}: {error}"))
}
