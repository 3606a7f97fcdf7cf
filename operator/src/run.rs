//! Puts the parts together and runs them until the process is told to end.
//!
//! Input: settings. Output: an error if the start fails, nothing after an orderly end. This is the one place that
//! knows every part; no part knows this place.

mod office;
mod policy;
mod site;

use crate::{
    admin::{self, Admin, Pulse},
    args::{CanopySettings, Listen, Settings},
    broker::{self, Broker, KubeReviewer, KubeStatsSink},
    canopy::{CanopyApi, HttpCanopy, IdentitySource, PacedCanopy, SecretIdentity},
    clock::{Clock, ClusterClock, SteadyClock, SystemClock},
    lead::{Elector, Leadership, LeaseError, LeaseKeeper, Told, campaign},
    metrics::Metrics,
    observe::Index,
    serve::{self, BindError},
    task::Interval,
    tell::Status,
};
use axum::Router;
use contract::names::NamespaceName;
use kube::{Client, Config};
use office::Office;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Share of the interval by which passes come earlier or later, so that many clusters do not ask Canopy together.
const JITTER: f64 = 0.2;

/// Intervals for which a Canopy that fails is left alone at most: it is found again soon after it is back.
const LONGEST_PAUSE: u32 = 2;

/// The process cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The cluster.
    #[error("failed to connect to the Kubernetes API; run in a cluster, or set KUBECONFIG")]
    Kubernetes(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The client that looks after the Lease.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Something the settings refer to.
    #[error(transparent)]
    Site(#[from] site::SiteError),
}

/// Runs until `shutdown`, then ends in order: no new pass, answers in progress given.
pub async fn run(settings: Settings, shutdown: CancellationToken) -> Result<(), StartError> {
    let tasks = TaskTracker::new();
    let metrics = Metrics::of(settings.revision.as_str());
    let (tell, status) = watch::channel(None);
    let parts = Parts { tasks: tasks.clone(), shutdown: shutdown.clone(), metrics: metrics.clone() };
    let (leading, callbacks) = match &settings.canopy {
        Some(canopy) => parts.start(&settings, canopy, tell).await?,
        None => (None, Router::new()),
    };
    let (task, leadership) = leading.unzip();
    let listener = serve::bind(settings.listen.metrics, "metrics and probes").await?;
    let router = admin::router(Admin { metrics, status, task, leadership }).merge(callbacks);
    tasks.spawn(serve::serve(listener, router, shutdown));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        canopy = settings.canopy.is_some(),
        "the operator runs"
    );
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// Whether the campaign goes on, and who leads.
type Leading = (Pulse, watch::Receiver<Leadership>);

/// What every part is given.
struct Parts {
    tasks: TaskTracker,
    shutdown: CancellationToken,
    metrics: Metrics,
}

impl Parts {
    /// Starts all that has to do with Canopy; gives back what tells of the campaign, and the callbacks for the
    /// metrics port.
    async fn start(
        &self,
        settings: &Settings,
        canopy: &CanopySettings,
        status: watch::Sender<Option<Arc<Status>>>,
    ) -> Result<(Option<Leading>, Router), StartError> {
        let config = Config::infer().await.map_err(|error| StartError::Kubernetes(Box::new(error)))?;
        let client =
            Client::try_from(config.clone()).map_err(|error| StartError::Kubernetes(Box::new(error)))?;
        let time = ClusterClock::correcting(Arc::new(SystemClock));
        let client = time.hearing(&client);
        let clock: Arc<dyn Clock> = Arc::new(time);
        let api = self.canopy(settings, canopy, &client, &clock);
        let prompt = prompt(config.clone())?;
        let callbacks = self
            .serve_broker(
                &settings.home.namespace,
                (settings.listen, canopy.check_source),
                &prompt,
                &api,
                &clock,
            )
            .await?;
        let office = Office {
            client: client.clone(),
            index: self.follow(client.clone(), settings),
            canopy: api,
            site: Arc::new(site::site(&client, &settings.home, canopy).await?),
            clock: Arc::new(SteadyClock::over(Arc::clone(&clock))),
            policy: policy::policy(canopy),
            interval: Interval { every: canopy.interval, jitter: JITTER },
            metrics: self.metrics.clone(),
            status,
            pod: canopy.pod.as_ref().map(ToString::to_string),
        };
        let keeper = LeaseKeeper::connect(config, &settings.home.namespace)?;
        Ok((Some(self.campaign(keeper, canopy, clock, office)), callbacks))
    }

    fn follow(&self, client: Client, settings: &Settings) -> Index {
        let (index, home, shutdown) =
            (Index::default(), settings.home.namespace.clone(), self.shutdown.clone());
        let followed = index.clone();
        self.tasks.spawn(async move { shutdown.run_until_cancelled(followed.follow(client, &home)).await });
        index
    }

    /// Starts the campaign for the Lease, and with each term won the work of a leader.
    fn campaign(
        &self,
        keeper: LeaseKeeper,
        canopy: &CanopySettings,
        clock: Arc<dyn Clock>,
        office: Office,
    ) -> Leading {
        let (heart, pulse) = admin::heart();
        let (leadership, known) = watch::channel(Leadership::default());
        let told = Told { leadership, metrics: self.metrics.clone() };
        let me = site::unique_name(canopy);
        let elector = Elector::new(keeper, me, canopy.lease, clock, rand::random::<f64>, told);
        let (office, shutdown) = (Arc::new(office), self.shutdown.clone());
        self.tasks.spawn(async move {
            campaign(elector, |term| Box::pin(Arc::clone(&office).hold(term)), shutdown).await;
            drop(heart);
        });
        (pulse, known)
    }

    fn canopy(
        &self,
        settings: &Settings,
        canopy: &CanopySettings,
        client: &Client,
        clock: &Arc<dyn Clock>,
    ) -> Arc<dyn CanopyApi> {
        let identity = canopy.device_cert_secret.clone().map(|name| -> Arc<dyn IdentitySource> {
            Arc::new(SecretIdentity::new(client.clone(), settings.home.namespace.clone(), name))
        });
        let (base_url, proxy) = (canopy.base_url.clone(), canopy.socks5_proxy.clone());
        let longest = canopy.interval.saturating_mul(LONGEST_PAUSE);
        let canopy = HttpCanopy::new(base_url, proxy, identity, Arc::clone(clock), self.metrics.clone());
        Arc::new(PacedCanopy::new(canopy, longest, rand::random::<f64>, self.metrics.clone()))
    }

    async fn serve_broker(
        &self,
        home: &NamespaceName,
        (listen, check_source): (Listen, bool),
        client: &Client,
        canopy: &Arc<dyn CanopyApi>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Router, StartError> {
        let broker = Broker::new(
            home.clone(),
            Arc::clone(canopy),
            Arc::new(KubeReviewer::new(client.clone())),
            Arc::new(KubeStatsSink::new(client.clone())),
            Arc::clone(clock),
            self.metrics.clone(),
            check_source,
        );
        let listener = serve::bind(listen.broker, "broker").await?;
        self.tasks.spawn(serve::serve(listener, broker::router(Arc::clone(&broker)), self.shutdown.clone()));
        Ok(broker::stats_router(broker))
    }
}

/// A client whose calls fail at once where they fail: restore pods ask again by themselves, and a call that was
/// repeated for minutes would only keep others from their turn.
fn prompt(mut config: Config) -> Result<Client, StartError> {
    config.default_retry = false;
    Client::try_from(config).map_err(|error| StartError::Kubernetes(Box::new(error)))
}
