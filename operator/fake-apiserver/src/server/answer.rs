//! Answers as HTTP.

use crate::refusal::Refusal;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use std::convert::Infallible;

/// What an answer carries.
pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The connection broke before an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("failed to get an answer: the connection broke")]
pub(super) struct Broken;

pub(super) fn whole(code: u16, text: Bytes) -> Response<Body> {
    respond(code, Full::new(text).boxed_unsync())
}

pub(super) fn stream(lines: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    let frames = lines.map(|line| Ok::<_, Infallible>(Frame::data(line)));
    respond(200, StreamBody::new(frames).boxed_unsync())
}

pub(super) fn refusal(refusal: &Refusal) -> Response<Body> {
    let mut response = whole(refusal.code, refusal.to_status().to_string().into());
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn respond(code: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}
