//! The two ways to Canopy: directly with the device certificate, or through a tailnet's SOCKS5 proxy.

use super::{
    DeviceIdentity,
    answer::chain,
    carrier::{Carried, Carrier},
};
use crate::args::{BaseUrl, ProxyUrl};
use contract::{
    canopy::{VERSION_HEADER, paths},
    secret::ExposeSecret,
};
use reqwest::{
    Certificate, Client, ClientBuilder, Identity, Method, Proxy, RequestBuilder, redirect::Policy,
    tls::Version,
};
use std::{fmt, sync::Arc, time::Duration};

/// A probe that takes longer finds the tailnet unusable.
const PROBE_DEADLINE: Duration = Duration::from_secs(5);
/// Longest wait for a connection, TLS included.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// Longest call, from its start to the last byte of the answer.
const CALL_DEADLINE: Duration = Duration::from_secs(30);

/// Where Canopy is, and by which ways it may be reached.
#[derive(Clone)]
pub(super) struct Ways {
    pub(super) base_url: BaseUrl,
    pub(super) socks5_proxy: Option<ProxyUrl>,
    /// What carries requests in place of the network.
    pub(super) carrier: Option<Arc<dyn Carrier>>,
}

/// The way that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight to the base URL.
    Direct,
    /// Through the SOCKS5 proxy, to the paths under `/public`.
    Tailnet,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "directly",
            Self::Tailnet => "through the tailnet",
        })
    }
}

/// A client for one way.
#[derive(Clone)]
pub(super) struct Transport {
    client: Client,
    carrier: Option<Arc<dyn Carrier>>,
    base_url: BaseUrl,
    pub(super) way: Way,
}

/// Why no client could be made.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum TransportError {
    #[error("failed to build the TLS client for Canopy from the device certificate ({0})")]
    Build(String),
    #[error("failed to read the device certificate within {} s; the API server is slow", .0.as_secs())]
    SlowIdentity(Duration),
    #[error(transparent)]
    Identity(#[from] super::IdentityError),
}

impl Ways {
    /// The tailnet, if it is configured and answers.
    pub(super) async fn tailnet(&self, identity: Option<&DeviceIdentity>) -> Option<Transport> {
        let proxy = Proxy::all(self.socks5_proxy.as_ref()?.as_url().clone()).ok()?;
        let client = self.trusting(identity).ok()?.proxy(proxy).build().ok()?;
        let transport =
            Transport { client, carrier: None, base_url: self.base_url.clone(), way: Way::Tailnet };
        transport.answers().await.then_some(transport)
    }

    /// The direct way; it answers or not when it is used.
    pub(super) fn direct(&self, identity: Option<&DeviceIdentity>) -> Result<Transport, TransportError> {
        let build = |error: reqwest::Error| TransportError::Build(chain(&error.without_url()));
        let mut builder = self.trusting(identity).map_err(build)?;
        if let Some(identity) = identity {
            let pem = identity.bundle();
            builder = builder.identity(Identity::from_pem(pem.expose_secret().as_bytes()).map_err(build)?);
        }
        let client = builder.build().map_err(build)?;
        let (carrier, base_url) = (self.carrier.clone(), self.base_url.clone());
        Ok(Transport { client, carrier, base_url, way: Way::Direct })
    }

    /// A client that trusts the identity's own authority alone, or else the system's.
    fn trusting(&self, identity: Option<&DeviceIdentity>) -> reqwest::Result<ClientBuilder> {
        let builder = builder();
        match identity.and_then(DeviceIdentity::authority) {
            Some(pem) => Ok(builder.tls_certs_only(Certificate::from_pem_bundle(pem.as_bytes())?)),
            // Plain HTTP must not depend on the image having a trust store.
            None if self.base_url.as_url().scheme() == "http" => Ok(builder.tls_certs_only([])),
            None => Ok(builder),
        }
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .tls_version_min(Version::TLS_1_2)
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(CALL_DEADLINE)
}

impl Transport {
    /// A request to one of the four endpoints, by this way.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match self.way {
            Way::Direct => self.base_url.join(path),
            Way::Tailnet => self.base_url.join(&format!("{}{path}", paths::PUBLIC)),
        };
        self.client.request(method, url).header(VERSION_HEADER, env!("CARGO_PKG_VERSION"))
    }

    /// Sends it; the answer's body may be still to come. A carrier is held to the same deadline as the network.
    pub(super) async fn send(&self, request: RequestBuilder) -> Carried {
        let said = |error: reqwest::Error| chain(&error.without_url());
        let Some(carrier) = &self.carrier else { return request.send().await.map_err(said) };
        let on_its_way = carrier.carry(request.build().map_err(said)?);
        let late = |_| format!("no answer within {} s", CALL_DEADLINE.as_secs());
        tokio::time::timeout(CALL_DEADLINE, on_its_way).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
    }

    /// The probe, the one call without a version.
    async fn answers(&self) -> bool {
        let probe = self.client.get(self.base_url.join(paths::PROBE)).timeout(PROBE_DEADLINE);
        matches!(probe.send().await, Ok(response) if response.status().is_success())
    }
}
