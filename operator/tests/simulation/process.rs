//! One operator as it runs: its tasks, on a client of its own, until it ends or is killed.

use crate::{canopy::SimCanopy, dice::Dice};
use axum::Router;
use contract::secret::SecretString;
use fake_apiserver::ApiServer;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use operator::{
    apply::{Applier, Cluster},
    args::{Home, LeaseTimes},
    broker::{self, Broker, KubeReviewer, KubeStatsSink},
    canopy::{CanopyApi, register_until_done},
    clock::Clock,
    lead::{Elector, LeaseKeeper, Term, Told, campaign},
    metrics::Metrics,
    observe::{Index, Inquiry},
    plan::{Policy, TeardownPolicy},
    reconcile::{Memory, Reconciler, Why},
    resources::{Images, Passwords, S3, Site},
    task::{self, Interval, Pass},
    tell::{Events, Status},
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// How often an operator asks for the worklist: often, so that an hour shows much.
const INTERVAL: Interval = Interval { every: Duration::from_secs(10), jitter: 0.2 };

/// As in production, but for the pauses between tries.
const LEASE: LeaseTimes = LeaseTimes {
    duration: Duration::from_secs(15),
    renew: Duration::from_secs(10),
    retry: Duration::from_secs(2),
};

/// What all operators of a world share.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) server: ApiServer,
    pub(crate) canopy: Arc<SimCanopy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Dice,
}

/// A process.
pub(crate) struct Process {
    /// What its broker serves, whether it leads or not.
    pub(crate) broker: Router,
    /// `/status.json`, and whether it has been looked at.
    status: watch::Receiver<Option<Arc<Status>>>,
    tasks: JoinSet<()>,
    shutdown: CancellationToken,
    killed: CancellationToken,
}

impl Process {
    /// Starts one that calls the API server as `user`, and campaigns under that name.
    pub(crate) fn start(around: &Surroundings, user: &str) -> Self {
        let (mut tasks, shutdown, killed) =
            (JoinSet::new(), CancellationToken::new(), CancellationToken::new());
        let (shows, status) = watch::channel(None);
        let office = Office {
            client: around.server.client(user),
            canopy: around.canopy.client(&around.clock),
            index: Index::default(),
            around: around.clone(),
            shows,
        };
        let broker = office.broker();
        let (seen, watching) = (office.index.clone(), office.client.clone());
        tasks.spawn(async move { seen.follow(watching, &site().home.namespace).await });
        let (elector, until, dying) = (office.elector(user), shutdown.clone(), killed.clone());
        tasks.spawn(async move {
            let work = |term: Term| -> BoxFuture<'static, ()> {
                let (work, dying) = (office.clone().lead(term), dying.clone());
                Box::pin(async move { dying.run_until_cancelled(work).await.unwrap_or_default() })
            };
            campaign(elector, work, until).await;
        });
        Self { broker, status, tasks, shutdown, killed }
    }

    /// Told to end, it lets go of the Lease; what still runs then dies.
    pub(crate) async fn end(mut self) {
        self.shutdown.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(30), self.tasks.join_next()).await;
        drop(ended);
        self.die().await;
    }

    /// Killed, in the middle of whatever it does.
    pub(crate) async fn die(mut self) {
        self.killed.cancel();
        self.tasks.shutdown().await;
    }

    /// Its status, where it shows another than when it was last asked.
    pub(crate) fn news(&mut self) -> Option<Value> {
        let is_new = self.status.has_changed().unwrap_or(false);
        is_new.then(|| serde_json::to_value(self.status.borrow_and_update().as_deref()).unwrap())
    }

    /// What it should never do by itself.
    pub(crate) fn has_broken_off(&mut self) -> bool {
        self.tasks.try_join_next().is_some()
    }
}

/// What stays the same from term to term, as the operator puts it together.
#[derive(Clone)]
struct Office {
    around: Surroundings,
    client: kube::Client,
    canopy: Arc<dyn CanopyApi>,
    index: Index,
    shows: watch::Sender<Option<Arc<Status>>>,
}

impl Office {
    fn elector(&self, name: &str) -> Elector {
        let keeper = LeaseKeeper::new(self.client.clone(), &site().home.namespace);
        let told = Told { leadership: watch::Sender::default(), metrics: Metrics::default() };
        let (clock, dice) = (Arc::clone(&self.around.clock), self.around.dice.clone());
        Elector::new(keeper, name.to_owned(), LEASE, clock, move || dice.share(), told)
    }

    fn broker(&self) -> Router {
        broker::router(Broker::new(
            site().home.namespace,
            Arc::clone(&self.canopy),
            Arc::new(KubeReviewer::new(self.client.clone())),
            Arc::new(KubeStatsSink::new(self.client.clone())),
            Arc::clone(&self.around.clock),
            Metrics::default(),
            false,
        ))
    }

    /// What a leader does.
    async fn lead(self, term: Term) {
        self.shows.send_replace(None);
        let stop = term.stopping().clone();
        let (registered, is_registered) = watch::channel(false);
        let (wake, dice) = (self.index.changed(), self.around.dice.clone());
        let passes = Passes(self.reconciler(term, is_registered));
        tokio::join!(
            register_until_done(Arc::clone(&self.canopy), registered, stop.clone()),
            task::run(passes, INTERVAL, move || dice.share(), wake, stop),
        );
    }

    fn reconciler(&self, term: Term, registered: watch::Receiver<bool>) -> Reconciler {
        let (client, site, server) = (self.client.clone(), Arc::new(site()), self.around.server.clone());
        let home = site.home.namespace.clone();
        Reconciler {
            applier: Applier {
                term: term.clone(),
                cluster: Cluster::new(client.clone(), home.clone(), self.index.clone(), term),
                canopy: Arc::clone(&self.canopy),
                new_passwords: Arc::new(move || passwords(server.revision())),
                site,
            },
            index: self.index.clone(),
            inquiry: Inquiry::new(self.client.clone()),
            canopy: Arc::clone(&self.canopy),
            clock: Arc::clone(&self.around.clock),
            policy: policy(),
            metrics: Metrics::default(),
            events: Events::new(client, None, home),
            registered,
            status: self.shows.clone(),
            memory: Memory::default(),
        }
    }
}

struct Passes(Reconciler);

impl Pass for Passes {
    fn pass(&mut self, why: Why) -> BoxFuture<'_, bool> {
        Box::pin(self.0.pass(why))
    }
}

/// Others each time.
fn passwords(revision: u64) -> Passwords {
    let secret = |role| SecretString::from(format!("{}-{role}-{revision}", crate::canopy::CANARY));
    Passwords { superuser: secret("superuser"), analytics: secret("analytics") }
}

/// Shorter than in production, so that an hour shows much.
pub(crate) fn policy() -> Policy {
    Policy {
        max_concurrent_restores: 4,
        start_deadline: SignedDuration::from_mins(1),
        restore_deadline: SignedDuration::from_mins(3),
        verify_deadline: SignedDuration::from_mins(3),
        retry_base: SignedDuration::from_secs(5),
        retry_max: SignedDuration::from_secs(40),
        sizing_deadline: SignedDuration::from_mins(1),
        switch_deadline: SignedDuration::from_mins(1),
        outage_retry_max: SignedDuration::from_secs(40),
        probe_pause: SignedDuration::from_secs(10),
        drain: SignedDuration::from_secs(10),
        refresh_min: SignedDuration::from_secs(10),
        report_patience: SignedDuration::from_mins(2),
        teardown: TeardownPolicy {
            min: SignedDuration::from_secs(40),
            hold: SignedDuration::from_mins(4),
            window: SignedDuration::from_mins(1),
            ..TeardownPolicy::default()
        },
        ..Policy::default()
    }
}

fn site() -> Site {
    Site {
        version: "0.1.0".to_owned(),
        home: Home { namespace: "pgro-system".parse().unwrap(), service: "pgro-operator".parse().unwrap() },
        images: Images {
            sidecar: "registry.example/pgro:0.1.0".parse().unwrap(),
            kopia: "docker.io/kopia/kopia:0.22.3".parse().unwrap(),
            postgres: "docker.io/library/postgres:{major}".parse().unwrap(),
        },
        s3: S3::default(),
        storage_class: None,
        restore_deadline: Duration::from_mins(3),
    }
}
