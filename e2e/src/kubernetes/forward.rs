//! A call of a pod's port over HTTP, through the API server.

use anyhow::{Context, Result};
use bytes::Bytes;
use contract::secret::{ExposeSecret, SecretString};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, ResourceExt};
use serde_json::Value;

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null where it is no JSON.
    pub body: Value,
}

/// `POST` of a JSON body to `path` at `port` of `pod`, with a bearer token where there is one.
pub async fn post(
    client: &Client,
    pod: &Pod,
    (port, path): (u16, &str),
    token: Option<&SecretString>,
    body: &Value,
) -> Result<Answer> {
    let request = http::Request::post(path).header("content-type", "application/json");
    let request = token.into_iter().fold(request, |request, token| {
        request.header("authorization", format!("Bearer {}", token.expose_secret()))
    });
    send(client, pod, port, request.header("host", "pgro").body(Full::new(Bytes::from(body.to_string())))?)
        .await
}

/// `GET` of `path` at `port` of `pod`.
pub async fn get(client: &Client, pod: &Pod, (port, path): (u16, &str)) -> Result<Answer> {
    send(client, pod, port, http::Request::get(path).header("host", "pgro").body(Full::default())?).await
}

async fn send(client: &Client, pod: &Pod, port: u16, request: http::Request<Full<Bytes>>) -> Result<Answer> {
    let namespace = pod.namespace().context("a pod has a namespace")?;
    let api = Api::<Pod>::namespaced(client.clone(), &namespace);
    let mut forward = api.portforward(&pod.name_any(), &[port]).await.context("failed to forward a port")?;
    let stream = forward.take_stream(port).context("the forwarded port has no stream")?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let answered = async {
        let answer = sender.send_request(request).await.context("the forwarded port gave no answer")?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    };
    tokio::select! {
        answer = answered => answer,
        Err(error) = connection => Err(error).context("the forwarded connection broke"),
    }
}
