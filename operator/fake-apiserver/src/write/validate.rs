//! What the real server refuses about any object, whatever its kind: names, labels, sizes, fields it does not have.

use crate::{kinds::KindId, refusal::Refusal};
use serde_json::Value;

/// All annotations of an object together, bytes.
const ANNOTATIONS_MAX: usize = 256 * 1024;

/// Longest name that is a DNS subdomain.
const NAME_MAX: usize = 253;

/// Longest name that is a DNS label.
const LABEL_MAX: usize = 63;

/// The body as its own type writes it; what that type does not have is a mistake of the client.
pub(super) fn typed(kind: KindId, mut body: Value) -> Result<Value, Refusal> {
    let fields = body.as_object_mut().ok_or_else(|| Refusal::bad_request("the body is no object"))?;
    fields.entry("apiVersion").or_insert_with(|| kind.api_version().into());
    fields.entry("kind").or_insert_with(|| kind.kind.into());
    let read = (kind.typed)(&body);
    let canonical = read.map_err(|error| {
        let message = format!("{} in version {:?} cannot be handled: {error}", kind.kind, kind.api_version());
        Refusal::bad_request(message)
    })?;
    match lost(&body, &canonical, "") {
        Some(path) => Err(Refusal::bad_request(format!("strict decoding error: unknown field {path:?}"))),
        None => Ok(canonical),
    }
}

/// The first field of `body` that `canonical` lacks.
fn lost(body: &Value, canonical: &Value, at: &str) -> Option<String> {
    match (body, canonical) {
        (Value::Object(body), Value::Object(canonical)) => body.iter().find_map(|(key, value)| {
            let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            match canonical.get(key) {
                Some(kept) => lost(value, kept, &path),
                None if value.is_null() => None,
                None => Some(path),
            }
        }),
        (Value::Array(body), Value::Array(canonical)) => {
            let pairs = body.iter().zip(canonical).enumerate();
            pairs.into_iter().find_map(|(n, (value, kept))| lost(value, kept, &format!("{at}[{n}]")))
        }
        _ => None,
    }
}

/// Name, labels and annotations of `value`.
pub(super) fn metadata(kind: KindId, value: &Value) -> Result<(), Refusal> {
    let metadata = &value["metadata"];
    let name = metadata["name"].as_str().unwrap_or_default();
    let invalid = |why: String| Refusal::invalid(kind, name, &why);
    let longest = if matches!(kind.resource, "namespaces" | "services") { LABEL_MAX } else { NAME_MAX };
    if name.len() > longest || !name.split('.').all(is_dns_label) {
        return Err(invalid(format!(
            "metadata.name: Invalid value: {name:?}: must be a lower case RFC 1123 name"
        )));
    }
    for (key, value) in entries(&metadata["labels"]) {
        if !is_label_key(key) || !is_label_value(value) {
            return Err(invalid(format!("metadata.labels: Invalid value: {key:?}: {value:?}")));
        }
    }
    let annotations = || entries(&metadata["annotations"]);
    if let Some((key, _)) = annotations().find(|(key, _)| !is_label_key(key)) {
        return Err(invalid(format!("metadata.annotations: Invalid value: {key:?}")));
    }
    if annotations().map(|(key, value)| key.len() + value.len()).sum::<usize>() > ANNOTATIONS_MAX {
        return Err(invalid(format!(
            "metadata.annotations: Too long: may not be more than {ANNOTATIONS_MAX} bytes"
        )));
    }
    Ok(())
}

fn entries(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    map.as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

fn is_dns_label(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= LABEL_MAX
        && edge(text.chars().next())
        && edge(text.chars().last())
        && text.chars().all(inner)
}

fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_fits =
        prefix.is_none_or(|prefix| prefix.len() <= NAME_MAX && prefix.split('.').all(is_dns_label));
    prefix_fits && !name.is_empty() && is_label_value(name)
}

fn is_label_value(value: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    value.len() <= LABEL_MAX
        && edge(value.chars().next())
        && edge(value.chars().last())
        && value.chars().all(inner)
}
