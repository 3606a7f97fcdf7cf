//! A client's end of a connection.
//!
//! Input: its bytes. Output: where its next head ends; and what is sent to it. Must not: wait for a head without a bound,
//! take more of a client's bytes than one head may have, or send without being read (a slow reader holds S3 back).

use crate::{
    admit::Refusal,
    alarm::Alarm,
    http1::{Extent, extent::padding},
    limits::Limits,
    upstream::Io,
};
use std::{
    future::{Future, poll_fn},
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    time::Instant,
};

/// Heads are below 1 KiB; a longer one makes this grow.
const FIRST_BUFFER: usize = 4096;

/// The client went away.
#[derive(Debug)]
pub struct Gone;

/// Why there is no next request.
pub enum NoHead {
    /// The connection is over, or was idle for too long, or its head was not whole in time.
    Gone,
    /// Whatever it was to become, it is not served.
    Refused(Refusal),
}

/// A connection of a client.
pub struct Client {
    io: Box<dyn Io>,
    buffer: Vec<u8>,
    filled: usize,
    alarm: Alarm,
    /// Until when the first byte of a head has to be here.
    quiet_until: Instant,
}

impl Client {
    /// Just accepted: its first head is due.
    pub fn new(io: Box<dyn Io>, limits: &Limits) -> Self {
        let quiet_until = Instant::now() + limits.head;
        Self { io, buffer: vec![0; FIRST_BUFFER], filled: 0, alarm: Alarm::default(), quiet_until }
    }

    /// The length of the next head, once it is here. It ends also when `stop` does, if no head has begun by then.
    pub async fn next_head<S>(&mut self, limits: &Limits, mut stop: Pin<&mut S>) -> Result<usize, NoHead>
    where
        S: Future<Output = ()>,
    {
        let (mut extent, mut begun) = (Extent::default(), None);
        loop {
            if begun.is_none() {
                self.done(padding(&self.buffer[..self.filled]));
            }
            if let Some(length) =
                extent.of(&self.buffer[..self.filled]).map_err(|error| NoHead::Refused(error.into()))?
            {
                return Ok(length);
            }
            if self.filled > 0 && begun.is_none() {
                begun = Some(self.quiet_until.min(Instant::now() + limits.head));
            }
            if self.filled == self.buffer.len() {
                self.grow(limits.head_bytes)?;
            }
            let deadline = begun.unwrap_or(self.quiet_until);
            let read = poll_fn(|cx| match self.poll_more(cx) {
                Poll::Ready(read) => Poll::Ready(read.ok()),
                Poll::Pending if begun.is_none() && stop.as_mut().poll(cx).is_ready() => Poll::Ready(None),
                Poll::Pending => self.alarm.poll(cx, deadline).map(|_| None),
            });
            if matches!(read.await, None | Some(0)) {
                return Err(NoHead::Gone);
            }
        }
    }

    fn grow(&mut self, most: usize) -> Result<(), NoHead> {
        if self.filled >= most {
            return Err(NoHead::Refused(Refusal::HeadTooLong));
        }
        self.buffer.resize((2 * self.filled).min(most), 0);
        Ok(())
    }

    /// What a head of this length says.
    pub fn head(&self, length: usize) -> &[u8] {
        &self.buffer[..length]
    }

    /// So many bytes are done with.
    pub fn done(&mut self, bytes: usize) {
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
    }

    /// An answer was sent: the next head may take its time.
    pub fn rests(&mut self, limits: &Limits) {
        self.quiet_until = Instant::now() + limits.idle;
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(&mut self.buffer[self.filled..]);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut room))?;
        let read = room.filled().len();
        self.filled += read;
        Poll::Ready(Ok(read))
    }

    /// What `future` yields, unless the client goes away before.
    pub async fn while_here<F: Future>(&mut self, mut future: Pin<&mut F>) -> Result<F::Output, Gone> {
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll_gone(cx).map(Err),
        })
        .await
    }

    /// Requests that are sent ahead are kept, as far as there is room, and not looked at yet.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<Gone> {
        while self.filled < self.buffer.len() {
            if matches!(ready!(self.poll_more(cx)), Ok(0) | Err(_)) {
                return Poll::Ready(Gone);
            }
        }
        Poll::Pending
    }

    /// Sends these pieces, together where the system takes them so.
    pub async fn send(&mut self, mut pieces: &mut [IoSlice<'_>]) -> Result<(), Gone> {
        IoSlice::advance_slices(&mut pieces, 0);
        while !pieces.is_empty() {
            let sent = poll_fn(|cx| Pin::new(&mut self.io).poll_write_vectored(cx, pieces)).await;
            match sent {
                Ok(0) | Err(_) => return Err(Gone),
                Ok(bytes) => IoSlice::advance_slices(&mut pieces, bytes),
            }
        }
        Ok(())
    }

    /// Nothing more is sent.
    pub async fn close(&mut self) {
        // Gone already is as good.
        let _ = self.io.shutdown().await;
    }
}
