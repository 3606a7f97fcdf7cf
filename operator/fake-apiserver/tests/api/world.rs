//! A server with one namespace, and short words for calls.

use fake_apiserver::ApiServer;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::{Client, client::Body};
use serde_json::{Value, json};

pub(crate) const NOW: &str = "2026-01-01T00:00:00Z";
pub(crate) const MAPS: &str = "/api/v1/namespaces/a/configmaps";
pub(crate) const MAP: &str = "/api/v1/namespaces/a/configmaps/m";

pub(crate) struct World {
    pub(crate) server: ApiServer,
    pub(crate) client: Client,
}

/// An answer read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn reason(&self) -> (u16, &str) {
        (self.code.as_u16(), self.body["reason"].as_str().unwrap_or_default())
    }

    pub(crate) fn revision(&self) -> &str {
        self.body["metadata"]["resourceVersion"].as_str().unwrap()
    }
}

pub(crate) fn world() -> World {
    let server = ApiServer::new(|| NOW.parse().unwrap());
    server
        .put("namespaces", json!({ "metadata": { "name": "a" }, "spec": { "finalizers": ["kubernetes"] } }));
    let client = server.client("tester");
    World { server, client }
}

pub(crate) fn map(name: &str) -> Value {
    json!({ "metadata": { "name": name, "labels": { "of": "test" } }, "data": { "key": "1" } })
}

impl World {
    /// Another one, that begins as this one is now.
    pub(crate) fn fork(&self) -> Self {
        let server = self.server.fork(|| NOW.parse().unwrap());
        let client = server.client("tester");
        Self { server, client }
    }

    pub(crate) async fn raw(&self, request: Request<Body>) -> Response<Body> {
        self.client.send(request).await.unwrap()
    }

    async fn call(&self, method: &str, path: &str, content: &str, body: &Value) -> Answer {
        let text = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder().method(method).uri(path).header("content-type", content);
        let (head, body) = self.raw(request.body(Body::from(text)).unwrap()).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { code: head.status, body: serde_json::from_slice(&bytes).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, "application/json", &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, "application/json", body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, "application/json", body).await
    }

    pub(crate) async fn merge(&self, path: &str, body: &Value) -> Answer {
        self.call("PATCH", path, "application/merge-patch+json", body).await
    }

    pub(crate) async fn apply(&self, path: &str, by: &str, body: &Value) -> Answer {
        let path = format!("{path}?fieldManager={by}");
        self.call("PATCH", &path, "application/apply-patch+yaml", body).await
    }

    pub(crate) async fn apply_by_force(&self, path: &str, by: &str, body: &Value) -> Answer {
        let path = format!("{path}?fieldManager={by}&force=true");
        self.call("PATCH", &path, "application/apply-patch+yaml", body).await
    }

    /// An apply that does not say who applies.
    pub(crate) async fn apply_nameless(&self) -> u16 {
        self.call("PATCH", MAP, "application/apply-patch+yaml", &map("m")).await.code.as_u16()
    }

    pub(crate) async fn delete(&self, path: &str, options: &Value) -> Answer {
        self.call("DELETE", path, "application/json", options).await
    }

    pub(crate) fn mistakes(&self) -> usize {
        self.server.audit(|audit| audit.unexpected().len())
    }
}
