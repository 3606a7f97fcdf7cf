//! Counts bytes at the socket, below TLS.
//!
//! Input: a stream. Output: the same one, which tells [`Traffic`] what passes. Must not: touch a byte.

use crate::stats::Traffic;
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose bytes are counted.
pub struct Counted<T> {
    stream: T,
    traffic: Arc<Traffic>,
}

impl<T> Counted<T> {
    /// Counts into `traffic`.
    pub fn new(stream: T, traffic: Arc<Traffic>) -> Self {
        Self { stream, traffic }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.traffic.received_raw(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.traffic.sent_raw(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.traffic.sent_raw(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, Traffic};
    use std::{io::IoSlice, sync::Arc};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn every_byte_is_counted_once() {
        let traffic = Arc::new(Traffic::default());
        let (near, mut far) = duplex(64);
        let mut counted = Counted::new(near, Arc::clone(&traffic));
        counted.write_all(b"12345").await.unwrap();
        let written = counted.write_vectored(&[IoSlice::new(b"67")]).await.unwrap();
        far.write_all(b"abc").await.unwrap();
        counted.read_exact(&mut [0; 3]).await.unwrap();
        let stats = traffic.snapshot();
        assert_eq!(
            (stats.traffic.s3_sent_raw_bytes, stats.traffic.s3_received_raw_bytes),
            (5 + written as u64, 3)
        );
    }
}
