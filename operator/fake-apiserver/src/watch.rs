//! Watches: each reads the shared history at its own pace, so none has a queue of its own.
//!
//! Input: a kind, a selector and the revision to begin after. Output: lines of JSON until the timeout. Must not: miss a
//! change silently; one that is forgotten ends the watch with 410.

use crate::{
    kinds::KindId,
    object::Object,
    refusal::Refusal,
    request::{Call, Params},
    server::Shared,
    store::{Change, ChangeType},
};
use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often a watch that allows it is told how far it has come.
const BOOKMARK_EVERY: Duration = Duration::from_mins(1);

/// How long a watch lasts that names no timeout: the least the real server picks.
const LASTS: Duration = Duration::from_mins(30);

/// One watch in progress.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    call: Call,
    params: Params,
    after: u64,
    epoch: u64,
    ends: Instant,
    bookmark: Instant,
    over: bool,
}

/// What a watch does next.
enum Next {
    Tell(Vec<u8>),
    Wait,
    End(Vec<u8>),
}

impl Watch {
    pub(crate) fn begin(shared: Arc<Shared>, call: Call, params: Params) -> Result<Self, Refusal> {
        let revision =
            params.revision.as_deref().and_then(|text| text.parse::<u64>().ok()).filter(|n| *n > 0);
        let after = revision.ok_or_else(|| {
            Refusal::bad_request("this server serves watches only from the resourceVersion of a list")
        })?;
        let lasts = params.timeout_secs.map_or(LASTS, Duration::from_secs);
        let epoch = shared.lock().epoch;
        let now = Instant::now();
        Ok(Self {
            shared,
            call,
            params,
            after,
            epoch,
            ends: now + lasts,
            bookmark: now + BOOKMARK_EVERY,
            over: false,
        })
    }

    /// Its lines, in batches.
    pub(crate) fn lines(self) -> impl Stream<Item = Bytes> + Send {
        stream::unfold(self, |mut watch| async move {
            let batch = watch.next().await?;
            Some((batch, watch))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        let shared = Arc::clone(&self.shared);
        while !self.over {
            let changed = shared.changed();
            match self.look() {
                Next::Tell(lines) => return Some(lines.into()),
                Next::End(lines) => {
                    self.over = true;
                    return Some(lines.into());
                }
                Next::Wait => {}
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = tokio::time::sleep_until(self.ends.min(self.bookmark)) => {
                    if let Some(lines) = self.tick() {
                        return Some(lines);
                    }
                }
            }
        }
        None
    }

    /// At the end, and each minute, a bookmark.
    fn tick(&mut self) -> Option<Bytes> {
        let now = Instant::now();
        self.over = now >= self.ends;
        self.bookmark = now + BOOKMARK_EVERY;
        self.params.bookmarks.then(|| self.bookmark_line().into())
    }

    fn bookmark_line(&self) -> Vec<u8> {
        let kind = self.call.kind;
        let (name, api_version) = if self.params.partial {
            ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned())
        } else {
            (kind.kind, kind.api_version())
        };
        let metadata = json!({ "resourceVersion": self.after.to_string() });
        let mut object = json!({ "kind": name, "apiVersion": api_version, "metadata": metadata });
        fill(kind, self.params.partial, &mut object);
        line("BOOKMARK", object.to_string().as_bytes())
    }

    fn look(&mut self) -> Next {
        let shared = Arc::clone(&self.shared);
        let state = shared.lock();
        if state.broken_epoch > self.epoch {
            return Next::End(Vec::new());
        }
        let changes =
            if state.epoch > self.epoch { None } else { state.store.since(self.call.kind, self.after) };
        let Some(changes) = changes else { return Next::End(too_old(self.after)) };
        let limit = state.faults.frozen.get(&self.call.user).copied().unwrap_or(u64::MAX);
        let (mut lines, mut after) = (Vec::new(), self.after);
        for change in changes.take_while(|change| change.object.revision() <= limit) {
            after = change.object.revision();
            if let Some(told) = self.told(change) {
                lines.extend_from_slice(&told);
            }
        }
        // Nothing of this kind is younger than the store itself: a bookmark may say so.
        self.after = after.max(state.store.revision().min(limit));
        if lines.is_empty() { Next::Wait } else { Next::Tell(lines) }
    }

    /// One change as this watch sees it: what begins or ceases to match comes or goes.
    fn told(&self, change: &Change) -> Option<Vec<u8>> {
        let here = self.call.namespace.is_empty() || change.object.namespace() == self.call.namespace;
        if change.hidden || !here {
            return None;
        }
        let matches = |object: &Object| self.params.selector.matches(object);
        let before = change.before.as_deref().is_some_and(matches);
        let after = change.what != ChangeType::Deleted && matches(&change.object);
        match (before, after) {
            (false, true) => Some(line("ADDED", self.text(&change.object))),
            (true, true) => Some(line("MODIFIED", self.text(&change.object))),
            (true, false) => {
                let last = change.before.as_deref()?.to_value();
                let last = Object::new(self.call.kind, last, change.object.revision());
                Some(line("DELETED", self.text(&last)))
            }
            (false, false) => None,
        }
    }

    fn text<'a>(&self, object: &'a Object) -> &'a [u8] {
        if self.params.partial { object.partial() } else { object.text() }
    }
}

/// A bookmark is an empty object of its kind; the required fields of that kind are there, too.
fn fill(kind: KindId, partial: bool, object: &mut Value) {
    if partial {
        return;
    }
    match kind.resource {
        "pods" => object["spec"] = json!({ "containers": [] }),
        "deployments" => {
            object["spec"] =
                json!({ "selector": {}, "template": { "metadata": {}, "spec": { "containers": [] } } });
        }
        "jobs" => object["spec"] = json!({ "template": { "metadata": {}, "spec": { "containers": [] } } }),
        _ => {}
    }
}

fn line(event: &str, object: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(object.len() + 32);
    line.extend_from_slice(b"{\"type\":\"");
    line.extend_from_slice(event.as_bytes());
    line.extend_from_slice(b"\",\"object\":");
    line.extend_from_slice(object);
    line.extend_from_slice(b"}\n");
    line
}

fn too_old(after: u64) -> Vec<u8> {
    let status = Refusal::expired(&format!("too old resource version: {after}")).to_status();
    line("ERROR", status.to_string().as_bytes())
}
