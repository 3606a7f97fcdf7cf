//! A server with one namespace, its actors, and a clock that is moved by hand.

use fake_apiserver::{ApiServer, Controllers, Object};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub(crate) struct World {
    pub(crate) server: ApiServer,
    pub(crate) actors: Controllers,
    now: Arc<Mutex<Timestamp>>,
}

pub(crate) fn world() -> World {
    let now = Arc::new(Mutex::new("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()));
    let hands = Arc::clone(&now);
    let server = ApiServer::new(move || *hands.lock().unwrap());
    let actors = Controllers::new(&server);
    let world = World { server, actors, now };
    world.create(
        "namespaces",
        json!({ "metadata": { "name": "a" }, "spec": { "finalizers": ["kubernetes"] } }),
    );
    world
}

pub(crate) fn job(spec: &Value) -> Value {
    let mut job = json!({ "metadata": { "name": "j", "namespace": "a" }, "spec": { "backoffLimit": 0,
        "template": { "metadata": { "labels": { "of": "j" } },
            "spec": { "restartPolicy": "Never", "containers": [{ "name": "main" }] } } } });
    for (key, value) in spec.as_object().unwrap() {
        job["spec"][key] = value.clone();
    }
    job
}

impl World {
    pub(crate) fn create(&self, resource: &str, value: Value) -> Arc<Object> {
        self.server.put(resource, value)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn job(&self) -> Arc<Object> {
        self.server.get("jobs", "a", "j").unwrap()
    }

    pub(crate) fn pods(&self) -> Vec<Arc<Object>> {
        self.server.list("pods", "a")
    }

    /// The condition of the Job that is true and ends it, with its reason.
    pub(crate) fn ending(&self) -> Option<(String, String)> {
        let job = self.job();
        let conditions = job["status"]["conditions"].as_array()?.clone();
        let last = conditions.last()?;
        Some((last["type"].as_str()?.to_owned(), last["reason"].as_str()?.to_owned()))
    }
}
