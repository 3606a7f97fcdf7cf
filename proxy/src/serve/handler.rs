//! One request: admitted and forwarded, or refused.
//!
//! Input: a request of a client. Output: an answer, always. Must not: read a body, or tell more of a refused request
//! than its kind.

use crate::{
    admit::{Refusal, Territory, Verb},
    errors_xml::S3Error,
    forward::{
        Forwarder,
        answer::{self, Answer},
    },
    sparse::Sparse,
};
use http::{
    HeaderValue, Method, Request, Response,
    header::{ALLOW, CONNECTION},
};
use std::sync::Arc;

/// Answers requests.
pub struct Handler {
    territory: Territory,
    forwarder: Arc<Forwarder>,
    refusals: Sparse,
}

impl Handler {
    /// Forwards what lies within `territory`.
    pub fn new(territory: Territory, forwarder: Forwarder) -> Self {
        Self { territory, forwarder: Arc::new(forwarder), refusals: Sparse::default() }
    }

    /// The answer to one request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Answer> {
        let (head, _unread) = request.into_parts();
        match self.territory.admit(&head) {
            Ok(wanted) => {
                tracing::debug!(verb = wanted.verb.as_str(), path = wanted.path, "request");
                self.forwarder.forward(wanted).await
            }
            Err(refusal) => {
                if let Some(nth) = self.refusals.tell() {
                    tracing::warn!(
                        refusal.nth = nth,
                        status = refusal.status().as_u16(),
                        "refused a request: {refusal}"
                    );
                }
                refused(refusal, &head.method)
            }
        }
    }
}

/// The connection is closed: after a refusal, where the next request begins is the client's claim only.
fn refused(refusal: Refusal, method: &Method) -> Response<Answer> {
    let verb = if method == Method::HEAD { Verb::Head } else { Verb::Get };
    let error = S3Error::of(refusal.code(), &refusal.to_string());
    let mut response = answer::local(refusal.status(), &error, verb);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    if refusal == Refusal::Method {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
