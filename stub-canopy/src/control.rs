//! The client side of the control, for tests in process and over a cluster's node port.
//!
//! Input: the stub's address. Output: its `/_control` as typed calls. Must not: be used by a client under test.

use crate::{faults::FaultRule, ledger::Ledger, tls::use_ring};
use contract::ids::{ReplicaId, ServerId};
use http::{Method, StatusCode};
use reqwest::{Certificate, RequestBuilder, Response};
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use std::time::Duration;
use url::Url;

/// A stub answers in milliseconds, or is not there.
const DEADLINE: Duration = Duration::from_secs(15);

/// Drives a stub over HTTP.
#[derive(Debug, Clone)]
pub struct ControlClient {
    base: Url,
    http: reqwest::Client,
}

/// A control call that did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No HTTP client could be made.
    #[error("failed to set up the control client: {0}")]
    SetUp(#[source] reqwest::Error),
    /// The root is no certificate.
    #[error("failed to read the root of the stub's certificate: {0}")]
    ReadRoot(#[source] reqwest::Error),
    /// No answer came, or none that can be read.
    #[error("failed to call {call} of the stub: {source}")]
    Call {
        /// What was called.
        call: String,
        /// Why it failed.
        source: reqwest::Error,
    },
    /// The stub refused.
    #[error("the stub refused {call} with {status}: {why}")]
    Refused {
        /// What was called.
        call: String,
        /// The status.
        status: StatusCode,
        /// The problem document.
        why: String,
    },
}

impl ControlClient {
    /// A client for a stub at `base`: plain HTTP, or TLS with a certificate this machine trusts.
    pub fn new(base: Url) -> Result<Self, ControlError> {
        Self::for_stub(base, None).map_err(ControlError::SetUp)
    }

    /// A client for a stub at `base` that serves TLS under the root certificate in `pem`.
    pub fn trusting(base: Url, pem: &[u8]) -> Result<Self, ControlError> {
        let root = Certificate::from_pem(pem).map_err(ControlError::ReadRoot)?;
        Self::build(base, Some(root)).map_err(ControlError::SetUp)
    }

    pub(crate) fn for_stub(base: Url, root: Option<CertificateDer<'_>>) -> reqwest::Result<Self> {
        let root = root.map(|der| Certificate::from_der(&der)).transpose()?;
        Self::build(base, root)
    }

    fn build(base: Url, root: Option<Certificate>) -> reqwest::Result<Self> {
        use_ring();
        let builder = reqwest::Client::builder().no_proxy().timeout(DEADLINE);
        let builder = match root {
            Some(root) => builder.tls_certs_only([root]),
            None => builder,
        };
        Ok(Self { base, http: builder.build()? })
    }

    /// Whether the stub answers.
    pub async fn is_up(&self) -> bool {
        self.call(Method::GET, "health", |request| request).await.is_ok()
    }

    /// Replaces the worklist.
    pub async fn replace_worklist<E: Serialize>(&self, entries: &[E]) -> Result<(), ControlError> {
        self.call(Method::PUT, "worklist", |request| request.json(entries)).await.map(drop)
    }

    /// Adds an entry, in the place of the one with its key.
    pub async fn put_entry<E: Serialize>(&self, entry: &E) -> Result<(), ControlError> {
        self.call(Method::POST, "worklist", |request| request.json(entry)).await.map(drop)
    }

    /// Removes a declaration, or one server of it.
    pub async fn remove_entry(
        &self,
        replica: ReplicaId,
        server: Option<ServerId>,
    ) -> Result<(), ControlError> {
        let query = server.map_or_else(String::new, |server| format!("?server_id={server}"));
        self.call(Method::DELETE, &format!("worklist/{replica}{query}"), |request| request).await.map(drop)
    }

    /// What was called. Reports in it count as read.
    pub async fn ledger(&self) -> Result<Ledger, ControlError> {
        let answer = self.call(Method::GET, "ledger", |request| request).await?;
        answer.json().await.map_err(|source| ControlError::Call { call: "GET ledger".to_owned(), source })
    }

    /// Forgets what was called.
    pub async fn clear_ledger(&self) -> Result<(), ControlError> {
        self.call(Method::DELETE, "ledger", |request| request).await.map(drop)
    }

    /// Orders a fault.
    pub async fn inject(&self, rule: &FaultRule) -> Result<(), ControlError> {
        self.call(Method::POST, "faults", |request| request.json(rule)).await.map(drop)
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) -> Result<(), ControlError> {
        self.call(Method::DELETE, "faults", |request| request).await.map(drop)
    }

    /// Empty worklist, no faults, empty ledger. For a stub of one's own: others' entries go too.
    pub async fn reset(&self) -> Result<(), ControlError> {
        self.clear_faults().await?;
        self.replace_worklist::<()>(&[]).await?;
        self.clear_ledger().await
    }

    async fn call(
        &self,
        method: Method,
        what: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, ControlError> {
        let call = format!("{method} {what}");
        let url = format!("{}/_control/{what}", self.base.as_str().trim_end_matches('/'));
        match with(self.http.request(method, url)).send().await {
            Err(source) => Err(ControlError::Call { call, source }),
            Ok(answer) if answer.status().is_success() => Ok(answer),
            Ok(answer) => {
                let status = answer.status();
                Err(ControlError::Refused { call, status, why: answer.text().await.unwrap_or_default() })
            }
        }
    }
}
