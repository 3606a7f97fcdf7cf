//! One connection to S3, asked one request at a time.
//!
//! Input: the bytes of a request. Output: the head of its answer; the body is still to come. Must not: keep more than one
//! buffer, or look beyond the answer that was asked for.

use super::Io;
use crate::{
    alarm::{Alarm, Late},
    http1::{Extent, Malformed, ResponseHead},
};
use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf},
    time::Instant,
};

/// What is read at a time: as much as a program that only copies bytes would take, and little enough for 256 readers
/// that stall to fit into 64 MiB.
const BUFFER: usize = 128 * 1024;
/// The longest head that is waited for; S3's are below 2 KiB.
const LONGEST_HEAD: usize = 32 * 1024;
/// Interim answers before the answer. Nobody asked for any.
const MOST_INTERIM: usize = 4;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It was closed, perhaps long ago.
    #[error("the connection was closed before an answer")]
    Closed,
    /// What came is no answer.
    #[error("the answer is malformed")]
    Malformed(#[from] Malformed),
    /// A head without an end.
    #[error("the head of the answer is too long")]
    TooLong,
    /// Not in time.
    #[error("no answer in time")]
    Late(Late),
}

/// A connection, and what arrived over it and was not yet taken.
pub struct Connection {
    io: Box<dyn Io>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// For whatever is waited for on this connection.
    pub alarm: Alarm,
}

impl Connection {
    /// Over a new stream.
    pub fn new(io: Box<dyn Io>) -> Self {
        Self { io, buffer: vec![0; BUFFER], start: 0, end: 0, alarm: Alarm::default() }
    }

    /// Sends a request and waits for the head of the answer.
    pub async fn ask(&mut self, request: &[u8], deadline: Instant) -> Result<ResponseHead, AskError> {
        let mut alarm = std::mem::take(&mut self.alarm);
        let answered = alarm.before(deadline, self.exchange(request)).await;
        self.alarm = alarm;
        answered.map_err(AskError::Late)?
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<ResponseHead, AskError> {
        self.io.write_all(request).await?;
        self.io.flush().await?;
        for _ in 0..=MOST_INTERIM {
            let head = self.head().await?;
            if !head.status.is_informational() {
                return Ok(head);
            }
        }
        Err(AskError::TooLong)
    }

    async fn head(&mut self) -> Result<ResponseHead, AskError> {
        let mut extent = Extent::default();
        loop {
            if let Some(length) = extent.of(self.arrived())? {
                let head = ResponseHead::parse(&self.arrived()[..length])?;
                self.take(length);
                return Ok(head);
            }
            if self.arrived().len() >= LONGEST_HEAD {
                return Err(AskError::TooLong);
            }
            if poll_fn(|cx| self.poll_more(cx)).await? == 0 {
                return Err(AskError::Closed);
            }
        }
    }

    /// What is here.
    pub fn arrived(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// So many bytes of it are done with.
    pub fn take(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.end);
    }

    /// Reads on, behind what is here; 0 where the connection was closed.
    pub fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let mut room = ReadBuf::new(&mut self.buffer[self.end..]);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut room))?;
        let read = room.filled().len();
        self.end += read;
        Poll::Ready(Ok(read))
    }

    /// Whether nothing came that was not asked for, an end of the connection included.
    pub fn is_quiet(&mut self) -> bool {
        self.arrived().is_empty() && self.poll_more(&mut Context::from_waker(Waker::noop())).is_pending()
    }
}
