//! Clients of the proxy: one that speaks HTTP, one that sends whatever bytes it is given.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::{Response, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// For anything on loopback, on a machine that may stand still for a while; a test that waits longer has found a hang.
pub(crate) const SOON: Duration = Duration::from_mins(2);

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, or how it broke off.
    pub(crate) body: Result<Bytes, hyper::Error>,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.as_ref().expect("a whole body").to_vec()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// One request on a connection of its own; the body is not yet read.
pub(crate) async fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> Response<Incoming> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(target).header("host", "dummy");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    timeout(SOON, sender.send_request(request)).await.expect("an answer").unwrap()
}

/// One request, and its whole answer.
pub(crate) async fn fetch(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)]) -> Got {
    let (head, body) = send(address, method, target, headers).await.into_parts();
    let body = timeout(SOON, body.collect())
        .await
        .expect("an end of the body")
        .map(http_body_util::Collected::to_bytes);
    Got { status: head.status, headers: head.headers, body }
}

/// Sends bytes and reads to the end: what came back, or nothing where the connection was closed or reset.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8], patience: Duration) -> Result<String, Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let conversation = async {
        // A server that has seen enough may close before all is sent.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _: io::Result<usize> = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    timeout(patience, conversation).await.map_err(|_| patience)
}
