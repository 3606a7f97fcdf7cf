//! Answers on their way to the client.
//!
//! Input: S3's head and body. Output: the head without what concerns only our connection to S3, and a body: streamed,
//! or a rewritten error document. Must not: change a status, a length, or anything an object's reader relies on.

use super::{
    listing::Listing,
    relay::{Relay, RelayError},
};
use crate::{
    admit::Verb,
    credentials::Issued,
    errors_xml::{LONGEST_DOCUMENT, S3Error},
    stats::Traffic,
};
use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        ALT_SVC, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION,
        PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, SET_COOKIE, STRICT_TRANSPORT_SECURITY, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE, WWW_AUTHENTICATE,
    },
    response::Parts,
};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// Meant for this hop, or an attempt to steer the client elsewhere.
const STRIPPED: [HeaderName; 12] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    WWW_AUTHENTICATE,
    SET_COOKIE,
    LOCATION,
    ALT_SVC,
    STRICT_TRANSPORT_SECURITY,
];

/// The body of an answer.
pub enum Answer {
    /// S3's own bytes, as they come.
    Stream(Box<Relay>),
    /// S3's own bytes, all here.
    Listing(Listing),
    /// A short document of ours; none for HEAD.
    Document(Option<Bytes>),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        match self.get_mut() {
            Self::Stream(relay) => Pin::new(relay).poll_frame(cx),
            Self::Listing(list) => Pin::new(list).poll_frame(cx).map_err(|never| match never {}),
            Self::Document(document) => Poll::Ready(document.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Stream(relay) => relay.is_end_stream(),
            Self::Listing(list) => list.is_end_stream(),
            Self::Document(document) => document.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Stream(relay) => relay.size_hint(),
            Self::Listing(list) => list.size_hint(),
            Self::Document(document) => SizeHint::with_exact(document.as_ref().map_or(0, |d| d.len() as u64)),
        }
    }
}

/// Whether the end of this answer's body can be told from a break.
pub fn is_framed(head: &Parts, verb: Verb) -> bool {
    let has_body =
        verb == Verb::Get && !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    !has_body || head.headers.contains_key(CONTENT_LENGTH) || head.headers.contains_key(TRANSFER_ENCODING)
}

/// Removes what concerns only our connection to S3.
pub fn strip(headers: &mut HeaderMap) {
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    let nominated: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|token| token.trim().to_ascii_lowercase())
        .filter(|token| *token != CONTENT_LENGTH.as_str())
        .collect();
    for name in nominated {
        headers.remove(name);
    }
    for name in STRIPPED {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// The same for an error, whose document is replaced.
pub fn strip_error(headers: &mut HeaderMap) {
    strip(headers);
    for name in [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_TYPE, ETAG] {
        headers.remove(name);
    }
}

/// What an error document says. A body that breaks or takes too long is read as far as it came.
pub async fn read_error(mut body: Incoming, traffic: &Traffic, deadline: Duration) -> S3Error {
    let mut document = BytesMut::new();
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(piece) = frame.into_data() else { break };
            traffic.received_payload(piece.len());
            document.extend_from_slice(&piece);
            if document.len() >= LONGEST_DOCUMENT {
                break;
            }
        }
    };
    // Out of time is as good as broken: what there is, is judged.
    let _ = tokio::time::timeout(deadline, reading).await;
    S3Error::read(&document)
}

/// Without a message or id that repeats one of our credentials.
pub fn scrubbed(error: S3Error, issued: &Issued) -> S3Error {
    let fit = |text: String| if issued.occurs_in(&text) { String::new() } else { text };
    S3Error { code: fit(error.code), message: fit(error.message), request_id: fit(error.request_id) }
}

/// S3's status and headers over a document of ours.
pub fn document(mut head: Parts, error: &S3Error, verb: Verb) -> Response<Answer> {
    if verb == Verb::Head {
        return Response::from_parts(head, Answer::Document(None));
    }
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    Response::from_parts(head, Answer::Document(Some(error.to_xml())))
}

/// Asks the client to try again later.
pub fn unavailable(verb: Verb) -> Response<Answer> {
    let error = S3Error::of("ServiceUnavailable", contract::pods::OUTAGE_MESSAGE);
    local(StatusCode::SERVICE_UNAVAILABLE, &error, verb)
}

/// An answer made here.
pub fn local(status: StatusCode, error: &S3Error, verb: Verb) -> Response<Answer> {
    let mut response = Response::new(());
    *response.status_mut() = status;
    document(response.into_parts().0, error, verb)
}

#[cfg(test)]
mod tests;
