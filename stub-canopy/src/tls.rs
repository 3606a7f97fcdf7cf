//! TLS of the stub: its certificate, and the device certificate the four endpoints ask for.
//!
//! Input: a [`TlsConfig`], an accepted TCP connection. Output: a TLS stream and who is at its other end.
//! Must not: refuse a caller for its certificate; that is said in HTTP, where the caller can read it and the ledger
//! shows it.

mod device;
mod handshake;

pub use device::{EnrolError, Enrolled};

use crate::{clock::Clock, config::TlsConfig, connection::Peer};
use rustls::{ServerConfig, crypto::ring, server::WebPkiClientVerifier};
use std::{io, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A handshake is two round trips; who needs longer is not coming.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Makes ring the crypto provider of this process, unless one was chosen already.
///
/// `reqwest` looks there; a test that starts a stub has no `main` of ours to have done it.
pub fn use_ring() {
    let _chosen_already = ring::default_provider().install_default();
}

/// The TLS side of the listener.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    device: Option<Enrolled>,
    clock: Clock,
}

impl Tls {
    pub(crate) fn new(config: TlsConfig, clock: Clock) -> Result<Self, rustls::Error> {
        let TlsConfig { chain, key, device } = config;
        let provider = Arc::new(ring::default_provider());
        let verifier = match &device {
            None => WebPkiClientVerifier::no_client_auth(),
            Some(_) => Arc::new(handshake::AnyCertificate::new(&provider)),
        };
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(server)), device, clock })
    }

    /// The handshake, and who came out of it.
    pub(crate) async fn accept(&self, tcp: TcpStream) -> io::Result<(TlsStream<TcpStream>, Peer)> {
        let stream = tokio::time::timeout(HANDSHAKE_DEADLINE, self.acceptor.accept(tcp)).await??;
        let peer = self.peer(stream.get_ref().1.peer_certificates().and_then(<[_]>::first));
        Ok((stream, peer))
    }

    fn peer(&self, shown: Option<&rustls_pki_types::CertificateDer<'_>>) -> Peer {
        match (&self.device, shown) {
            (None, _) => Peer::NotAsked,
            (Some(_), None) => Peer::Anonymous,
            (Some(device), Some(shown)) => {
                let judged = device.judge(shown, (self.clock)());
                judged.map_or_else(|stranger| Peer::Stranger(stranger.to_string()), |()| Peer::Device)
            }
        }
    }
}
