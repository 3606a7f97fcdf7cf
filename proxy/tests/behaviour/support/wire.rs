//! An S3 of bare sockets with one large object, whose answers break off in every way a socket knows. Signatures are
//! another fake's matter.

use bytes::Bytes;
use std::{
    collections::VecDeque,
    io,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const CHUNK: usize = 64 << 10;
const TAG: &str = "\"wire\"";

/// How an answer breaks off.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    Fin,
    Reset,
    Stall,
    /// A byte every ten milliseconds, for ever.
    Drip,
}

/// After how many bytes of a body, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) after: usize,
    pub(crate) how: How,
}

struct Shared {
    object: Bytes,
    chunked: bool,
    cuts: Mutex<VecDeque<Cut>>,
    broken: Mutex<Vec<usize>>,
    requests: AtomicUsize,
}

/// Serves until dropped.
pub(crate) struct WireS3 {
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl WireS3 {
    /// Each cut serves one request, in order; after them all goes well.
    pub(crate) async fn start(object: Bytes, chunked: bool, cuts: Vec<Cut>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (cuts, broken) = (Mutex::new(cuts.into()), Mutex::default());
        let shared = Arc::new(Shared { object, chunked, cuts, broken, requests: AtomicUsize::new(0) });
        let kept = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            loop {
                // Out of files for a moment is no end of service.
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                // Ends with the connection, however that ends.
                tokio::spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        Self { url, shared: kept, task }
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(SeqCst)
    }

    /// Where in the object answers broke off.
    pub(crate) fn broken(&self) -> Vec<usize> {
        self.shared.broken.lock().unwrap().clone()
    }
}

impl Drop for WireS3 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(mut stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    loop {
        let Some(range) = asked(&mut stream, shared.object.len()).await? else { return Ok(()) };
        shared.requests.fetch_add(1, SeqCst);
        let cut = shared.cuts.lock().unwrap().pop_front();
        stream.write_all(head(&shared, range.as_ref()).as_bytes()).await?;
        let first = range.as_ref().map_or(0, |range| range.start);
        let body = range.map_or(shared.object.clone(), |range| shared.object.slice(range));
        let given = cut.map_or(body.len(), |cut| cut.after.min(body.len()));
        if cut.is_some() {
            shared.broken.lock().unwrap().push(first + given);
        }
        pour(&mut stream, &body[..given], shared.chunked).await?;
        match cut {
            Some(cut) => return break_off(stream, &body[given..], cut.how, shared.chunked).await,
            None if shared.chunked => stream.write_all(b"0\r\n\r\n").await?,
            None => {}
        }
    }
}

/// The range of the next request; none at all where the client went away.
async fn asked(stream: &mut TcpStream, len: usize) -> io::Result<Option<Option<Range<usize>>>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return Ok(None),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let line = |name: &str| head.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    let Some(range) = line("range: bytes=") else { return Ok(Some(None)) };
    assert_eq!(line("if-match: ").as_deref(), Some(TAG), "a range without its version: {head}");
    let (first, last) = range.split_once('-').unwrap();
    let end = if last.is_empty() { len } else { last.parse::<usize>().unwrap() + 1 };
    Ok(Some(Some(first.parse().unwrap()..end)))
}

fn head(shared: &Shared, range: Option<&Range<usize>>) -> String {
    let len = shared.object.len();
    let (status, part, bytes) = match range {
        None => ("200 OK", String::new(), len),
        Some(range) => {
            let part = format!("content-range: bytes {}-{}/{len}\r\n", range.start, range.end - 1);
            ("206 Partial Content", part, range.len())
        }
    };
    let framing = if shared.chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {bytes}")
    };
    format!("HTTP/1.1 {status}\r\netag: {TAG}\r\n{part}{framing}\r\n\r\n")
}

async fn pour(stream: &mut TcpStream, body: &[u8], chunked: bool) -> io::Result<()> {
    for piece in body.chunks(CHUNK) {
        if chunked {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        }
        stream.write_all(piece).await?;
        if chunked {
            stream.write_all(b"\r\n").await?;
        }
    }
    Ok(())
}

async fn break_off(mut stream: TcpStream, rest: &[u8], how: How, chunked: bool) -> io::Result<()> {
    match how {
        How::Fin => stream.shutdown().await,
        How::Reset => stream.set_zero_linger(),
        How::Stall => {
            // Until the proxy has had enough.
            stream.read_u8().await?;
            Ok(())
        }
        How::Drip => {
            let mut ticks = tokio::time::interval(Duration::from_millis(10));
            for byte in rest.chunks(1) {
                ticks.tick().await;
                pour(&mut stream, byte, chunked).await?;
            }
            Ok(())
        }
    }
}
