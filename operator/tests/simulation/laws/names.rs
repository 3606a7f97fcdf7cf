//! I16: whatever Canopy calls things, names are valid, bounded and one replica's own, and no text is anything but text.

use contract::ids::ReplicaKey;
use fake_apiserver::{ApiServer, Entry, Object, Verb};
use std::collections::BTreeMap;

/// Longest name of anything that is made.
const LONGEST: usize = 63;

/// Whose each namespace is.
#[derive(Debug, Default)]
pub(super) struct Names {
    owners: BTreeMap<String, ReplicaKey>,
}

impl Names {
    /// The replica of a namespace, also of one that is gone.
    pub(super) fn owner(&self, namespace: &str) -> Option<&ReplicaKey> {
        self.owners.get(namespace)
    }

    /// A namespace belongs to `key`; why that cannot be.
    pub(super) fn belongs(&mut self, namespace: &str, key: ReplicaKey) -> Result<(), String> {
        match self.owners.insert(namespace.to_owned(), key) {
            Some(other) if other != key => Err(format!("{namespace} is {other}'s and {key}'s")),
            _ => Ok(()),
        }
    }

    /// What was made has a sound name, and its containers get texts that kubelet leaves as they are.
    pub(super) fn are_sound(server: &ApiServer, entry: &Entry) -> Result<(), String> {
        let call = &entry.call;
        let events = call.kind.resource == "events";
        if call.verb != Verb::Create || !entry.committed || !call.kind.stored || events {
            return Ok(());
        }
        if call.name.is_empty() || call.name.len() > LONGEST || !call.name.chars().all(is_plain) {
            return Err(format!("{:?} is called {:?}", call.kind, call.name));
        }
        let made = server.get(call.kind.resource, &call.namespace, &call.name);
        made.map_or(Ok(()), |made| texts_stay(&made))
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// `$(NAME)` in a variable or an argument would be expanded; `$$(NAME)` is not.
fn texts_stay(object: &Object) -> Result<(), String> {
    let spec = &object["spec"]["template"]["spec"];
    let containers =
        ["initContainers", "containers"].into_iter().filter_map(|field| spec[field].as_array()).flatten();
    for container in containers {
        let variables =
            container["env"].as_array().into_iter().flatten().filter_map(|one| one["value"].as_str());
        let words = ["command", "args"].into_iter().filter_map(|field| container[field].as_array()).flatten();
        let words = words.filter_map(|word| word.as_str());
        if let Some(text) = variables.chain(words).find(|text| text.replace("$$", "").contains("$(")) {
            return Err(format!("kubelet would expand {text:?} of {}", object.name()));
        }
    }
    Ok(())
}
