//! What a proxy made of stock parts costs: hyper on both sides, hyper-rustls above TCP. It neither signs nor mends.

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use std::path::Path;

type Upstream = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// Relays to the scheme and host of `url`.
pub(crate) async fn relay(url: String, ca: Option<&str>) {
    let upstream = upstream(ca.map(Path::new));
    let listener = proxy::listen::bind(None).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (upstream, url) = (upstream.clone(), url.clone());
        let service = service_fn(move |request| passed_on(upstream.clone(), url.clone(), request));
        // A client that goes away ends this, which is all that matters here.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn passed_on(
    upstream: Upstream,
    url: String,
    request: Request<Incoming>,
) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
    let target = format!("{}{}", url.trim_end_matches('/'), request.uri().path());
    let mut passed = Request::get(target).body(Empty::new()).unwrap();
    passed.headers_mut().extend(request.headers().clone());
    passed.headers_mut().remove("host");
    upstream.request(passed).await
}

fn upstream(ca: Option<&Path>) -> Upstream {
    crate::processes::provider();
    let tls = proxy::upstream::roots::client_config(ca, ca.is_some()).unwrap();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    Client::builder(TokioExecutor::new()).build(connector)
}
