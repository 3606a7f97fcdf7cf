//! Clients that keep connections busy for a while, or stop reading.

use crate::processes;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, timeout},
};

/// What is read, by how many.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) name: &'a str,
    pub(crate) key: &'static str,
    pub(crate) connections: usize,
}

/// What came of it.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    requests: f64,
    bytes: f64,
    seconds: f64,
    cpu: f64,
}

impl Run {
    pub(crate) fn rate(&self) -> f64 {
        self.requests / self.seconds
    }

    pub(crate) fn mib(&self) -> f64 {
        self.bytes / self.seconds / f64::from(1 << 20)
    }

    pub(crate) fn cpu_per_request(&self) -> f64 {
        self.cpu / self.requests
    }

    pub(crate) fn cpu_per_gib(&self) -> f64 {
        self.cpu / (self.bytes / f64::from(1 << 30))
    }
}

#[derive(Default)]
struct Count {
    requests: AtomicU64,
    bytes: AtomicU64,
}

pub(crate) async fn run(load: &Load<'_>, address: SocketAddr, pid: Option<u32>, lasts: Duration) -> Run {
    let count = Arc::new(Count::default());
    let (began, cpu) = (Instant::now(), processes::cpu_seconds(pid));
    let mut readers = JoinSet::new();
    for _ in 0..load.connections {
        readers.spawn(timeout(lasts, read_on(address, load.key, Arc::clone(&count))));
    }
    while readers.join_next().await.is_some() {}
    Run {
        requests: count.requests.load(Relaxed) as f64,
        bytes: count.bytes.load(Relaxed) as f64,
        seconds: began.elapsed().as_secs_f64(),
        cpu: processes::cpu_seconds(pid) - cpu,
    }
}

fn request(key: &str) -> String {
    format!(
        "GET /bucket/{key} HTTP/1.1\r\nhost: a\r\nuser-agent: MinIO (linux; amd64) minio-go/v7.2.1\r\n\r\n"
    )
}

async fn read_on(address: SocketAddr, key: &str, count: Arc<Count>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (request, mut buffer) = (request(key), vec![0; 256 << 10]);
    loop {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut left = None;
        let mut filled = 0;
        while left != Some(0) {
            let read = stream.read(&mut buffer[filled..]).await.unwrap();
            assert!(read > 0, "the connection was closed");
            if let Some(left) = &mut left {
                *left -= read;
                count.bytes.fetch_add(read as u64, Relaxed);
            } else {
                filled += read;
                left = begun(&buffer[..filled], &count);
                filled = if left.is_some() { 0 } else { filled };
            }
        }
        count.requests.fetch_add(1, Relaxed);
    }
}

/// Bytes of the body that are still to come, once the head is here.
fn begun(bytes: &[u8], count: &Count) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[..end]).unwrap().to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    count.bytes.fetch_add((bytes.len() - end) as u64, Relaxed);
    Some(length.parse::<usize>().unwrap() - (bytes.len() - end))
}

/// So many readers ask for something large and read nothing, until all that would be buffered is.
pub(crate) async fn stall(address: SocketAddr, readers: usize) {
    let mut stalled = Vec::new();
    for _ in 0..readers {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request("large").as_bytes()).await.unwrap();
        stream.readable().await.unwrap();
        stalled.push(stream);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
}
