//! S3's body on its way to the client, gone on with where it breaks off.
//!
//! Input: the body, and what it is a body of. Output: the same bytes, as fast as the client takes them. Must not:
//! buffer more than one piece, decide (that is [`Transfer`]'s), end where S3 broke off, or wait for ever for a byte the
//! client wants.

use super::{
    Forwarder,
    patience::Held,
    resume::{self, Resumed},
    setback::Setback,
};
use crate::{
    admit::Admitted,
    post::chain,
    transfer::{Ending, Rupture, Transfer, pace::Pace},
};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep, sleep_until};

/// Why a body was aborted; the client sees a connection cut before the promised end.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// It broke off, and there is nothing by which to recognise the object again.
    #[error("the body of S3's answer cannot be gone on with: {0}")]
    Broken(Setback),
    /// What S3 offers is not what is missing.
    #[error("the body of S3's answer cannot be gone on with: {0}")]
    Rupture(#[from] Rupture),
    /// No progress for too long.
    #[error("the body of S3's answer could not be gone on with in time")]
    GaveUp,
}

type Piece = Result<Bytes, RelayError>;

/// A body in flight.
pub struct Relay {
    forwarder: Arc<Forwarder>,
    wanted: Arc<Admitted>,
    transfer: Option<Transfer>,
    flow: Flow,
    pace: Pace,
    /// Runs only while S3 keeps us waiting; a client that does not read does not poll.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Set from a break to the next byte.
    hold: Option<Held>,
    first: Option<Bytes>,
}

/// Where the next piece comes from.
enum Flow {
    Body(Incoming),
    Resuming(resume::Resuming),
    Over,
}

impl Relay {
    /// Of a body nothing was read from.
    pub fn new(
        forwarder: Arc<Forwarder>,
        wanted: Arc<Admitted>,
        transfer: Option<Transfer>,
        body: Incoming,
    ) -> Self {
        let pace = Pace::new(forwarder.limits.stall);
        Self {
            forwarder,
            wanted,
            transfer,
            flow: Flow::Body(body),
            pace,
            waiting: None,
            hold: None,
            first: None,
        }
    }

    /// Waits for the first piece: until there is one, nothing was promised to the client.
    pub async fn begin(&mut self) -> Result<(), RelayError> {
        self.first = std::future::poll_fn(|cx| self.poll_piece(cx)).await.transpose()?;
        Ok(())
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        loop {
            match &mut self.flow {
                Flow::Body(body) => {
                    let next = Pin::new(body).poll_frame(cx);
                    let next = next
                        .map(|next| next.map(|frame| frame.map_err(|error| Setback::Broken(chain(&error)))));
                    if let Some(told) = ready!(self.poll_received(next, cx)) {
                        return Poll::Ready(Some(told));
                    }
                }
                Flow::Resuming(resuming) => {
                    let resumed = ready!(resuming.as_mut().poll(cx));
                    if let Err(error) = self.resumed(resumed) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Flow::Over => return Poll::Ready(None),
            }
        }
    }

    /// What the body brought: a piece for the client, or none yet.
    fn poll_received(
        &mut self,
        next: Poll<Option<Result<Frame<Bytes>, Setback>>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Piece>> {
        let Poll::Ready(next) = next else {
            ready!(self.poll_too_slow(cx));
            return Poll::Ready(self.broke(Ending::Broken, Setback::Slow(self.forwarder.limits.stall)));
        };
        self.waiting = None;
        Poll::Ready(match next {
            Some(Ok(frame)) => frame.into_data().ok().and_then(|piece| self.received(piece)),
            Some(Err(setback)) => self.broke(Ending::Broken, setback),
            None => self.broke(Ending::Proper, Setback::Short),
        })
    }

    fn received(&mut self, piece: Bytes) -> Option<Piece> {
        self.forwarder.traffic.received_payload(piece.len());
        self.forwarder.patience.success();
        self.hold = None;
        let is_slow = self.pace.receive(piece.len(), Instant::now());
        let taken = match &mut self.transfer {
            Some(transfer) => transfer.take(piece).map_err(RelayError::Rupture),
            None => Ok(piece),
        };
        if taken.is_err() {
            self.flow = Flow::Over;
        } else if is_slow && self.transfer.is_some() {
            // What came is the client's all the same; what is missing is asked for on another connection, so there is
            // nothing to tell the client.
            self.broke(Ending::Broken, Setback::Drip(self.forwarder.limits.stall));
        }
        Some(taken).filter(|taken| !matches!(taken, Ok(piece) if piece.is_empty()))
    }

    /// The present answer is over: so is the client's, or the next one is asked for.
    fn broke(&mut self, ending: Ending, setback: Setback) -> Option<Piece> {
        self.waiting = None;
        let is_whole = match &self.transfer {
            Some(transfer) => transfer.is_whole(ending),
            None => ending == Ending::Proper,
        };
        self.flow = Flow::Over;
        if is_whole {
            return None;
        }
        let Some(transfer) = self.transfer.take() else {
            return Some(Err(RelayError::Broken(setback)));
        };
        let hold = self.hold.take().unwrap_or_else(|| Held::since(Instant::now()));
        let (forwarder, wanted) = (Arc::clone(&self.forwarder), Arc::clone(&self.wanted));
        self.flow = Flow::Resuming(Box::pin(resume::resume(forwarder, wanted, transfer, hold, setback)));
        None
    }

    fn resumed(&mut self, resumed: Result<Resumed, RelayError>) -> Result<(), RelayError> {
        self.flow = Flow::Over;
        let Resumed { body, transfer, hold } = resumed?;
        self.flow = Flow::Body(body);
        self.transfer = Some(transfer);
        self.hold = Some(hold);
        self.pace = Pace::new(self.forwarder.limits.stall);
        Ok(())
    }

    fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let pace = &mut self.pace;
        let timer = self.waiting.get_or_insert_with(|| Box::pin(sleep_until(pace.wait(Instant::now()))));
        timer.as_mut().poll(cx)
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
        let piece = ready!(self.poll_piece(cx));
        if let Some(Err(error)) = &piece {
            tracing::warn!(%error, path = %self.wanted.path, "cut a client's connection");
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        let is_at_end = match &self.flow {
            Flow::Body(body) => {
                body.is_end_stream() && self.transfer.as_ref().is_none_or(|t| t.is_whole(Ending::Proper))
            }
            Flow::Resuming(_) => false,
            Flow::Over => true,
        };
        self.first.is_none() && is_at_end
    }

    fn size_hint(&self) -> SizeHint {
        // Where S3 announced a length, the head still does.
        SizeHint::new()
    }
}
