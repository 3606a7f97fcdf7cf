//! The link between the proxy and MinIO: bytes pass as they are, slowly or with trouble, one request per connection.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
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
    time::{Interval, interval},
};

const PIECE: usize = 64 << 10;

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// 400 `ExpiredToken`.
    Expired,
    /// 503 `SlowDown`.
    Overload,
    /// The connection is reset before an answer.
    Reset,
    /// The body ends too early, with an ordinary end of the connection.
    EndShort,
    /// The body breaks off with a reset.
    Torn,
    /// The body stops, and the connection stays.
    Stall,
}

impl Trouble {
    pub(crate) const ALL: [Self; 6] =
        [Self::Expired, Self::Overload, Self::Reset, Self::EndShort, Self::Torn, Self::Stall];
}

struct Way {
    minio: SocketAddr,
    script: fn(usize) -> Option<Trouble>,
    /// Each piece waits for a tick, whichever connection it is on.
    pace: Option<tokio::sync::Mutex<Interval>>,
    requests: AtomicUsize,
    borne: Mutex<BTreeMap<Trouble, usize>>,
}

/// Relays until dropped.
pub(crate) struct Link {
    pub(crate) address: SocketAddr,
    way: Arc<Way>,
    task: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Link {
    /// The nth request meets what `script` says.
    pub(crate) async fn troubled(minio: SocketAddr, script: fn(usize) -> Option<Trouble>) -> Self {
        Self::of(minio, script, None).await
    }

    /// None at all: what is found there is MinIO itself.
    #[allow(dead_code, reason = "the benchmark of restores takes it")]
    pub(crate) fn none(minio: SocketAddr) -> Self {
        let (requests, borne) = (AtomicUsize::new(0), Mutex::default());
        let way = Arc::new(Way { minio, script: |_| None, pace: None, requests, borne });
        Self { address: minio, way, task: tokio::spawn(async {}) }
    }

    /// So many bytes a second.
    pub(crate) async fn slow(minio: SocketAddr, rate: u32) -> Self {
        let pause = Duration::from_secs(1) * u32::try_from(PIECE).unwrap() / rate;
        Self::of(minio, |_| None, Some(tokio::sync::Mutex::new(interval(pause)))).await
    }

    async fn of(
        minio: SocketAddr,
        script: fn(usize) -> Option<Trouble>,
        pace: Option<tokio::sync::Mutex<Interval>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, borne) = (AtomicUsize::new(0), Mutex::default());
        let way = Arc::new(Way { minio, script, pace, requests, borne });
        let kept = Arc::clone(&way);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Ends with the connection, however that ends.
                tokio::spawn(converse(stream, Arc::clone(&way)));
            }
        });
        Self { address, way: kept, task }
    }

    /// Which trouble there was, and how often.
    pub(crate) fn borne(&self) -> BTreeMap<Trouble, usize> {
        self.way.borne.lock().unwrap().clone()
    }
}

async fn converse(mut client: TcpStream, way: Arc<Way>) -> io::Result<()> {
    let request = head(&mut client).await?;
    let nth = way.requests.fetch_add(1, SeqCst);
    match (way.script)(nth) {
        Some(trouble @ Trouble::Expired) => {
            way.refuse(client, trouble, "400 Bad Request", "ExpiredToken").await
        }
        Some(trouble @ Trouble::Overload) => way.refuse(client, trouble, "503 Slow Down", "SlowDown").await,
        Some(trouble @ Trouble::Reset) => {
            way.count(trouble);
            client.set_zero_linger()
        }
        in_body => way.pass(client, &request, (nth, in_body)).await,
    }
}

/// Everything up to the empty line.
async fn head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

fn body_length(head: &[u8]) -> usize {
    let text = String::from_utf8_lossy(head).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.unwrap_or(0)
}

impl Way {
    fn count(&self, trouble: Trouble) {
        *self.borne.lock().unwrap().entry(trouble).or_default() += 1;
    }

    async fn refuse(
        &self,
        mut client: TcpStream,
        trouble: Trouble,
        status: &str,
        code: &str,
    ) -> io::Result<()> {
        self.count(trouble);
        let document = format!("<Error><Code>{code}</Code><Message>On the way.</Message></Error>");
        let length = document.len();
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{document}");
        client.write_all(answer.as_bytes()).await?;
        client.shutdown().await
    }

    /// Up to the end of MinIO's answer, or to some eighth of it, if it is one with an object.
    async fn pass(
        &self,
        mut client: TcpStream,
        request: &[u8],
        (nth, trouble): (usize, Option<Trouble>),
    ) -> io::Result<()> {
        let mut minio = TcpStream::connect(self.minio).await?;
        let line = request.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        minio.write_all(&[&request[..line], b"connection: close\r\n", &request[line..]].concat()).await?;
        let answer = head(&mut minio).await?;
        client.write_all(&answer).await?;
        let length = body_length(&answer);
        let given = length * (nth % 8) / 8;
        let Some(trouble) = trouble.filter(|_| given < length && answer.starts_with(b"HTTP/1.1 2")) else {
            self.pour(&mut minio, &mut client, usize::MAX).await?;
            return client.shutdown().await;
        };
        self.pour(&mut minio, &mut client, given).await?;
        self.count(trouble);
        match trouble {
            Trouble::EndShort => client.shutdown().await,
            Trouble::Stall => client.read_u8().await.map(drop),
            _ => client.set_zero_linger(),
        }
    }

    async fn pour(&self, minio: &mut TcpStream, client: &mut TcpStream, most: usize) -> io::Result<()> {
        let (mut piece, mut left) = (vec![0; PIECE], most);
        while left > 0 {
            let most = left.min(PIECE);
            let read = minio.read(&mut piece[..most]).await?;
            if read == 0 {
                break;
            }
            if let Some(pace) = &self.pace {
                pace.lock().await.tick().await;
            }
            client.write_all(&piece[..read]).await?;
            left -= read;
        }
        Ok(())
    }
}
