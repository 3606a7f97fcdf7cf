//! Puts the parts together and runs them until the process is told to end.
//!
//! Input: settings. Output: an error if the start fails, nothing after an orderly end. This is the one place that
//! knows every part; no part knows this place.

mod policy;
mod site;

use crate::{
    admin::{self, Admin, Heart, Pulse},
    apply::{Applier, Cluster},
    args::{CanopySettings, Listen, Settings},
    broker::{self, Broker, KubeReviewer, KubeStatsSink},
    canopy::{CanopyApi, HttpCanopy, IdentitySource, PacedCanopy, SecretIdentity, register_until_done},
    clock::{Clock, SystemClock},
    metrics::Metrics,
    observe::Index,
    reconcile::{Memory, Reconciler, Why},
    serve::{self, BindError},
    task::{self, Interval, Pass},
    tell::Events,
};
use axum::Router;
use futures::future::BoxFuture;
use kube::Client;
use serde_json::Value;
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
    /// Something the settings refer to.
    #[error(transparent)]
    Site(#[from] site::SiteError),
}

/// Runs until `shutdown`, then ends in order: no new pass, answers in progress given.
pub async fn run(settings: Settings, shutdown: CancellationToken) -> Result<(), StartError> {
    let tasks = TaskTracker::new();
    let metrics = Metrics::default();
    let (tell, status) = watch::channel(Value::Null);
    let parts = Parts { tasks: tasks.clone(), shutdown: shutdown.clone(), metrics: metrics.clone() };
    let (task, callbacks) = match &settings.canopy {
        Some(canopy) => parts.start(&settings, canopy, tell).await?,
        None => (None, Router::new()),
    };
    let listener = serve::bind(settings.listen.metrics, "metrics and probes").await?;
    let router = admin::router(Admin { metrics, status, task }).merge(callbacks);
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

/// What every part is given.
struct Parts {
    tasks: TaskTracker,
    shutdown: CancellationToken,
    metrics: Metrics,
}

impl Parts {
    /// Starts all that has to do with Canopy; gives back its pulse, and the callbacks for the metrics port.
    async fn start(
        &self,
        settings: &Settings,
        canopy: &CanopySettings,
        status: watch::Sender<Value>,
    ) -> Result<(Option<Pulse>, Router), StartError> {
        let config = kube::Config::infer().await.map_err(|error| StartError::Kubernetes(Box::new(error)))?;
        let client = Client::try_from(config).map_err(|error| StartError::Kubernetes(Box::new(error)))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let api = self.canopy(settings, canopy, &client, &clock);
        let callbacks = self.serve_broker(settings.listen, &client, &api, &clock).await?;
        let (registered, is_registered) = watch::channel(false);
        self.tasks.spawn(register_until_done(Arc::clone(&api), registered, self.shutdown.clone()));
        let site = Arc::new(site::site(&client, &settings.home, canopy).await?);
        let index = Index::default();
        let reconciler = Reconciler {
            index: index.clone(),
            applier: Applier {
                cluster: Cluster::new(client.clone(), settings.home.namespace.clone(), index.clone()),
                canopy: Arc::clone(&api),
                site,
                new_passwords: Arc::new(site::new_passwords),
            },
            canopy: api,
            clock,
            policy: policy::policy(canopy),
            metrics: self.metrics.clone(),
            events: Events::new(client.clone(), site::pod_name(canopy), settings.home.namespace.clone()),
            registered: is_registered,
            status,
            memory: Memory::default(),
        };
        Ok((Some(self.loop_over(reconciler, canopy, client)), callbacks))
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
        listen: Listen,
        client: &Client,
        canopy: &Arc<dyn CanopyApi>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Router, StartError> {
        let broker = Broker::new(
            Arc::clone(canopy),
            Arc::new(KubeReviewer::new(client.clone())),
            Arc::new(KubeStatsSink::new(client.clone())),
            Arc::clone(clock),
            self.metrics.clone(),
        );
        let listener = serve::bind(listen.broker, "broker").await?;
        self.tasks.spawn(serve::serve(listener, broker::router(Arc::clone(&broker)), self.shutdown.clone()));
        Ok(broker::stats_router(broker))
    }

    fn loop_over(&self, reconciler: Reconciler, canopy: &CanopySettings, client: Client) -> Pulse {
        let (heart, pulse) = admin::heart();
        let (index, wake) = (reconciler.index.clone(), reconciler.index.changed());
        let (home, shutdown) = (reconciler.applier.site.home.namespace.clone(), self.shutdown.clone());
        self.tasks.spawn(async move { shutdown.run_until_cancelled(index.follow(client, &home)).await });
        let interval = Interval { every: canopy.interval, jitter: JITTER };
        let passes = Passes { reconciler, _heart: heart };
        self.tasks.spawn(task::run(passes, interval, rand::random::<f64>, wake, self.shutdown.clone()));
        pulse
    }
}

/// The reconciler as the loop knows it.
struct Passes {
    reconciler: Reconciler,
    _heart: Heart,
}

impl Pass for Passes {
    fn pass(&mut self, why: Why) -> BoxFuture<'_, bool> {
        Box::pin(self.reconciler.pass(why))
    }
}
