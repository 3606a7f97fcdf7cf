//! `deploy/` and the code say the same: rights, names, ports, variables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod manifests;
mod rbac;

use serde_json::Value;
use std::{fs, path::PathBuf};

/// The folder.
fn deploy() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy"))
}

/// Every document in a file below `deploy/`.
fn documents(file: &str) -> Vec<Value> {
    let path = deploy().join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The one document of `kind` in it.
fn the(kind: &str, file: &str) -> Value {
    let mut found: Vec<Value> = documents(file).into_iter().filter(|doc| doc["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind} in {file}");
    found.remove(0)
}

/// Every manifest of base and overlays, with its name.
fn every_manifest() -> Vec<(String, Value)> {
    let folders = ["base", "overlays/kind", "overlays/production"];
    let files = folders.iter().flat_map(|folder| {
        let entries = fs::read_dir(deploy().join(folder)).unwrap();
        entries.map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
    });
    files
        .filter(|file| !file.ends_with("kustomization.yaml"))
        .flat_map(|file| documents(&file).into_iter().map(move |doc| (file.clone(), doc)))
        .collect()
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}
