//! What the broker says when it does not give: constant problem documents that reveal nothing.

use super::{Denied, SinkError, identify::Unknown};
use crate::canopy::CanopyError;
use axum::response::{IntoResponse, Response};
use contract::canopy::Problem;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};

/// Every way a request can end without success.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Unknown(#[from] Unknown),
    #[error("{denied} (pod {pod})")]
    Denied { denied: Denied, pod: String },
    #[error("the request is not JSON of the shape agreed on")]
    Body,
    #[error("{error} (for pod {pod})")]
    Canopy { error: CanopyError, pod: String },
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("the request took longer than its deadline")]
    TooSlow,
}

impl Failure {
    /// The word in metrics.
    pub(super) fn result(&self) -> &'static str {
        match self {
            Self::Unknown(Unknown::Denied(denied)) | Self::Denied { denied, .. }
                if denied.is_about_token() =>
            {
                "unauthenticated"
            }
            Self::Unknown(Unknown::Denied(_)) | Self::Denied { .. } => "denied",
            Self::Body => "invalid",
            Self::Canopy { error: CanopyError::Refused { .. }, .. } => "refused",
            Self::Unknown(_) | Self::Canopy { .. } | Self::Sink(_) | Self::TooSlow => "unavailable",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unknown(Unknown::Denied(denied)) | Self::Denied { denied, .. }
                if denied.is_about_token() =>
            {
                StatusCode::UNAUTHORIZED
            }
            Self::Unknown(Unknown::Denied(_)) | Self::Denied { .. } => StatusCode::FORBIDDEN,
            Self::Body => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Canopy { error, .. } => mirrored(error),
            Self::Sink(SinkError::NoJob { .. }) => StatusCode::NOT_FOUND,
            Self::Unknown(_)
            | Self::Sink(SinkError::Patch { .. } | SinkError::Show { .. })
            | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Canopy's refusals are passed on, as the proxy decides by them; its breakage is ours to report.
fn mirrored(error: &CanopyError) -> StatusCode {
    error.refusal().and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::BAD_GATEWAY)
}

fn detail(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "a projected ServiceAccount token for audience pgro-broker is needed",
        StatusCode::FORBIDDEN => "not for this caller",
        StatusCode::UNPROCESSABLE_ENTITY => "the body is not what this endpoint takes",
        StatusCode::SERVICE_UNAVAILABLE => "try again later",
        StatusCode::BAD_GATEWAY => "Canopy does not answer as it should",
        _ => "refused",
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = Problem::of_status(
            status.as_u16(),
            status.canonical_reason().unwrap_or("Refused"),
            detail(status),
        );
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(Problem::CONTENT_TYPE));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
