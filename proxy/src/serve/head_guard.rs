//! What a client may send before anything looks at its meaning: heads, in CRLF lines, in time.
//!
//! Input: the bytes of a client. Output: the same bytes, or an error that closes the connection. As requests here have
//! no bodies, all that comes in is heads. Must not: parse, buffer, or let a bare LF, a bare CR or a NUL pass, which
//! parsers are known to read in different ways.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// A stream that is watched.
pub struct HeadGuard<T> {
    stream: T,
    lines: Lines,
    deadline: Duration,
    /// Runs from accepting, or a head's first byte, to its last.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<T> HeadGuard<T> {
    /// Each head, the first one from now on, has to be complete within `deadline`.
    pub fn new(stream: T, deadline: Duration) -> Self {
        Self { stream, lines: Lines::default(), deadline, timer: Some(Box::pin(sleep(deadline))) }
    }

    fn check(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let text = "a request head may not hold a bare CR, a bare LF or a NUL";
        self.lines.take(bytes).map_err(|Stray| io::Error::new(io::ErrorKind::InvalidData, text))?;
        match (self.lines.within_head, &self.timer) {
            (true, None) => self.timer = Some(Box::pin(sleep(self.deadline))),
            (false, Some(_)) => self.timer = None,
            (true, Some(_)) | (false, None) => {}
        }
        Ok(())
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(timer) = &mut self.timer else { return Poll::Pending };
        timer
            .as_mut()
            .poll(cx)
            .map(|()| io::Error::new(io::ErrorKind::TimedOut, "a request head took too long"))
    }
}

/// A byte that has no business in a head.
struct Stray;

/// Where in a sequence of heads the last byte was.
#[derive(Default)]
struct Lines {
    within_head: bool,
    within_line: bool,
    after_cr: bool,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Stray> {
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }

    fn step(&mut self, byte: u8) -> Result<(), Stray> {
        match (byte, self.after_cr) {
            (b'\n', true) => {
                // An empty line ends a head; before one it is padding, as RFC 9112 §2.2 allows.
                self.within_head &= self.within_line;
                (self.within_line, self.after_cr) = (false, false);
            }
            (b'\n', false) | (0, _) | (_, true) => return Err(Stray),
            (b'\r', false) => self.after_cr = true,
            (_, false) => (self.within_head, self.within_line) = (true, true),
        }
        Ok(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for HeadGuard<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => Poll::Ready(self.check(&buf.filled()[before..])),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                let late = ready!(self.poll_deadline(cx));
                Poll::Ready(Err(late))
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for HeadGuard<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
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
    use super::{HeadGuard, Lines};
    use std::{io::ErrorKind, time::Duration};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    const DEADLINE: Duration = Duration::from_secs(10);

    fn guarded() -> (HeadGuard<DuplexStream>, DuplexStream) {
        let (near, far) = duplex(1024);
        (HeadGuard::new(near, DEADLINE), far)
    }

    async fn kind_of_end(mut guard: HeadGuard<DuplexStream>) -> ErrorKind {
        guard.read_to_end(&mut Vec::new()).await.unwrap_err().kind()
    }

    #[test]
    fn fault_g12_stray_bytes_are_refused_wherever_they_stand() {
        for stray in [&b"\n"[..], b"\r\r", b"\rx", b"\0", b"GET / HTTP/1.1\n", b"a: b\r\n\n"] {
            assert!(Lines::default().take(stray).is_err(), "{stray:?}");
        }
    }

    #[test]
    fn a_head_is_followed_to_its_end_however_it_is_cut() {
        for cut in 0..=HEAD.len() {
            let mut lines = Lines::default();
            assert!(lines.take(&HEAD[..cut]).is_ok());
            assert_eq!(lines.within_head, (1..HEAD.len()).contains(&cut), "{cut}");
            assert!(lines.take(&HEAD[cut..]).is_ok() && !lines.within_head);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn fault_g14_a_head_that_drips_is_cut_off_at_the_deadline() {
        let (guard, mut far) = guarded();
        let drip = async move {
            for byte in HEAD {
                if far.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let began = tokio::time::Instant::now();
        let (kind, ()) = tokio::join!(kind_of_end(guard), drip);
        assert_eq!(kind, ErrorKind::TimedOut);
        assert!(began.elapsed() < DEADLINE + Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn fault_g14_a_client_that_says_nothing_is_cut_off_too() {
        let (guard, _far) = guarded();
        assert_eq!(kind_of_end(guard).await, ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn between_two_heads_the_deadline_does_not_run() {
        let (mut guard, mut far) = guarded();
        let mut read = vec![0; HEAD.len()];
        for _ in 0..2 {
            far.write_all(HEAD).await.unwrap();
            guard.read_exact(&mut read).await.unwrap();
            let idle = tokio::time::timeout(DEADLINE * 5, guard.read_u8()).await;
            assert!(idle.is_err(), "{idle:?}");
        }
    }
}
