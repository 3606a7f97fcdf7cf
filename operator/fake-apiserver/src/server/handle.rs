//! One request, from its head to its answer: read, struck or spared, done, recorded.

use super::{
    Shared,
    answer::{self, Body, Broken},
};
use crate::{
    audit::NO_ANSWER,
    faults::Harm,
    refusal::Refusal,
    request::{self, Call, Params, Verb},
    watch::Watch,
    write::{Write, Written},
};
use bytes::Bytes;
use http::{Response, request::Parts};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{future::pending, sync::Arc};

/// Answers one request of `user`.
pub(super) async fn handle(
    shared: Arc<Shared>,
    user: &str,
    head: &Parts,
    body: Bytes,
) -> Result<Response<Body>, Broken> {
    let (mut call, params) = match request::read(user, &head.method, &head.uri, &head.headers) {
        Ok(read) => read,
        Err(refusal) => {
            note_mistake(&shared, user, head, &refusal);
            return Ok(answer::refusal(&refusal));
        }
    };
    let harm = shared.lock().faults.strike(&call);
    if let Some(Harm::Delay(by)) = harm {
        tokio::time::sleep(by).await;
    }
    if let Some(harm) = harm.as_ref().filter(|harm| !harm.is_done()) {
        return befall(&shared, &call, harm, None).await;
    }
    let at = match harm {
        Some(Harm::ReadAt(revision)) => Some(revision),
        _ => shared.lock().faults.frozen.get(user).copied(),
    };
    if call.verb == Verb::Watch {
        return Ok(watch(&shared, call, params));
    }
    if call.verb == Verb::Create && call.kind.stored {
        call.name = name_in(&body);
    }
    let done = perform(&shared, &call, &params, &body, at);
    if let Err(refusal) = done.as_ref().map_err(|done| &done.refusal) {
        note_mistake(&shared, user, head, refusal);
    }
    match harm {
        Some(harm @ (Harm::DoneBut { .. } | Harm::DoneAndCut | Harm::DoneAndHang | Harm::DieAfter)) => {
            befall(&shared, &call, &harm, Some(done.is_ok_and(|done| done.committed))).await
        }
        _ => Ok(settle(&shared, &call, done)),
    }
}

/// A call that was done.
struct Done {
    code: u16,
    text: Bytes,
    committed: bool,
}

/// A call that was refused.
struct NotDone {
    refusal: Refusal,
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Self { refusal }
    }
}

fn perform(
    shared: &Shared,
    call: &Call,
    params: &Params,
    body: &[u8],
    at: Option<u64>,
) -> Result<Done, NotDone> {
    let mut state = shared.lock();
    let read = |text| Done { code: 200, text, committed: false };
    match call.verb {
        Verb::Get => Ok(read(crate::read::get(&state.store, call, params, at)?)),
        Verb::List => Ok(read(crate::read::list(&mut state.store, call, params, at)?)),
        Verb::Watch => Err(Refusal::bad_request("a watch is no single answer").into()),
        Verb::Create | Verb::Update | Verb::Patch | Verb::Delete if !call.kind.stored => {
            let review = review(&state.tokens, json_body(body)?);
            Ok(Done { code: 201, text: review.to_string().into(), committed: false })
        }
        Verb::Create | Verb::Update | Verb::Patch | Verb::Delete => {
            let body = json_body(body)?;
            let before = state.store.revision();
            let write = Write { store: &mut state.store, call, params, now: shared.now() };
            let written = written(write, body)?;
            let committed = state.store.revision() != before;
            drop(state);
            shared.changed.notify_waiters();
            Ok(done(written, committed))
        }
    }
}

fn written(mut write: Write<'_>, body: Value) -> Result<Written, Refusal> {
    match write.call.verb {
        Verb::Create => write.create(body),
        Verb::Update => write.update(body),
        Verb::Patch => write.patch(body),
        Verb::Delete | Verb::Get | Verb::List | Verb::Watch => write.delete(&body),
    }
}

fn done(written: Written, committed: bool) -> Done {
    match written {
        Written::Created(object) => Done { code: 201, text: object.text().clone(), committed },
        Written::Object(object) => Done { code: 200, text: object.text().clone(), committed },
        Written::Gone(status) => Done { code: 200, text: status.to_string().into(), committed },
    }
}

/// What the object of a creation is called; its URL does not say.
fn name_in(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Named {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        #[serde(default)]
        name: String,
    }
    serde_json::from_slice::<Named>(body).map(|named| named.metadata.name).unwrap_or_default()
}

fn json_body(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("the body is no JSON: {error}")))
}

/// What is known about the token of a TokenReview.
fn review(tokens: &std::collections::BTreeMap<String, Value>, mut review: Value) -> Value {
    let known = review["spec"]["token"].as_str().and_then(|token| tokens.get(token));
    review["status"] =
        known.cloned().unwrap_or_else(|| json!({ "authenticated": false, "error": "unknown token" }));
    review
}

fn settle(shared: &Shared, call: &Call, done: Result<Done, NotDone>) -> Response<Body> {
    match done {
        Ok(Done { code, text, committed }) => {
            shared.lock().audit.record(call, code, committed);
            answer::whole(code, text)
        }
        Err(NotDone { refusal }) => {
            shared.lock().audit.record(call, refusal.code, false);
            answer::refusal(&refusal)
        }
    }
}

fn watch(shared: &Arc<Shared>, call: Call, params: Params) -> Response<Body> {
    let recorded = call.clone();
    match Watch::begin(Arc::clone(shared), call, params) {
        Ok(watch) => {
            shared.lock().audit.record(&recorded, 200, false);
            answer::stream(watch.lines())
        }
        Err(refusal) => {
            let mut state = shared.lock();
            state.audit.record(&recorded, refusal.code, false);
            state.audit.mistake(format!("{} watch {:?}: {}", recorded.user, recorded.kind, refusal.message));
            drop(state);
            answer::refusal(&refusal)
        }
    }
}

/// What a caller gets of a harm; `committed` where the call was done first.
async fn befall(
    shared: &Shared,
    call: &Call,
    harm: &Harm,
    committed: Option<bool>,
) -> Result<Response<Body>, Broken> {
    let record = |code| shared.lock().audit.record(call, code, committed.unwrap_or(false));
    match harm {
        Harm::Refuse { code, retry_after, message } => {
            record(*code);
            Ok(answer::refusal(&Refusal::of_fault(*code, *retry_after, message)))
        }
        Harm::DoneBut { code } => {
            record(*code);
            Ok(answer::refusal(&Refusal::of_fault(*code, None, "a fault answers though it was done")))
        }
        Harm::Cut | Harm::DoneAndCut => {
            record(NO_ANSWER);
            Err(Broken)
        }
        Harm::DieBefore | Harm::DieAfter => {
            record(NO_ANSWER);
            shared.deaths.send_modify(|deaths| *deaths += 1);
            pending().await
        }
        Harm::Hang | Harm::DoneAndHang | Harm::Delay(_) | Harm::ReadAt(_) => {
            record(NO_ANSWER);
            pending().await
        }
    }
}

fn note_mistake(shared: &Shared, user: &str, head: &Parts, refusal: &Refusal) {
    if refusal.unexpected {
        let what = format!("{user} {} {}: {} {}", head.method, head.uri, refusal.code, refusal.message);
        shared.lock().audit.mistake(what);
    }
}
