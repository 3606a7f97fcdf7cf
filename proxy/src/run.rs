//! Puts the parts together and runs them, from listening to the farewell.
//!
//! Input: settings, and a token that says stop. Output: the traffic figures. Must not: announce its address before it
//! listens and has credentials, or lose a transfer that could still end.

use crate::{
    admit::Territory,
    args::Settings,
    clock::{Clock, Skew},
    credentials::{Broker, Keeper, Vault},
    forward::{
        Forwarder,
        ahead::{Ahead, Bounds},
        listing::Room,
        outgoing::Outgoing,
        patience::Patience,
        window::Gate,
    },
    limits::Limits,
    listen::{self, ListenError},
    post::Poster,
    progress,
    serve::{Handler, serve},
    sparse::Sparse,
    stats::{Traffic, callback},
    upstream::{self, Pool, Receive, S3Dial, roots::RootsError},
};
use contract::{
    broker::{BrokerRequest, ProxyStats},
    pods::ProxySpec,
};
use rustls::ClientConfig;
use std::{net::SocketAddr, sync::Arc};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Why the proxy could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It cannot be found.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Its own address is unknown.
    #[error("failed to read the address that was bound: {0}")]
    Address(std::io::Error),
    /// It would believe nobody.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// S3 has no name that a certificate could bear.
    #[error("failed to prepare connections to S3: {0}")]
    Endpoint(std::io::Error),
    /// The request to the broker cannot be written.
    #[error("failed to write the request for credentials: {0}")]
    Request(serde_json::Error),
    /// The part that serves is gone.
    #[error("the serving task ended unexpectedly: {0}")]
    Serve(JoinError),
    /// Nobody fetches credentials any more, or closes what is left over: better to be started anew.
    #[error("a task that runs for as long as the proxy does ended unexpectedly{}", told(.0.as_ref()))]
    Household(Option<JoinError>),
}

/// Runs until `stop`, drains, posts the figures.
pub async fn run(settings: Settings, clock: Clock, stop: CancellationToken) -> Result<ProxyStats, RunError> {
    let Settings { spec, endpoint, limits, relay } = settings;
    let listener = listen::bind(listen::previous(&spec.port_file)).await?;
    let address = listener.local_addr().map_err(RunError::Address)?;
    let tls = upstream::roots::client_config(spec.ca_file.as_deref(), needs_tls(&spec))?;
    let poster = poster(&spec, tls.clone(), &limits);

    let skew = Skew::default();
    let corrected = clock.clone().corrected(&skew);
    let vault = Arc::new(Vault::new(corrected.clone()));
    let mut tasks = JoinSet::new();
    tasks.spawn(keeper(&spec, poster.clone(), &vault, corrected)?.keep());

    if let Some(relay) = relay {
        tasks.spawn(progress::relay(relay, poster.clone()));
    }

    let traffic = Arc::new(Traffic::default());
    let receive = Receive::here();
    let dial = S3Dial::new(&endpoint, tls, &limits, receive, Arc::clone(&traffic));
    let dial = dial.map_err(RunError::Endpoint)?;
    let forwarder = Forwarder {
        pool: Pool::new(Arc::new(dial), limits.connections),
        outgoing: Outgoing::new(endpoint, spec.region.clone()),
        vault: Arc::clone(&vault),
        clock,
        skew,
        patience: Patience::new(limits.patience),
        gate: Gate::new(limits.connections),
        ahead: Ahead::new(limits.read_ahead.then(|| Bounds::of(receive))),
        lists: Room::default(),
        limits: limits.clone(),
        traffic: Arc::clone(&traffic),
        random: rand::random,
        told: Sparse::default(),
    };
    let handler = Arc::new(Handler::new(territory(&spec, &limits), forwarder));
    let house = Arc::clone(&handler);
    tasks.spawn(async move { house.keep_house().await });
    let serving = tokio::spawn(serve(listener, handler, limits.clone(), stop.clone()));
    let served = async {
        announce(&spec, address, &vault, &stop).await?;
        serving.await.map_err(RunError::Serve)
    };
    let drained = tokio::select! {
        served = served => served?,
        Some(ended) = tasks.join_next() => {
            stop.cancel();
            return Err(RunError::Household(ended.err()));
        }
    };
    let figures = traffic.snapshot();
    tracing::info!(connections_cut = drained.cut, ?figures, "stopped serving");
    farewell(&spec, &poster, figures, &limits).await;
    Ok(figures)
}

/// Writes the address once there are credentials: kopia gives up at once where it cannot read.
async fn announce(
    spec: &ProxySpec,
    address: SocketAddr,
    vault: &Vault,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    tracing::info!(%address, "listening; waiting for the first credentials");
    tokio::select! {
        () = stop.cancelled() => return Ok(()),
        _ = vault.usable() => {}
    }
    listen::publish(&spec.port_file, address)?;
    tracing::info!(%address, file = %spec.port_file.display(), bucket = %spec.bucket, prefix = %spec.prefix, "ready");
    Ok(())
}

fn told(error: Option<&JoinError>) -> String {
    error.map_or_else(String::new, |error| format!(": {error}"))
}

async fn farewell(spec: &ProxySpec, poster: &Poster, figures: ProxyStats, limits: &Limits) {
    let Some(url) = &spec.stats_callback_url else { return };
    match callback::post(poster, url, figures, limits.farewell, rand::random).await {
        Ok(()) => tracing::info!(%url, "statistics posted"),
        Err(error) => tracing::warn!(%error, "the statistics are lost; the restore is not"),
    }
}

fn keeper(
    spec: &ProxySpec,
    poster: Poster,
    vault: &Arc<Vault>,
    clock: Clock,
) -> Result<Keeper<Broker>, RunError> {
    let request = BrokerRequest { group: spec.group, backup_type: spec.backup_type.clone() };
    let broker = Broker::new(&spec.broker_url, &request, poster).map_err(RunError::Request)?;
    Ok(Keeper::new(broker, Arc::clone(vault), clock, rand::random))
}

fn poster(spec: &ProxySpec, tls: ClientConfig, limits: &Limits) -> Poster {
    let client = upstream::post_client(tls, limits);
    Poster::new(client, spec.broker_token_file.clone(), limits.broker_call)
}

fn territory(spec: &ProxySpec, limits: &Limits) -> Territory {
    Territory { bucket: spec.bucket.clone(), prefix: spec.prefix.clone(), target_bytes: limits.target_bytes }
}

fn needs_tls(spec: &ProxySpec) -> bool {
    spec.endpoint.as_ref().is_none_or(|url| url.scheme() == "https")
}
