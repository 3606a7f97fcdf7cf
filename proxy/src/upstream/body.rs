//! The body of an answer, on the connection it comes over.
//!
//! Input: the bytes of the connection. Output: those that are the body's, where they lie in its buffer. Must not: copy
//! them, or take a break for an end.

use super::{Connection, Pool};
use crate::http1::{Decoder, Framing, Malformed, Step};
use std::{
    io,
    task::{Context, Poll, ready},
};

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It was closed.
    #[error("the connection was closed before the end of the body")]
    Closed,
    /// It does not go on as it should.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// A body in flight.
pub struct Body {
    connection: Connection,
    decoder: Decoder,
    /// Of the bytes at the front of the connection's buffer, so many are lent out.
    lent: usize,
    /// Whether the connection may be asked again afterwards.
    keeps: bool,
}

impl Body {
    /// Behind a head that was just read.
    pub fn new(connection: Connection, framing: Framing, keeps: bool) -> Self {
        let keeps = keeps && framing != Framing::Unframed;
        Self { connection, decoder: Decoder::new(framing), lent: 0, keeps }
    }

    /// The number of bytes that are lent out next, none at the end; at most `most`. What was lent before is given back.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>, most: u64) -> Poll<Result<Option<usize>, BodyError>> {
        self.rest();
        loop {
            match self.decoder.next(self.connection.arrived())? {
                Step::Data { skip, len } => {
                    self.connection.take(skip);
                    self.lent = usize::try_from(most).unwrap_or(usize::MAX).min(len);
                    self.decoder.took(self.lent);
                    return Poll::Ready(Ok(Some(self.lent)));
                }
                Step::End { skip } => {
                    self.connection.take(skip);
                    return Poll::Ready(Ok(None));
                }
                Step::More => {
                    self.connection.take(usize::MAX);
                    if ready!(self.connection.poll_more(cx))? == 0 {
                        return Poll::Ready(Err(BodyError::Closed));
                    }
                }
            }
        }
    }

    /// What is lent out.
    pub fn lent(&self) -> &[u8] {
        &self.connection.arrived()[..self.lent]
    }

    /// All but the last so many bytes of what is lent out are given back.
    pub fn keep_last(&mut self, bytes: usize) {
        let given = self.lent.saturating_sub(bytes);
        self.connection.take(given);
        self.lent -= given;
    }

    /// What is lent out is given back; the next piece may be a while in coming.
    pub fn rest(&mut self) {
        self.connection.take(std::mem::take(&mut self.lent));
    }

    /// The connection it comes over.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Gives the connection back, if the body was read to its end.
    pub fn done(mut self, pool: &Pool) {
        self.rest();
        let is_over = matches!(self.decoder.next(self.connection.arrived()), Ok(Step::End { skip: 0 }));
        if is_over && self.keeps {
            pool.give_back(self.connection);
        }
    }
}
