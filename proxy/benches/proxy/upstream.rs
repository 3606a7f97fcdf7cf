//! An S3 that believes everyone and costs next to nothing.

use crate::processes::{self, Middle};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

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

    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://localhost:{}/", self.address.port())
    }
}

pub(crate) async fn serve(ca: Option<&str>) {
    let acceptor = ca.map(acceptor);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let (small, large) = (answer(4 << 10), answer(20 << 20));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (acceptor, small, large) = (acceptor.clone(), Arc::clone(&small), Arc::clone(&large));
        tokio::spawn(async move {
            match acceptor {
                None => converse(stream, &small, &large).await,
                Some(acceptor) => converse(acceptor.accept(stream).await.unwrap(), &small, &large).await,
            }
        });
    }
}

fn answer(bytes: usize) -> Arc<[u8]> {
    let head = format!(
        "HTTP/1.1 200 OK\r\netag: \"5d41402abc4b2a76b9719d911017c592\"\r\nlast-modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n\
         x-amz-request-id: 4442587FB7D0A2F9\r\ncontent-type: binary/octet-stream\r\ncontent-length: {bytes}\r\n\r\n"
    );
    [head.into_bytes(), vec![7; bytes]].concat().into()
}

async fn converse(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin, small: &[u8], large: &[u8]) {
    let (mut buffer, mut filled) = (vec![0; 16 << 10], 0);
    while let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await {
        filled += read;
        if !buffer[..filled].ends_with(b"\r\n\r\n") {
            continue;
        }
        let answer = if buffer.starts_with(b"GET /bucket/small") { small } else { large };
        filled = 0;
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
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
