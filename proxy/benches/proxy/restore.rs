//! A restore that waits more than it reads: an S3 that takes its time to the first byte, and workers that read packs as
//! kopia does, one range after the other.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

pub(crate) const PACK: usize = 20 << 20;
const RANGE: usize = 4 << 20;

/// What came of one restore.
#[derive(Clone, Copy)]
pub(crate) struct Restored {
    /// Bytes a second.
    pub(crate) rate: f64,
    /// Bytes that S3 sent for each byte that was asked for.
    pub(crate) fetched: f64,
}

/// Reads so many packs by so many workers through `address`; `upstream` says what it sent.
pub(crate) async fn run(packs: usize, readers: usize, address: SocketAddr, upstream: SocketAddr) -> Restored {
    let (began, sent) = (Instant::now(), sent(upstream).await);
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..readers {
        let next = Arc::clone(&next);
        workers.spawn(async move {
            let mut reader = Reader::connect(address).await;
            while next.fetch_add(1, Relaxed) < packs {
                for first in (0..PACK).step_by(RANGE) {
                    reader.read(first).await;
                }
            }
        });
    }
    while let Some(ended) = workers.join_next().await {
        ended.unwrap();
    }
    let bytes = (packs * PACK) as f64;
    let rate = bytes / began.elapsed().as_secs_f64();
    Restored { rate, fetched: (self::sent(upstream).await - sent) / bytes }
}

async fn sent(upstream: SocketAddr) -> f64 {
    let mut stream = TcpStream::connect(upstream).await.unwrap();
    stream.write_all(b"GET /bucket/sent HTTP/1.1\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text.rsplit("\r\n").next().unwrap().parse().unwrap()
}

struct Reader {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Reader {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: vec![0; 256 << 10] }
    }

    /// One range; its first and last bytes have to be those of its place.
    async fn read(&mut self, first: usize) {
        let last = first + RANGE - 1;
        let request = format!(
            "GET /bucket/p0123 HTTP/1.1\r\nhost: a\r\nuser-agent: MinIO\r\nrange: bytes={first}-{last}\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let (mut filled, mut end) = (0, None);
        while end.is_none() {
            filled += self.more(filled).await;
            end = self.buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        }
        let end = end.unwrap();
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        assert!(head.contains(&format!("content-range: bytes {first}-{last}/{PACK}")), "{head}");
        while filled < end + 4 {
            filled += self.more(filled).await;
        }
        assert_eq!(self.buffer[end..end + 4], word(first), "at {first}");
        let (mut left, mut seen) = (RANGE - (filled - end), filled);
        while left > 0 {
            seen = self.more(0).await;
            left -= seen;
        }
        assert_eq!(self.buffer[seen - 4..seen], word(last - 3), "at {last}");
    }

    async fn more(&mut self, from: usize) -> usize {
        let read = self.stream.read(&mut self.buffer[from..]).await.unwrap();
        assert!(read > 0, "the connection was closed");
        read
    }
}

/// The four bytes at a place of a pack, which is a multiple of four.
pub(crate) fn word(at: usize) -> [u8; 4] {
    u32::try_from(at).unwrap().to_le_bytes()
}
