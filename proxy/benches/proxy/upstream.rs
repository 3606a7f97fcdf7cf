//! An S3 that believes everyone and costs next to nothing.

use crate::{
    processes::{self, Middle},
    restore::{PACK, word},
};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

/// What a slow one takes.
pub(crate) const FIRST_BYTE: Duration = Duration::from_millis(30);
/// Given to the socket at a time.
const PIECE: usize = 256 << 10;

/// A process of its own.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    _process: Middle,
    tls: bool,
}

impl Upstream {
    /// With a file for the authority to trust, it speaks TLS.
    pub(crate) async fn start(ca: Option<&Path>) -> Self {
        let ca_file = ca.map(|ca| ca.display().to_string());
        let args: Vec<_> = ["upstream"].into_iter().chain(ca_file.as_deref()).collect();
        let process = processes::own(&args).await;
        Self { address: process.address, _process: process, tls: ca.is_some() }
    }

    /// Takes its time before each answer.
    pub(crate) async fn slow() -> Self {
        let process = processes::own(&["slow-upstream"]).await;
        Self { address: process.address, _process: process, tls: false }
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://localhost:{}/", self.address.port())
    }
}

/// What is served.
struct Objects {
    small: Vec<u8>,
    large: Vec<u8>,
    /// The bytes tell their places.
    pack: Vec<u8>,
    delay: Duration,
    /// Bytes of ranges that went out.
    sent: AtomicU64,
}

pub(crate) async fn serve(ca: Option<&str>, delay: Duration) {
    let acceptor = ca.map(acceptor);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let pack = (0..PACK).step_by(4).flat_map(word).collect();
    let (small, large) = (answer(4 << 10), answer(20 << 20));
    let objects = Arc::new(Objects { small, large, pack, delay, sent: AtomicU64::new(0) });
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (acceptor, objects) = (acceptor.clone(), Arc::clone(&objects));
        tokio::spawn(async move {
            match acceptor {
                None => converse(stream, &objects).await,
                Some(acceptor) => converse(acceptor.accept(stream).await.unwrap(), &objects).await,
            }
        });
    }
}

fn answer(bytes: usize) -> Vec<u8> {
    [head("200 OK", bytes, "").into_bytes(), vec![7; bytes]].concat()
}

fn head(status: &str, bytes: usize, part: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\netag: \"5d41402abc4b2a76b9719d911017c592\"\r\nlast-modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\
         x-amz-request-id: 4442587FB7D0A2F9\r\ncontent-type: binary/octet-stream\r\n{part}content-length: {bytes}\r\n\r\n"
    )
}

async fn converse(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin, objects: &Objects) {
    let (mut buffer, mut filled) = (vec![0; 16 << 10], 0);
    while let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await {
        filled += read;
        if !buffer[..filled].ends_with(b"\r\n\r\n") {
            continue;
        }
        let request = String::from_utf8_lossy(&buffer[..filled]).into_owned();
        filled = 0;
        let written = match request.get(..16).unwrap_or_default() {
            "GET /bucket/smal" => stream.write_all(&objects.small).await,
            "GET /bucket/larg" => stream.write_all(&objects.large).await,
            "GET /bucket/sent" => {
                let sent = objects.sent.load(Relaxed).to_string();
                let _ = stream.write_all((head("200 OK", sent.len(), "") + &sent).as_bytes()).await;
                return;
            }
            _ => part(&mut stream, objects, &request).await,
        };
        if written.is_err() {
            return;
        }
    }
}

/// A range, after a while.
async fn part(
    stream: &mut (impl AsyncWriteExt + Unpin),
    objects: &Objects,
    request: &str,
) -> std::io::Result<()> {
    let range = request.lines().find_map(|line| line.strip_prefix("range: bytes=")).unwrap();
    let (first, last) = range.split_once('-').unwrap();
    let first: usize = first.parse().unwrap();
    let last = if last.is_empty() { PACK - 1 } else { last.parse::<usize>().unwrap().min(PACK - 1) };
    tokio::time::sleep(objects.delay).await;
    let part = format!("content-range: bytes {first}-{last}/{PACK}\r\n");
    stream.write_all(head("206 Partial Content", last + 1 - first, &part).as_bytes()).await?;
    for piece in objects.pack[first..=last].chunks(PIECE) {
        stream.write_all(piece).await?;
        objects.sent.fetch_add(piece.len() as u64, Relaxed);
    }
    Ok(())
}

fn acceptor(ca_file: &str) -> TlsAcceptor {
    processes::provider();
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(ca_file, ca.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}
