//! Canopy over HTTP.

use super::{
    CanopyApi, CanopyError, Carrier, Endpoint, Fingerprint, Heard, IdentitySource, Result, Worklist,
    answer::{chain, json_body, judge, parsed},
    credentials::checked,
    link::Link,
    transport::Ways,
    worklist,
};
use crate::{
    args::{BaseUrl, ProxyUrl},
    clock::Clock,
    metrics::Metrics,
};
use contract::canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification, paths};
use futures::future::BoxFuture;
use reqwest::{Method, Response};
use serde::Serialize;
use std::{future::Future, sync::Arc};
use tokio::time::Instant;

/// Longest worklist: 50,000 entries of 600 bytes.
const MAX_WORKLIST_BYTES: usize = 32 * 1024 * 1024;
/// Longest answer with credentials.
const MAX_CREDENTIALS_BYTES: usize = 64 * 1024;

/// Canopy at an address, by whichever way it can be reached.
pub struct HttpCanopy {
    link: Link,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

impl HttpCanopy {
    /// Canopy at `base_url`; through `socks5_proxy` where that answers, or else directly, as `identity`.
    pub fn new(
        base_url: BaseUrl,
        socks5_proxy: Option<ProxyUrl>,
        identity: Option<Arc<dyn IdentitySource>>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Self {
        let ways = Ways { base_url, socks5_proxy, carrier: None };
        Self { link: Link::new(ways, identity, Arc::clone(&clock)), clock, metrics }
    }

    /// Canopy as `carrier` reaches it, under the name of `base_url`: all but the network is as ever.
    pub fn over(
        carrier: Arc<dyn Carrier>,
        base_url: BaseUrl,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
    ) -> Self {
        let ways = Ways { base_url, socks5_proxy: None, carrier: Some(carrier) };
        Self { link: Link::new(ways, None, Arc::clone(&clock)), clock, metrics }
    }

    /// Sends one request and passes a successful answer on, its body still unread.
    async fn call(&self, endpoint: Endpoint, path: &str, body: Option<&impl Serialize>) -> Result<Response> {
        let found = self.link.transport().await;
        let transport = found.map_err(|error| CanopyError::Unreachable { endpoint, why: chain(&error) })?;
        let request = match body {
            Some(body) => transport.request(Method::POST, path).json(body),
            None => transport.request(Method::GET, path),
        };
        let sent = transport.send(request).await;
        let response = sent.map_err(|why| CanopyError::Unreachable { endpoint, why })?;
        judge(endpoint, response, self.clock.now()).await
    }

    /// Counts and times a whole call, reading of the answer included; where it did not get through, or not as
    /// the device it should be, the way to Canopy and the certificate are looked for anew before the next.
    async fn counted<T>(&self, endpoint: Endpoint, call: impl Future<Output = Result<T>>) -> Result<T> {
        let started = Instant::now();
        let result = call.await;
        let code = result.as_ref().map_or_else(CanopyError::code, |_| "2xx".to_owned());
        self.metrics.canopy_call(endpoint.as_str(), code, started.elapsed());
        if matches!(result, Err(CanopyError::Unreachable { .. } | CanopyError::Refused { status: 401, .. })) {
            self.link.suspect().await;
        }
        result
    }

    /// The worklist as `read` makes it of the answer; `usable` tells how many entries that has, where it was read.
    async fn fetch_worklist<T>(
        &self,
        read: impl FnOnce(&[u8]) -> Result<T, String>,
        usable: impl FnOnce(&T) -> Option<usize>,
    ) -> Result<T> {
        let endpoint = Endpoint::Worklist;
        let response = self.call(endpoint, paths::WORKLIST, None::<&()>).await?;
        let body = json_body(endpoint, response, MAX_WORKLIST_BYTES).await?;
        let list = read(&body).map_err(|why| CanopyError::Unreadable { endpoint, why })?;
        self.metrics.worklist(usable(&list), self.clock.now());
        Ok(list)
    }

    async fn fetch_credentials(&self, request: &CredentialsRequest) -> Result<CredentialsAnswer> {
        let endpoint = Endpoint::Credentials;
        let response = self.call(endpoint, paths::CREDENTIALS, Some(request)).await?;
        let body = json_body(endpoint, response, MAX_CREDENTIALS_BYTES).await?;
        let answer = parsed(endpoint, &body)?;
        checked(answer, self.clock.now()).map_err(|why| CanopyError::Unreadable { endpoint, why })
    }

    /// A call whose answer is its status alone.
    async fn tell(&self, endpoint: Endpoint, path: &str, body: &impl Serialize) -> Result<()> {
        self.call(endpoint, path, Some(body)).await.map(drop)
    }
}

impl CanopyApi for HttpCanopy {
    fn register<'a>(&'a self, capabilities: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        let endpoint = Endpoint::Capabilities;
        Box::pin(self.counted(endpoint, self.tell(endpoint, paths::CAPABILITIES, capabilities)))
    }

    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        let call = self.fetch_worklist(worklist::parse, |list| Some(list.entries.len()));
        Box::pin(self.counted(Endpoint::Worklist, call))
    }

    fn worklist_unless(&self, known: Option<Fingerprint>) -> BoxFuture<'_, Result<Heard>> {
        let call = self.fetch_worklist(move |body| worklist::hear(body, known), Heard::usable);
        Box::pin(self.counted(Endpoint::Worklist, call))
    }

    fn credentials<'a>(
        &'a self,
        request: &'a CredentialsRequest,
    ) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        Box::pin(self.counted(Endpoint::Credentials, self.fetch_credentials(request)))
    }

    fn report<'a>(&'a self, verification: &'a Verification) -> BoxFuture<'a, Result<()>> {
        let endpoint = Endpoint::Verification;
        Box::pin(self.counted(endpoint, self.tell(endpoint, paths::VERIFICATION, verification)))
    }
}
