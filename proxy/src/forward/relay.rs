//! S3's body on its way to the client, gone on with where it breaks off.
//!
//! Input: the body, and what it is a body of. Output: the same bytes, piece by piece, where they lie in the connection's
//! buffer. Must not: copy or keep them, decide (that is [`Transfer`]'s), end where S3 broke off, or wait for ever for a
//! byte the client wants.

use super::{
    Forwarder,
    ahead::{Parked, Seat},
    patience::Held,
    setback::Setback,
};
use crate::{
    admit::Admitted,
    http1::ResponseHead,
    transfer::{Ending, Facts, Rupture, Transfer, pace::Pace},
    upstream::{Body, BodyError},
};
use std::{future::poll_fn, task::Poll, time::Duration};
use tokio::time::Instant;

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

/// A body in flight.
pub struct Relay<'f> {
    forwarder: &'f Forwarder,
    wanted: &'f Admitted,
    transfer: Option<Transfer>,
    /// None once it is over.
    body: Option<Body>,
    /// Runs only while S3 keeps us waiting; nobody asks for a piece while the client does not read.
    pace: Pace,
    /// Set from a break to the next byte.
    hold: Option<Held>,
    /// The last piece came, but too slowly.
    is_drip: bool,
    /// What the body goes on with behind the client's share.
    surplus: Option<Surplus>,
}

/// The rest of a stream that reaches further than the client's range.
pub struct Surplus {
    /// S3's head.
    pub head: ResponseHead,
    /// What is still to come.
    pub facts: Facts,
    /// Leave to keep it.
    pub seat: Seat,
}

/// What became of waiting for the next piece.
type Arrival = Option<Result<Option<usize>, BodyError>>;

impl<'f> Relay<'f> {
    /// Of a body nothing was read from.
    pub fn new(
        forwarder: &'f Forwarder,
        wanted: &'f Admitted,
        transfer: Option<Transfer>,
        body: Body,
        surplus: Option<Surplus>,
    ) -> Self {
        let pace = Pace::new(forwarder.limits.stall);
        Self { forwarder, wanted, transfer, body: Some(body), pace, hold: None, is_drip: false, surplus }
    }

    /// The piece that is here.
    pub fn piece(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], Body::lent)
    }

    /// What it is of.
    pub fn path(&self) -> &str {
        &self.wanted.path
    }

    /// Waits for the first piece, or for the end of nothing, but not for longer than `bound`: until then nothing was
    /// promised to the client, and the whole request may be made again.
    pub async fn begin(&mut self, bound: Duration) -> Result<(), Setback> {
        let deadline = Instant::now() + bound;
        let arrival = self.arrival(|_, _| deadline).await.ok_or(Setback::Slow(bound))?;
        match arrival.map_err(|error| Setback::broken(&error))? {
            Some(bytes) => self.received(bytes).map(|_| ()).map_err(|error| Setback::broken(&error)),
            None if self.is_whole(Ending::Proper) => {
                self.end(Ending::Proper);
                Ok(())
            }
            None => Err(Setback::Short),
        }
    }

    /// Waits for the next piece; false when the client has all.
    pub async fn next(&mut self) -> Result<bool, RelayError> {
        loop {
            let (ending, setback) = match self.arrived().await {
                Ok(bytes) if self.received(bytes)? => return Ok(true),
                Ok(_) => continue,
                Err(broke) => broke,
            };
            if self.is_whole(ending) {
                self.end(ending);
                return Ok(false);
            }
            self.go_on(setback).await?;
        }
    }

    /// So many bytes, or how this answer ended.
    async fn arrived(&mut self) -> Result<usize, (Ending, Setback)> {
        let stall = self.forwarder.limits.stall;
        if std::mem::take(&mut self.is_drip) {
            return Err((Ending::Broken, Setback::Drip(stall)));
        }
        match self.arrival(Pace::wait).await {
            Some(Ok(Some(bytes))) => Ok(bytes),
            Some(Ok(None)) => Err((Ending::Proper, Setback::Short)),
            Some(Err(error)) => Err((Ending::Broken, Setback::broken(&error))),
            None => Err((Ending::Broken, Setback::Slow(stall))),
        }
    }

    /// Nothing where the deadline came first.
    async fn arrival(&mut self, deadline: impl Fn(&mut Pace, Instant) -> Instant) -> Arrival {
        let most = self.share();
        let Some(body) = self.body.as_mut().filter(|_| most > 0) else { return Some(Ok(None)) };
        let mut alarm = std::mem::take(&mut body.connection().alarm);
        let arrival = poll_fn(|cx| match body.poll_piece(cx, most) {
            Poll::Ready(arrival) => Poll::Ready(Some(arrival)),
            Poll::Pending => alarm.poll(cx, deadline(&mut self.pace, Instant::now())).map(|_| None),
        })
        .await;
        body.connection().alarm = alarm;
        arrival
    }

    /// Bytes of the body that are the client's: all of them, or those before the surplus.
    fn share(&self) -> u64 {
        let owed = self.surplus.as_ref().and(self.transfer.as_ref()).and_then(Transfer::owed);
        owed.unwrap_or(u64::MAX)
    }

    /// Whether any of it is for the client.
    fn received(&mut self, bytes: usize) -> Result<bool, Rupture> {
        self.forwarder.traffic.received_payload(bytes);
        self.forwarder.patience.success();
        self.hold = None;
        // What came is the client's all the same; what is missing is asked for on another connection.
        self.is_drip = self.pace.receive(bytes, Instant::now) && self.transfer.is_some();
        let (Some(transfer), Some(body)) = (&mut self.transfer, &mut self.body) else { return Ok(true) };
        match transfer.take(body.lent()).map(<[u8]>::len) {
            Ok(kept) => {
                body.keep_last(kept);
                Ok(kept > 0)
            }
            Err(rupture) => {
                self.body = None;
                Err(rupture)
            }
        }
    }

    fn is_whole(&self, ending: Ending) -> bool {
        self.transfer.as_ref().map_or(ending == Ending::Proper, |transfer| transfer.is_whole(ending))
    }

    /// The client has all: the connection waits for another request, or the rest of the body for the next range.
    fn end(&mut self, ending: Ending) {
        let Some(mut body) = self.body.take().filter(|_| ending == Ending::Proper) else { return };
        match self.surplus.take() {
            None => body.done(&self.forwarder.pool),
            Some(Surplus { head, facts, seat }) => {
                body.rest();
                let path = self.wanted.path.clone();
                self.forwarder.ahead.park(Parked::new(path, head, facts, body, seat));
            }
        }
    }

    /// The present answer is over, and the next one asked for.
    async fn go_on(&mut self, setback: Setback) -> Result<(), RelayError> {
        (self.body, self.surplus) = (None, None);
        let Some(transfer) = self.transfer.take() else { return Err(RelayError::Broken(setback)) };
        let hold = self.hold.take().unwrap_or_else(|| Held::since(Instant::now()));
        let resumed = self.forwarder.resume(self.wanted, transfer, hold, setback).await?;
        self.body = Some(resumed.body);
        self.transfer = Some(resumed.transfer);
        self.hold = Some(resumed.hold);
        self.pace = Pace::new(self.forwarder.limits.stall);
        Ok(())
    }
}
