//! What a fault does to one call.
//!
//! Input: the fault, if any, and the answer the call would get. Output: what is recorded and what is sent.
//! Must not: choose the fault, or write the ledger.

use super::Answer;
use crate::{connection::Connection, faults::Fault, ledger::NO_ANSWER, problem};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use std::io;

/// What takes the place of the call's effect; nothing: the call has its effect.
pub(super) fn instead(fault: Option<&Fault>) -> Option<Answer> {
    match fault? {
        Fault::Status(status) => Some(problem::answer(status.get(), "a fault was ordered for this call")),
        Fault::Body(text) => Some(Answer::json(text.clone())),
        Fault::Close(_) => Some(Answer::done()),
        Fault::DelayMs(_) | Fault::Truncate(_) => None,
    }
}

/// The status the ledger shows: the one the client gets.
pub(super) fn recorded(fault: Option<&Fault>, answer: &Answer) -> u16 {
    match fault {
        Some(Fault::Close(_)) => NO_ANSWER,
        Some(Fault::Truncate(_)) => truncatable(answer.status).as_u16(),
        Some(Fault::Status(_) | Fault::Body(_) | Fault::DelayMs(_)) | None => answer.status.as_u16(),
    }
}

/// Sends the answer, or what the fault leaves of it.
pub(super) async fn deliver(fault: Option<Fault>, answer: Answer, connection: &Connection) -> Response {
    match fault {
        None | Some(Fault::Status(_) | Fault::Body(_)) => answer.into_response(),
        Some(Fault::DelayMs(delay)) => {
            tokio::time::sleep(delay.get()).await;
            answer.into_response()
        }
        Some(Fault::Truncate(keep)) => truncated(&answer, keep),
        Some(Fault::Close(_)) => {
            connection.hang_up.cancel();
            std::future::pending().await
        }
    }
}

/// An answer without a body cannot announce one, so a cut one is a plain success instead.
fn truncatable(status: StatusCode) -> StatusCode {
    if status == StatusCode::NO_CONTENT { StatusCode::OK } else { status }
}

/// At most `keep` bytes of an answer that announces at least one more.
fn truncated(answer: &Answer, keep: usize) -> Response {
    let kept = answer.body.slice(..keep.min(answer.body.len()));
    let announced = answer.body.len().max(kept.len() + 1);
    let mut response = Response::new(Body::from_stream(cut_after(kept)));
    *response.status_mut() = truncatable(answer.status);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(announced));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    response
}

/// `kept`, and then an error that makes the server close the connection.
fn cut_after(kept: Bytes) -> impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static {
    let cut = stream::once(async {
        // Once round the scheduler: what was kept is flushed before the connection goes.
        tokio::task::yield_now().await;
        Err(io::Error::other("a fault was ordered for this call"))
    });
    stream::iter([Ok(kept)]).chain(cut)
}
