//! Connects to S3.
//!
//! Input: endpoint, roots. Output: a stream whose bytes are counted below TLS. Must not: speak plain text where TLS was
//! asked for, or believe another name than the endpoint's.

use super::{Endpoint, Receive, counted::Counted, records::Records};
use crate::{limits::Limits, stats::Traffic};
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use std::{io, pin::Pin, sync::Arc, time::Duration};
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio_rustls::TlsConnector;
use tower::{Service, ServiceExt};

/// What bytes go over.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Under way.
pub type Dialing = Pin<Box<dyn Future<Output = io::Result<Box<dyn Io>>> + Send>>;

/// Whatever can be connected to: S3 by TCP or TLS, or a test's by memory.
pub trait Dial: Send + Sync {
    /// A new connection.
    fn dial(&self) -> Dialing;
}

/// Read from the socket at a time under TLS: rustls by itself asks for 4 KiB, and so four times for each record.
const TLS_READ: usize = 64 * 1024;

/// S3 by TCP.
pub struct S3Dial {
    tcp: HttpConnector,
    uri: Uri,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    traffic: Arc<Traffic>,
}

impl S3Dial {
    /// To this endpoint, over connections that receive so much, counting into `traffic`.
    pub fn new(
        endpoint: &Endpoint,
        tls: ClientConfig,
        limits: &Limits,
        receive: Receive,
        traffic: Arc<Traffic>,
    ) -> io::Result<Self> {
        let uri = endpoint.uri().map_err(io::Error::other)?;
        let name = endpoint.tls_name().transpose().map_err(io::Error::other)?;
        let tls = name.map(|name| (TlsConnector::from(Arc::new(tls)), name));
        let mut tcp = tcp(limits);
        tcp.set_recv_buffer_size(receive.buffer.and_then(|bytes| usize::try_from(bytes).ok()));
        Ok(Self { tcp, uri, tls, traffic })
    }
}

impl Dial for S3Dial {
    fn dial(&self) -> Dialing {
        let (tcp, uri) = (self.tcp.clone(), self.uri.clone());
        let (tls, traffic) = (self.tls.clone(), Arc::clone(&self.traffic));
        Box::pin(async move {
            let mut tcp = tcp;
            let ready = tcp.ready().await.map_err(io::Error::other)?;
            let stream = ready.call(uri).await.map_err(io::Error::other)?.into_inner();
            let stream = Counted::new(stream, traffic);
            match tls {
                None => Ok(Box::new(stream) as Box<dyn Io>),
                Some((tls, name)) => {
                    let stream = BufReader::with_capacity(TLS_READ, stream);
                    Ok(Box::new(Records(tls.connect(name, stream).await?)) as Box<dyn Io>)
                }
            }
        })
    }
}

/// Tries the addresses of a name as RFC 8305 has it.
pub(super) fn tcp(limits: &Limits) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits.connect));
    tcp.set_keepalive(Some(Duration::from_secs(15)));
    tcp
}
