//! A small HTTP/1.1 server around one async function; tests script what it answers.

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::{Request, Response, body::Frame, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};

/// A body that may break off.
pub(crate) type FakeBody = UnsyncBoxBody<Bytes, std::io::Error>;

/// A body given piece by piece; dropping the sender ends it, sending an error breaks it off.
pub(crate) fn piecewise() -> (mpsc::Sender<std::io::Result<Bytes>>, FakeBody) {
    let (sender, mut receiver) = mpsc::channel::<std::io::Result<Bytes>>(1);
    let stream = futures_of(move |cx| receiver.poll_recv(cx));
    (sender, StreamBody::new(stream).boxed_unsync())
}

fn futures_of(
    mut poll: impl FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<std::io::Result<Bytes>>> + Unpin,
) -> impl futures::Stream<Item = std::io::Result<Frame<Bytes>>> {
    futures::stream::poll_fn(move |cx| poll(cx).map(|piece| piece.map(|piece| piece.map(Frame::data))))
}

/// A body of known bytes.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> FakeBody {
    http_body_util::Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Serves until dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves plain HTTP with `answer`.
pub(crate) async fn serve<F, A>(answer: F) -> Served
where
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<FakeBody>> + Send + 'static,
{
    serve_over(answer, |stream| async move { Some(stream) }).await
}

/// Serves with `answer` over whatever `wrap` makes of a TCP stream.
pub(crate) async fn serve_over<F, A, W, S, T>(answer: F, wrap: W) -> Served
where
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Response<FakeBody>> + Send + 'static,
    W: Fn(TcpStream) -> S + Send + Sync + 'static,
    S: Future<Output = Option<T>> + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (answer, wrap) = (Arc::new(answer), Arc::new(wrap));
    let task = tokio::spawn(async move {
        loop {
            // Out of files for a moment, as beside a test with hundreds of connections, is no end of service.
            let Ok((stream, _)) = listener.accept().await else {
                tokio::task::yield_now().await;
                continue;
            };
            let (answer, wrap) = (Arc::clone(&answer), Arc::clone(&wrap));
            tokio::spawn(async move {
                let Some(stream) = wrap(stream).await else { return };
                let service = service_fn(move |request| {
                    let answering = answer(request);
                    async move { Ok::<_, Infallible>(answering.await) }
                });
                // A peer that goes away ends this connection, which is all that matters here.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Served { address, task }
}
