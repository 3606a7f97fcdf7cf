//! One stored object: its value, and its text, made once and shared by every answer that carries it.

use crate::kinds::KindId;
use bytes::Bytes;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value, json};
use std::{ops::Deref, sync::OnceLock};

/// An object as it was after one write. Dereferences to its JSON.
#[derive(Debug)]
pub struct Object {
    kind: KindId,
    value: Value,
    namespace: String,
    name: String,
    uid: String,
    revision: u64,
    text: OnceLock<Bytes>,
    item: OnceLock<Bytes>,
    partial: OnceLock<Bytes>,
}

/// Two are the same if they say the same; the revision is part of that.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.value == other.value
    }
}

impl Deref for Object {
    type Target = Value;
    fn deref(&self) -> &Value {
        &self.value
    }
}

impl Object {
    /// `value` as of `revision`, which is written into it.
    pub(crate) fn new(kind: KindId, mut value: Value, revision: u64) -> Self {
        value["apiVersion"] = kind.api_version().into();
        value["kind"] = kind.kind.into();
        value["metadata"]["resourceVersion"] = revision.to_string().into();
        let meta = |key: &str| value["metadata"][key].as_str().unwrap_or_default().to_owned();
        let (namespace, name, uid) = (meta("namespace"), meta("name"), meta("uid"));
        let (text, item, partial) = Default::default();
        Self { kind, value, namespace, name, uid, revision, text, item, partial }
    }

    /// Which write made it so.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `metadata.namespace`; empty where it lives in none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The label `key`.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.value["metadata"]["labels"].get(key)?.as_str()
    }

    /// The annotation `key`.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.value["metadata"]["annotations"].get(key)?.as_str()
    }

    /// Whether it is being deleted.
    pub fn is_terminating(&self) -> bool {
        self.value["metadata"].get("deletionTimestamp").is_some()
    }

    /// A copy to be changed.
    pub(crate) fn to_value(&self) -> Value {
        self.value.clone()
    }

    /// The whole of it.
    pub(crate) fn text(&self) -> &Bytes {
        self.text.get_or_init(|| self.value.to_string().into())
    }

    /// As it stands in a list: there, kind and version are said once for all.
    pub(crate) fn item(&self) -> &Bytes {
        self.item.get_or_init(|| without_type(&self.value).into())
    }

    /// Its metadata alone.
    pub(crate) fn partial(&self) -> &Bytes {
        self.partial.get_or_init(|| partial(&self.value["metadata"]).to_string().into())
    }

    pub(crate) fn kind(&self) -> KindId {
        self.kind
    }
}

fn partial(metadata: &Value) -> Value {
    json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata })
}

fn without_type(value: &Value) -> Vec<u8> {
    let mut text = Vec::new();
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let mut out = serde_json::Serializer::new(&mut text);
    // Writing JSON to memory fails for nothing that is JSON already.
    if let Ok(mut map) = out.serialize_map(None) {
        for (key, value) in fields.iter().filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind")) {
            let _written = map.serialize_entry(key, value);
        }
        let _ended = map.end();
    }
    text
}
