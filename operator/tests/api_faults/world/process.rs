//! One operator process, as far as it decides and acts: its index, its memory, its reconciler.

use super::OPERATOR;
use crate::{canopy::Canopy, clock::VirtualClock};
use contract::{names::NamespaceName, secret::SecretString};
use fake_apiserver::ApiServer;
use operator::{
    apply::{Applier, Cluster},
    args::Home,
    canopy::CanopyApi,
    lead::Term,
    metrics::Metrics,
    observe::{Index, Inquiry},
    plan::Policy,
    reconcile::{Memory, Reconciler, Why},
    resources::{Images, Passwords, S3, Site},
    tell::{Events, Status},
};
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// Dropped, it is dead at once, whatever it was doing.
pub(crate) struct Process {
    reconciler: Reconciler,
    status: watch::Receiver<Option<Arc<Status>>>,
    _feed: AbortOnDropHandle<()>,
}

fn home() -> NamespaceName {
    "pgro-system".parse().unwrap()
}

fn site(version: &str) -> Site {
    Site {
        version: version.to_owned(),
        home: Home { namespace: home(), service: "pgro-operator".parse().unwrap() },
        images: Images {
            sidecar: "registry.example/pgro:0.1.0".parse().unwrap(),
            kopia: "docker.io/kopia/kopia:0.22.3".parse().unwrap(),
            postgres: "docker.io/library/postgres:{major}".parse().unwrap(),
        },
        s3: S3 { endpoint: None, ca_pem: Some("-----BEGIN CERTIFICATE-----\n".to_owned()) },
        storage_class: None,
        restore_deadline: Duration::from_hours(4),
    }
}

/// Others each time.
fn passwords() -> Passwords {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let password = |role| SecretString::from(format!("canary-{role}-{number}"));
    Passwords { superuser: password("s"), analytics: password("a") }
}

impl Process {
    pub(crate) fn start(
        server: &ApiServer,
        canopy: &Arc<Canopy>,
        clock: &VirtualClock,
        policy: &Policy,
        version: &str,
    ) -> Self {
        let (client, index, term) = (server.client(OPERATOR), Index::default(), Term::without_rival());
        let (followed, watcher) = (index.clone(), client.clone());
        let feed = tokio::spawn(async move { followed.follow(watcher, &home()).await });
        let canopy: Arc<dyn CanopyApi> = Arc::clone(canopy) as _;
        let (shows, status) = watch::channel(None);
        let reconciler = Reconciler {
            index: index.clone(),
            inquiry: Inquiry::new(client.clone()),
            applier: Applier {
                term: term.clone(),
                cluster: Cluster::new(client.clone(), home(), index, term),
                canopy: Arc::clone(&canopy),
                site: Arc::new(site(version)),
                new_passwords: Arc::new(passwords),
            },
            canopy,
            clock: Arc::new(clock.clone()),
            policy: policy.clone(),
            metrics: Metrics::default(),
            events: Events::new(client, None, home()),
            registered: watch::channel(true).1,
            status: shows,
            memory: Memory::default(),
        };
        Self { reconciler, status, _feed: AbortOnDropHandle::new(feed) }
    }

    pub(crate) async fn pass(&mut self, why: Why) -> bool {
        self.reconciler.pass(why).await
    }

    /// `/status.json`.
    pub(crate) fn status(&self) -> Value {
        serde_json::to_value(self.status.borrow().as_deref()).unwrap()
    }
}
