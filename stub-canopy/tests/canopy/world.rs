//! The DSL of these tests: a stub, calls on it as a client or as a test, and samples of what is sent.

use contract::ids::{GroupId, ReplicaId, ServerId};
use http::Method;
use serde_json::{Value, json};
use std::ops::Deref;
use stub_canopy::{Config, Handle, StubCanopy, use_ring};
use uuid::Uuid;

/// The four endpoints with a body each of them takes, and what it answers to a client that does everything right.
pub(crate) fn correct_calls() -> [(Method, &'static str, Value, u16); 4] {
    [
        (Method::POST, "/restore-capabilities", advertisement(), 204),
        (Method::GET, "/restore-worklist", Value::Null, 200),
        (Method::POST, "/restore-credentials", request(), 200),
        (Method::POST, "/restore-verification", report(), 204),
    ]
}

/// Names of the four endpoints in faults, in the order of [`correct_calls`].
pub(crate) const ENDPOINTS: [&str; 4] = ["capabilities", "worklist", "credentials", "verification"];

pub(crate) const GROUP: u128 = 100;

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn replica(n: u128) -> ReplicaId {
    ReplicaId(id(n))
}

pub(crate) fn server(n: u128) -> ServerId {
    ServerId(id(n))
}

pub(crate) fn group(n: u128) -> GroupId {
    GroupId(id(n))
}

/// An entry of group [`GROUP`] for this declaration and server.
pub(crate) fn entry(replica: u128, server: u128) -> Value {
    json!({
        "replica_id": id(replica), "group_id": id(GROUP), "server_id": id(server), "type": "tamanu-postgres",
        "intent": "verify", "name": "Clinic A", "freshness_seconds": 86400,
        "snapshot_id": "0123456789abcdef0123456789abcdef", "snapshot_at": "2026-01-02T03:04:05Z",
        "storage": "s3", "bucket": "backups", "prefix": "a/", "region": "us-east-1",
    })
}

pub(crate) fn advertisement() -> Value {
    json!({"intents": ["verify", "analytics", "disaster-recovery"]})
}

pub(crate) fn request() -> Value {
    json!({"group": id(GROUP), "type": "tamanu-postgres"})
}

/// A report about `entry(1, 2)`.
pub(crate) fn report() -> Value {
    json!({
        "replica_id": id(1), "server_id": id(2), "group": id(GROUP), "type": "tamanu-postgres",
        "intent": "verify", "outcome": "success", "replica_healthy": true, "observed_at": "2026-01-02T04:00:00Z",
    })
}

/// A value like `base` but for one field; null takes it away.
pub(crate) fn with(mut base: Value, field: &str, value: Value) -> Value {
    match value {
        Value::Null => drop(base.as_object_mut().unwrap().remove(field)),
        value => base[field] = value,
    }
    base
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// Asserts that it is a problem document with this status.
    pub(crate) fn assert_problem(&self, status: u16) {
        assert_eq!(
            (self.status, self.content_type.as_str()),
            (status, "application/problem+json"),
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["type"].is_string() && problem["title"].is_string(), "{problem}");
    }
}

/// A stub, and a client.
pub(crate) struct World {
    pub(crate) canopy: Handle,
    http: reqwest::Client,
}

impl Deref for World {
    type Target = Handle;
    fn deref(&self) -> &Handle {
        &self.canopy
    }
}

impl World {
    /// A stub with `entry(1, 2)` that every intent was advertised to.
    pub(crate) async fn start() -> Self {
        let world = Self::with(Config::loopback()).await;
        world.control().put_entry(&entry(1, 2)).await.unwrap();
        world.post("/restore-capabilities", &advertisement()).await;
        world.control().clear_ledger().await.unwrap();
        world
    }

    pub(crate) async fn with(config: Config) -> Self {
        use_ring();
        Self { canopy: StubCanopy::start(config).await.unwrap(), http: reqwest::Client::new() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url().as_str().trim_end_matches('/'))
    }

    /// A call with headers and body as given.
    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: String,
    ) -> Result<Reply, reqwest::Error> {
        let mut request = self.http.request(method, self.url(path)).body(body);
        if let Some(version) = version {
            request = request.header("X-Version", version);
        }
        read(request.send().await?).await
    }

    /// A call of a correct client.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.try_send(method, path, Some("0.1.0"), body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, body).await
    }

    /// A call of the test itself, as anything that speaks HTTP would make it.
    pub(crate) async fn script(&self, method: Method, path: &str, body: &str) -> Reply {
        self.try_send(method, &format!("/_control{path}"), None, body.to_owned()).await.unwrap()
    }

    pub(crate) async fn order_fault(&self, fault: Value) {
        let reply = self.script(Method::POST, "/faults", &fault.to_string()).await;
        assert_eq!(reply.status, 204, "{reply:?}");
    }

    pub(crate) async fn ledger(&self) -> Value {
        self.script(Method::GET, "/ledger", "").await.json()
    }
}

pub(crate) async fn read(response: reqwest::Response) -> Result<Reply, reqwest::Error> {
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap());
    Ok(Reply { status, content_type: content_type.to_owned(), text: response.text().await? })
}
