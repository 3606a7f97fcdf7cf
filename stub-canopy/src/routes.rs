//! The HTTP surface: Canopy's four endpoints twice, the probe, and the control.
//!
//! Input: requests with a [`crate::connection::Connection`] in their extensions. Output: answers.
//! Must not: know sockets or TLS.

mod canopy;
mod control;
mod harm;
mod strict;

use crate::state::Stub;
use axum::{
    Router,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use contract::canopy::paths;
use http::{StatusCode, header::CONTENT_TYPE};
use std::sync::Arc;

/// An answer before it is sent, so that a fault can still harm it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub content_type: &'static str,
    pub body: Bytes,
}

impl Answer {
    /// Done, nothing to say.
    pub(crate) fn done() -> Self {
        Self { status: StatusCode::NO_CONTENT, content_type: "", body: Bytes::new() }
    }

    /// A JSON text.
    pub(crate) fn json(body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, content_type: "application/json", body: body.into() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        if self.body.is_empty() {
            return self.status.into_response();
        }
        (self.status, [(CONTENT_TYPE, self.content_type)], self.body).into_response()
    }
}

/// All of it.
pub(crate) fn router(stub: Arc<Stub>) -> Router {
    let four = Router::new()
        .route(paths::CAPABILITIES, post(canopy::capabilities))
        // axum would answer HEAD as GET, which would count as a poll.
        .route(paths::WORKLIST, get(canopy::worklist).head(strict::wrong_method))
        .route(paths::CREDENTIALS, post(canopy::credentials))
        .route(paths::VERIFICATION, post(canopy::verification));
    Router::new()
        .merge(four.clone())
        .nest(paths::PUBLIC, four)
        .route(paths::PROBE, get(canopy::probe))
        .nest("/_control", control::router())
        .fallback(strict::unknown_path)
        .method_not_allowed_fallback(strict::wrong_method)
        .layer(from_fn_with_state(Arc::clone(&stub), strict::record_refusals))
        .with_state(stub)
}
