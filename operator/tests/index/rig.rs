//! An API server with some replicas, and an index that follows it.

use contract::names::{NamespaceName, labels};
use fake_apiserver::{ApiServer, Verb};
use operator::{
    model::Observed,
    observe::{Blind, Index, Kind},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Who the operator is to the API server.
const USER: &str = "operator";

const HOME: &str = "pgro-system";

/// Longest time anything is waited for: more than two lists anew. The clock of these tests is driven by the waits.
const DEADLINE: Duration = Duration::from_mins(25);

pub(crate) struct Rig {
    pub(crate) api: ApiServer,
    pub(crate) index: Index,
}

impl Rig {
    pub(crate) fn with_replicas(count: usize) -> Self {
        let api = ApiServer::new(|| "2026-01-01T00:00:00Z".parse().unwrap());
        api.load("namespaces", (0..count).map(namespace));
        Self { api, index: Index::default() }
    }

    /// Begins to follow; ends with the runtime of the test.
    pub(crate) fn follow(&self) {
        let (index, client) = (self.index.clone(), self.api.client(USER));
        tokio::spawn(async move { index.follow(client, &HOME.parse().unwrap()).await });
    }

    pub(crate) fn count(&self, verb: Verb, kind: Kind) -> usize {
        self.api.audit(|audit| audit.count(verb, kind.as_str()))
    }

    pub(crate) fn seen(&self) -> usize {
        self.index.look(|seen| seen.namespaces.len()).unwrap()
    }

    pub(crate) async fn until_watched(&self) {
        self.until("every kind is watched", |_| {
            Kind::ALL.iter().all(|kind| self.count(Verb::Watch, *kind) > 0)
        })
        .await;
    }

    pub(crate) async fn until(&self, what: &str, come: impl Fn(Result<&Observed, Blind>) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let is_come = match self.index.look(|seen| come(Ok(seen))) {
                Ok(is_come) => is_come,
                Err(blind) => come(Err(blind)),
            };
            if is_come {
                return;
            }
            assert!(Instant::now() < deadline, "waited until {what}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

fn name(replica: usize) -> NamespaceName {
    format!("clinic-{replica:08x}").parse().unwrap()
}

pub(crate) fn namespace(replica: usize) -> Value {
    let id = |of: &str| format!("{of}{replica:07x}-0000-0000-0000-000000000000");
    json!({"metadata": {"name": name(replica).as_str(), "labels": {
        labels::MANAGED_BY: labels::MANAGED_BY_VALUE, labels::OWNER: HOME,
        labels::DECLARATION_ID: id("1"), labels::SERVER: id("2"), labels::GROUP: id("3"),
        labels::TYPE: "postgres", labels::INTENT: "verify",
    }}})
}
