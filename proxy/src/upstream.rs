//! The way to S3: one host, pooled connections, counted bytes.
//!
//! Input: endpoint, extra roots, limits. Output: an HTTP client. Must not: follow redirects, use a proxy from the
//! environment, decompress, or fall back from TLS to plain text.

pub mod counted;
pub mod endpoint;
pub mod roots;

pub use endpoint::{Endpoint, EndpointError};

use crate::{limits::Limits, post::PostClient, stats::Traffic};
use bytes::Bytes;
use counted::CountingConnector;
use http::Request;
use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client, ResponseFuture,
        connect::{Connect, HttpConnector},
    },
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use std::{sync::Arc, time::Duration};

/// The client for S3.
pub type S3Client = Client<HttpsConnector<CountingConnector>, Empty<Bytes>>;

/// Whatever can be asked: S3 by TCP or TLS, or a test's by memory.
pub trait Upstream: Send + Sync {
    /// Sends one request as it is.
    fn send(&self, request: Request<Empty<Bytes>>) -> ResponseFuture;
}

impl<C: Connect + Clone + Send + Sync + 'static> Upstream for Client<C, Empty<Bytes>> {
    fn send(&self, request: Request<Empty<Bytes>>) -> ResponseFuture {
        self.request(request)
    }
}

/// S3 closes idle connections after some 20 s; reusing one that is about to go costs a retry.
const POOL_IDLE: Duration = Duration::from_secs(15);
/// Read buffer of one connection, of which up to three are filled while a reader stalls: large enough for bulk, small
/// enough for 256 such readers in 64 MiB.
const READ_BUFFER: usize = 32 * 1024;

/// A client for S3 that counts what goes over its sockets.
pub fn s3_client(tls: ClientConfig, limits: &Limits, traffic: Arc<Traffic>) -> S3Client {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(CountingConnector::new(tcp(limits), traffic));
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(limits.connections)
        .http1_max_buf_size(READ_BUFFER)
        .build(connector)
}

/// A client for the operator's two endpoints; its bytes are nobody's business.
pub fn post_client(tls: ClientConfig, limits: &Limits) -> PostClient {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp(limits));
    // One call a few times an hour: a kept connection would only be found dead.
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector)
}

fn tcp(limits: &Limits) -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits.connect));
    tcp.set_keepalive(Some(Duration::from_secs(15)));
    tcp
}
