//! The ways to the server: a client without sockets, and HTTP for other processes.

use super::{
    ApiServer,
    answer::{Body, Broken},
    handle::handle,
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use jiff::fmt::rfc2822::DateTimePrinter;
use kube::Client;
use tokio::net::TcpListener;

/// Who calls over HTTP without a bearer token.
const ANONYMOUS: &str = "anonymous";

impl ApiServer {
    /// A client that calls as `user`, straight into this server.
    pub fn client(&self, user: &str) -> Client {
        let (server, user) = (self.clone(), user.to_owned());
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let (server, user) = (server.clone(), user.clone());
            async move { server.answer(&user, request).await }
        });
        Client::new(service, "default")
    }

    /// Serves HTTP until dropped; a bearer token is taken for the name of the user.
    pub async fn serve(&self, listener: TcpListener) -> std::io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let server = self.clone();
            let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                let server = server.clone();
                async move {
                    let user = user_of(&request);
                    server.answer(&user, request).await
                }
            });
            tokio::spawn(async move {
                // A connection that breaks is the other side's business.
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ended = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    }

    async fn answer<B>(&self, user: &str, request: Request<B>) -> Result<Response<Body>, Broken>
    where
        B: hyper::body::Body<Data = Bytes> + Send,
    {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
        let mut answer = handle(std::sync::Arc::clone(&self.shared), user, &head, body).await?;
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.now()).ok();
        let date = date.and_then(|date| HeaderValue::from_str(&date).ok());
        answer.headers_mut().extend(date.map(|date| (header::DATE, date)));
        Ok(answer)
    }
}

fn user_of<B>(request: &Request<B>) -> String {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or(ANONYMOUS).to_owned()
}
