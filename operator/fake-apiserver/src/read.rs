//! Gets and lists, as text that is shared with whoever read the same before.

use crate::{
    kinds::KindId,
    object::Object,
    refusal::Refusal,
    request::{Call, Params},
    store::{Store, selected},
};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// The text of one object. `at`: as it was at that revision.
pub(crate) fn get(store: &Store, call: &Call, params: &Params, at: Option<u64>) -> Result<Bytes, Refusal> {
    let found = match at {
        None => store.get(call.kind, &call.namespace, &call.name).cloned(),
        Some(revision) => view(store, call.kind, &call.namespace, revision)?
            .into_iter()
            .find(|object| object.name() == call.name && object.namespace() == call.namespace),
    };
    let object = found.ok_or_else(|| Refusal::not_found(call.kind, &call.name))?;
    Ok(if params.partial { object.partial().clone() } else { object.text().clone() })
}

/// The text of a list, or of one page of it.
pub(crate) fn list(
    store: &mut Store,
    call: &Call,
    params: &Params,
    at: Option<u64>,
) -> Result<Bytes, Refusal> {
    let page = match &params.token {
        Some(token) => next_page(store, token, params.limit)?,
        None => first_page(store, call, params, at)?,
    };
    Ok(page.to_text(call.kind, params.partial))
}

/// What one answer carries of a list.
struct Page {
    items: Vec<Arc<Object>>,
    revision: u64,
    token: Option<String>,
    remaining: Option<usize>,
}

fn first_page(store: &mut Store, call: &Call, params: &Params, at: Option<u64>) -> Result<Page, Refusal> {
    let revision = at.unwrap_or_else(|| store.revision());
    let items = match at {
        None => selected(store.list(call.kind, &call.namespace), &params.selector),
        Some(then) => selected(view(store, call.kind, &call.namespace, then)?.iter(), &params.selector),
    };
    // From the watch cache, which `0` asks for, a list comes whole.
    let whole = params.limit == 0 || items.len() <= params.limit || params.revision.as_deref() == Some("0");
    if whole {
        return Ok(Page { items, revision, token: None, remaining: None });
    }
    let remaining = params.selector.is_empty().then(|| items.len() - params.limit);
    let (id, kept) = store.keep(items);
    let items = kept[..params.limit].to_vec();
    Ok(Page { items, revision, token: Some(token(id, revision, params.limit)), remaining })
}

fn next_page(store: &mut Store, text: &str, limit: usize) -> Result<Page, Refusal> {
    let parts: Vec<u64> = text.split('.').map_while(|part| part.parse().ok()).collect();
    let [id, revision, from] = parts[..] else {
        return Err(Refusal::bad_request(format!("continue key is not valid: {text:?}")));
    };
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let kept = store.kept(id).ok_or_else(|| {
        Refusal::expired(
            "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
        )
    })?;
    let to = if limit == 0 { kept.len() } else { kept.len().min(from.saturating_add(limit)) };
    let items = kept.get(from..to).unwrap_or_default().to_vec();
    let token = (to < kept.len()).then(|| token(id, revision, to));
    if token.is_none() {
        store.release(id);
    }
    Ok(Page { items, revision, token, remaining: None })
}

fn token(id: u64, revision: u64, from: usize) -> String {
    format!("{id}.{revision}.{from}")
}

fn view(store: &Store, kind: KindId, namespace: &str, revision: u64) -> Result<Vec<Arc<Object>>, Refusal> {
    let why = "the state at that revision is forgotten";
    store.list_at(kind, namespace, revision).ok_or_else(|| Refusal::expired(why))
}

impl Page {
    fn to_text(&self, kind: KindId, partial: bool) -> Bytes {
        let (list_kind, api_version) = if partial {
            ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned())
        } else {
            (format!("{}List", kind.kind), kind.api_version())
        };
        let head =
            json!({ "apiVersion": api_version, "kind": list_kind, "metadata": self.metadata() }).to_string();
        let items: Vec<&Bytes> =
            self.items.iter().map(|object| if partial { object.partial() } else { object.item() }).collect();
        let length = items.iter().map(|item| item.len() + 1).sum::<usize>();
        let mut text = Vec::with_capacity(head.len() + length + 16);
        text.extend_from_slice(&head.as_bytes()[..head.len() - 1]);
        text.extend_from_slice(b",\"items\":[");
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                text.push(b',');
            }
            text.extend_from_slice(item);
        }
        text.extend_from_slice(b"]}");
        text.into()
    }

    fn metadata(&self) -> Value {
        let mut metadata = json!({ "resourceVersion": self.revision.to_string() });
        if let Some(token) = &self.token {
            metadata["continue"] = token.as_str().into();
        }
        if let Some(remaining) = self.remaining {
            metadata["remainingItemCount"] = remaining.into();
        }
        metadata
    }
}
