//! Two operators before one API server: `new` leads; `old` led, and one of its writes is still on its way.

use crate::{
    apply::{Applied, Applier, ApplyError, Cluster},
    args::LeaseTimes,
    canopy::{CanopyApi, Result, Worklist},
    lead::Term,
    model::Owner,
    observe::Index,
    plan::Step,
    resources::{Passwords, fixtures},
};
use contract::{
    canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification},
    names::NamespaceName,
    secret::SecretString,
};
use fake_apiserver::{ApiServer, Controllers, KINDS};
use futures::future::{BoxFuture, ready};
use http::{Method, Request};
use jiff::Timestamp;
use kube::{Client, client::Body};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, advance},
};

/// Everything there is, by kind and name, but for the revision it has.
pub(super) type Scene = BTreeMap<String, Value>;

/// The way of `old` to the API server, on which one write gets stuck.
#[derive(Default)]
struct Way {
    writes: AtomicUsize,
    stuck: Notify,
    free: Notify,
    arrived: Notify,
}

pub(super) struct Stage {
    server: ApiServer,
    pub(super) new: Applier,
}

/// A Canopy that gives credentials.
struct Giving;

impl CanopyApi for Giving {
    fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        let credentials = json!({ "Version": 1, "AccessKeyId": "a", "SecretAccessKey": "s",
            "SessionToken": "t", "Expiration": "2030-01-01T00:00:00Z" });
        let answer = json!({ "repo_password": "p", "credentials": credentials });
        Box::pin(ready(Ok(serde_json::from_value(answer).unwrap())))
    }
    fn register<'a>(&'a self, _: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        unreachable!("steps register nothing")
    }
    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        unreachable!("steps ask for no worklist")
    }
    fn report<'a>(&'a self, _: &'a Verification) -> BoxFuture<'a, Result<()>> {
        unreachable!("no report is sent here")
    }
}

/// One that makes other passwords each time.
fn applier(client: Client, term: Term) -> Applier {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let password = || SecretString::from(format!("password {}", MADE.fetch_add(1, SeqCst)));
    Applier {
        term: term.clone(),
        cluster: Cluster::new(client, "pgro-system".parse().unwrap(), Index::default(), term),
        canopy: Arc::new(Giving),
        site: Arc::new(fixtures::site()),
        new_passwords: Arc::new(move || Passwords { superuser: password(), analytics: password() }),
    }
}

/// The client of `old`: its write number `nth` is sent, and comes through when the way is free.
fn on_its_way(server: &ApiServer, way: &Arc<Way>, nth: usize) -> Client {
    let (inner, way) = (server.client("old"), Arc::clone(way));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (inner, way) = (inner.clone(), Arc::clone(&way));
        let sticks = *request.method() != Method::GET && way.writes.fetch_add(1, SeqCst) == nth;
        // On its own task: whoever gives up waiting for the answer does not take back what was sent.
        let sent = tokio::spawn(async move {
            if sticks {
                way.stuck.notify_one();
                way.free.notified().await;
            }
            let answer = inner.send(request).await;
            if sticks {
                way.arrived.notify_one();
            }
            answer
        });
        async move { sent.await.unwrap() }
    });
    Client::new(service, "default")
}

impl Stage {
    /// A cluster in which `steps` were taken.
    pub(super) async fn after(steps: &[Step]) -> Self {
        let server = ApiServer::new(|| Timestamp::UNIX_EPOCH);
        let new = applier(server.client("new"), Term::without_rival());
        let stage = Self { server, new };
        for step in steps {
            stage.take(step).await;
        }
        stage
    }

    pub(super) async fn take(&self, step: &Step) {
        assert_eq!(self.new.take(&self.decided(step)).await.unwrap(), Applied::Done, "{}", step.name());
    }

    /// `step` as it is decided on the namespace as it is now.
    pub(super) fn decided(&self, step: &Step) -> Step {
        match step {
            Step::Serve { order, .. } => {
                Step::Serve { order: order.clone(), owner: self.owner(&order.namespace) }
            }
            step => step.clone(),
        }
    }

    /// The namespace is removed with all that is in it, as by hand.
    pub(super) fn wipe(&self, namespace: &NamespaceName) {
        for kind in &KINDS {
            for object in self.server.list(kind.resource, namespace.as_str()) {
                let name = object["metadata"]["name"].as_str().unwrap();
                self.server.remove(kind.resource, namespace.as_str(), name);
            }
        }
        self.server.remove("namespaces", "", namespace.as_str());
    }

    /// An object of the namespace as it is.
    pub(super) fn object(&self, resource: &str, namespace: &NamespaceName, name: &str) -> Option<Value> {
        self.server.get(resource, namespace.as_str(), name).map(|object| (**object).clone())
    }

    /// What outlives runs is not as it should be, so that a run writes to it.
    pub(super) fn spoil(&self, namespace: &NamespaceName) {
        for kind in ["networkpolicies", "serviceaccounts"] {
            for object in self.server.list(kind, namespace.as_str()) {
                self.server.edit(kind, namespace.as_str(), object.name(), |value| {
                    value["metadata"]["labels"]["app.kubernetes.io/version"] = json!("spoilt");
                });
            }
        }
    }

    /// An object is removed, as by hand.
    pub(super) fn remove(&self, resource: &str, namespace: &NamespaceName, name: &str) {
        self.server.remove(resource, namespace.as_str(), name);
    }

    /// A person, or an older version, has made it otherwise.
    pub(super) fn edit(
        &self,
        resource: &str,
        namespace: &NamespaceName,
        name: &str,
        edit: impl FnOnce(&mut Value),
    ) {
        assert!(self.server.edit(resource, namespace.as_str(), name, edit).is_some());
    }

    /// The cluster's own controllers do all they have to do.
    pub(super) fn settle(&self) {
        Controllers::new(&self.server).settle();
    }

    /// The namespace as `old` has read it.
    pub(super) fn owner(&self, namespace: &NamespaceName) -> Owner {
        let found = self.server.get("namespaces", "", namespace.as_str()).unwrap();
        let text = |key: &str| found["metadata"][key].as_str().unwrap().to_owned();
        Owner { uid: text("uid"), resource_version: text("resourceVersion") }
    }

    /// `old` takes `step`, and stands still once write number `nth` is on its way; for an hour `new` leads and does
    /// `meanwhile`; then the write arrives. What there was before it, what there is after it, what `old` makes of it.
    /// None if the step has no such write.
    pub(super) async fn late(
        &self,
        step: Step,
        nth: usize,
        meanwhile: impl AsyncFnOnce(&Self),
    ) -> Option<(Scene, Scene, std::result::Result<Applied, ApplyError>)> {
        let times = LeaseTimes {
            duration: Duration::from_secs(15),
            renew: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        };
        let way = Arc::<Way>::default();
        let step = self.decided(&step);
        let old = applier(on_its_way(&self.server, &way, nth), Term::won(Instant::now(), times));
        let taking = tokio::spawn(async move { old.take(&step).await });
        tokio::select! {
            () = way.stuck.notified() => {}
            () = async { while !taking.is_finished() { tokio::task::yield_now().await } } => return None,
        }
        meanwhile(self).await;
        let before = self.scene();
        advance(Duration::from_hours(1)).await;
        way.free.notify_one();
        way.arrived.notified().await;
        let outcome = taking.await.unwrap();
        assert_eq!(way.writes.load(SeqCst), nth + 1, "nothing more is sent");
        Some((before, self.scene(), outcome))
    }

    pub(super) fn scene(&self) -> Scene {
        let all = KINDS.iter().flat_map(|kind| {
            let named = move |object: Arc<fake_apiserver::Object>| {
                let mut value: Value = (**object).clone();
                let metadata = value["metadata"].as_object_mut().unwrap();
                metadata.remove("resourceVersion");
                metadata.remove("managedFields");
                let name = format!("{} {}", kind.resource, metadata["name"].as_str().unwrap());
                (name, value)
            };
            self.server.list(kind.resource, "").into_iter().map(named)
        });
        all.collect()
    }
}

/// The names of what is in `after` and was not in `before`; all else must be the same.
pub(super) fn added(before: &Scene, after: &Scene) -> Vec<String> {
    for (name, value) in before {
        assert_eq!(Some(value), after.get(name), "{name}");
    }
    after.keys().filter(|name| !before.contains_key(*name)).cloned().collect()
}
