//! Names that are no text for us, in the one message that holds them: the first of a session.
//!
//! Input: a stream, the role and the database as bytes. Output: the same stream, whose first message names these. Must
//! not: change anything that follows.
//!
//! A server compares names of roles and databases byte by byte before it knows any encoding. On a host whose databases
//! are in another encoding than UTF-8, `größe` is five bytes, which no client of ours can say.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Length and version stand before the names.
const HEADER: usize = 8;

/// Whom to be, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// The role.
    pub(super) role: Vec<u8>,
    /// The database.
    pub(super) database: Vec<u8>,
}

impl Names {
    /// The message with these names in the place of its own; what is no such message stays as it is.
    fn put_into(&self, message: &[u8]) -> Vec<u8> {
        let Some(renamed) = self.replaced(message) else { return message.to_owned() };
        let length = u32::try_from(renamed.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes(), &renamed[4..]].concat()
    }

    fn replaced(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut renamed = message.get(..HEADER)?.to_owned();
        let length = u32::from_be_bytes(message.get(..4)?.try_into().ok()?);
        if usize::try_from(length).ok()? != message.len() {
            return None;
        }
        let mut parts = message[HEADER..].split(|&byte| byte == 0);
        loop {
            let name = parts.next()?;
            if name.is_empty() {
                renamed.push(0);
                return Some(renamed);
            }
            let value = parts.next()?;
            let value = match name {
                b"user" => &self.role,
                b"database" => &self.database,
                _ => value,
            };
            renamed.extend([name, &[0], value, &[0]].concat());
        }
    }
}

/// A stream in which that is done.
#[derive(Debug)]
pub(super) struct Renamed<S> {
    stream: S,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The first message did not come yet.
    Before(Names),
    /// It stands for a message of this many bytes, and is not sent to its end.
    Sending { message: Vec<u8>, sent: usize, of: usize },
    /// It was sent.
    After,
}

impl<S> Renamed<S> {
    /// Nothing was sent over `stream` yet.
    pub(super) fn new(stream: S, names: Names) -> Self {
        Self { stream, state: State::Before(names) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Renamed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Renamed<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let State::Before(names) = &this.state {
            let message = names.put_into(buffer);
            this.state = State::Sending { message, sent: 0, of: buffer.len() };
        }
        let State::Sending { message, sent, of } = &mut this.state else {
            return Pin::new(&mut this.stream).poll_write(context, buffer);
        };
        while *sent < message.len() {
            match ready!(Pin::new(&mut this.stream).poll_write(context, &message[*sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => *sent += more,
            }
        }
        let of = *of;
        this.state = State::After;
        Poll::Ready(Ok(of))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, Renamed};
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    const FIRST: &[u8] = b"\0\0\0\x27\0\x03\0\0user\0me\0database\0there\0a\0user\0\0";

    fn names() -> Names {
        Names { role: b"gr\xf6\xdfe".to_vec(), database: b"x".to_vec() }
    }

    #[test]
    fn the_two_names_are_replaced_and_values_that_look_like_them_are_not() {
        let renamed = names().put_into(FIRST);
        assert_eq!(&renamed[8..], b"user\0gr\xf6\xdfe\0database\0x\0a\0user\0\0");
        assert_eq!(renamed[..4], u32::try_from(renamed.len()).unwrap().to_be_bytes());
    }

    #[tokio::test]
    async fn what_follows_the_first_message_passes_as_it_is() {
        let (near, mut far) = duplex(7);
        let mut near = Renamed::new(near, names());
        let sending = tokio::spawn(async move {
            near.write_all(FIRST).await.unwrap();
            near.write_all(FIRST).await.unwrap();
        });
        let mut seen = Vec::new();
        far.read_to_end(&mut seen).await.unwrap();
        sending.await.unwrap();
        assert_eq!(seen, [&names().put_into(FIRST)[..], FIRST].concat());
    }

    proptest! {
        #[test]
        fn what_is_no_first_message_stays_as_it_is(bytes in proptest::collection::vec(1..=255_u8, 0..60)) {
            prop_assert_eq!(names().put_into(&bytes), bytes);
        }
    }
}
