//! The way to S3: one host, pooled connections, counted bytes.
//!
//! Input: endpoint, roots, limits. Output: connections that are asked one request at a time. Must not: follow
//! redirects, use a proxy from the environment, decompress, or fall back from TLS to plain text.

pub mod body;
pub mod connection;
pub mod counted;
pub mod dial;
pub mod endpoint;
pub mod pool;
pub mod receive;
pub mod records;
pub mod roots;

pub use body::{Body, BodyError};
pub use connection::{AskError, Connection};
pub use dial::{Dial, Io, S3Dial};
pub use endpoint::{Endpoint, EndpointError};
pub use pool::Pool;
pub use receive::Receive;

use crate::{limits::Limits, post::PostClient};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rustls::ClientConfig;

/// A client for the operator's two endpoints; its bytes are nobody's business.
pub fn post_client(tls: ClientConfig, limits: &Limits) -> PostClient {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(dial::tcp(limits));
    // One call a few times an hour: a kept connection would only be found dead.
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector)
}
