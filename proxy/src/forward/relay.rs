//! S3's body on its way to the client.
//!
//! Input: the body, from its first byte on. Output: the same bytes, as fast as the client takes them. Must not: buffer
//! more than one piece, end where S3 broke off (an error aborts the client's connection), or wait for ever for a byte
//! the client wants.

use crate::{post::chain, stats::Traffic};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// Why a body was aborted; the client sees a connection cut before the promised end.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// S3's connection broke, or closed before the promised end.
    #[error("the body of S3's answer broke off: {0}")]
    Receive(String),
    /// Not a byte for too long.
    #[error("no byte from S3 within {} s", .0.as_secs_f32())]
    Stall(Duration),
}

/// A body in flight.
pub struct Relay {
    first: Option<Bytes>,
    rest: Incoming,
    traffic: Arc<Traffic>,
    stall: Duration,
    /// Runs only while S3 keeps us waiting; a client that does not read does not poll.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Relay {
    /// Of a body nothing was read from.
    pub fn new(rest: Incoming, traffic: Arc<Traffic>, stall: Duration) -> Self {
        Self { first: None, rest, traffic, stall, waiting: None }
    }

    /// Waits for the first piece, so that a body that breaks before it can still be asked for again.
    pub async fn begin(&mut self) -> Result<(), RelayError> {
        self.first = self.next_piece().await.transpose()?;
        Ok(())
    }

    async fn next_piece(&mut self) -> Option<Result<Bytes, RelayError>> {
        loop {
            match self.rest.frame().await? {
                Ok(frame) => {
                    if let Some(piece) = self.counted(frame) {
                        return Some(Ok(piece));
                    }
                }
                Err(error) => return Some(Err(RelayError::Receive(chain(&error)))),
            }
        }
    }

    /// The data of a frame; trailers are for this hop only.
    fn counted(&self, frame: Frame<Bytes>) -> Option<Bytes> {
        let piece = frame.into_data().ok()?;
        self.traffic.received_payload(piece.len());
        Some(piece)
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>) -> Poll<RelayError> {
        let stall = self.stall;
        let timer = self.waiting.get_or_insert_with(|| Box::pin(sleep(stall)));
        timer.as_mut().poll(cx).map(|()| RelayError::Stall(stall))
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = RelayError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RelayError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.rest).poll_frame(cx) else {
                return self.poll_stall(cx).map(|error| Some(Err(error)));
            };
            self.waiting = None;
            match next {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(RelayError::Receive(chain(&error))))),
                Some(Ok(frame)) => {
                    if let Some(piece) = self.counted(frame) {
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, |first| first.len() as u64);
        let rest = self.rest.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + first);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + first);
        }
        hint
    }
}
