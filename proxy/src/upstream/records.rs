//! Reads as many TLS records at a time as have arrived.
//!
//! Input: a stream that yields one record at a time. Output: the same bytes, as many as there is room for. Must not: wait
//! for more once there is something.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose reads are filled.
pub struct Records<T>(pub T);

impl<T: AsyncRead + Unpin> AsyncRead for Records<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        while buf.remaining() > 0 {
            let filled = buf.filled().len();
            let read = Pin::new(&mut self.0).poll_read(cx, buf);
            let has_grown = matches!(read, Poll::Ready(Ok(()))) && buf.filled().len() > filled;
            if !has_grown {
                // An end or an error is said again when nothing comes before it.
                return if filled > before { Poll::Ready(Ok(())) } else { read };
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Records<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::Records;
    use std::{
        collections::VecDeque,
        io,
        pin::Pin,
        task::{Context, Poll, Waker},
    };
    use tokio::io::{AsyncRead, ReadBuf};

    /// One of these for each read; then nothing more arrives.
    struct Script(VecDeque<io::Result<&'static [u8]>>);

    impl AsyncRead for Script {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buf: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            match self.0.pop_front() {
                None => Poll::Pending,
                Some(record) => Poll::Ready(record.map(|record| buf.put_slice(record))),
            }
        }
    }

    fn read(script: &mut Records<Script>, room: usize) -> Poll<Result<Vec<u8>, io::ErrorKind>> {
        let mut room = vec![0; room];
        let mut buf = ReadBuf::new(&mut room);
        let read = Pin::new(script).poll_read(&mut Context::from_waker(Waker::noop()), &mut buf);
        read.map(|read| read.map(|()| buf.filled().to_vec()).map_err(|error| error.kind()))
    }

    #[test]
    fn all_that_has_arrived_is_read_at_once() {
        let mut script = Records(Script([Ok(&b"one"[..]), Ok(b"two"), Ok(b"six")].into()));
        assert_eq!(read(&mut script, 6), Poll::Ready(Ok(b"onetwo".to_vec())), "as much as there is room for");
        assert_eq!(read(&mut script, 9), Poll::Ready(Ok(b"six".to_vec())), "no wait for more");
        assert_eq!(read(&mut script, 9), Poll::Pending);
    }

    #[test]
    fn what_came_before_an_end_or_an_error_is_not_lost() {
        let broken = || Err(io::ErrorKind::ConnectionReset.into());
        let mut script =
            Records(Script([Ok(&b"one"[..]), broken(), broken(), Ok(b"two"), Ok(b""), Ok(b"")].into()));
        assert_eq!(read(&mut script, 9), Poll::Ready(Ok(b"one".to_vec())));
        assert_eq!(read(&mut script, 9), Poll::Ready(Err(io::ErrorKind::ConnectionReset)));
        assert_eq!(read(&mut script, 9), Poll::Ready(Ok(b"two".to_vec())));
        assert_eq!(read(&mut script, 9), Poll::Ready(Ok(Vec::new())), "the end");
    }
}
