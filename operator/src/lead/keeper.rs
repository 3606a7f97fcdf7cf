//! The Lease in the cluster.
//!
//! Must not: retry. A renewal that is repeated inside the client, beyond the renew deadline, would succeed for a term
//! that is long over; so this has a client of its own.

use super::LEASE;
use contract::names::NamespaceName;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use kube::{
    Api, Client, Config, Error,
    api::{ObjectMeta, PostParams},
};
use std::time::Duration;

/// Longest wait for one answer: two of them and a pause fit into the usual renew deadline.
const ANSWER: Duration = Duration::from_secs(3);

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);

/// A call about the Lease that came to nothing; the next try comes soon.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The client could not be made.
    #[error("failed to make a client for the Lease {LEASE}")]
    Client(#[source] Box<Error>),
    /// The API server refused.
    #[error(
        "failed to {verb} Lease {LEASE}; grant `get`, `create` and `update` on leases in the operator's namespace"
    )]
    Call {
        /// What was attempted.
        verb: &'static str,
        /// What the API server said.
        source: Box<Error>,
    },
    /// It did not answer.
    #[error("failed to {verb} Lease {LEASE} within {} s", ANSWER.as_secs())]
    Unanswered {
        /// What was attempted.
        verb: &'static str,
    },
}

/// Reads and writes the one Lease.
#[derive(Clone)]
pub struct LeaseKeeper {
    leases: Api<Lease>,
}

impl LeaseKeeper {
    /// A keeper that connects as `config` says, but for retries and timeouts.
    pub fn connect(mut config: Config, namespace: &NamespaceName) -> Result<Self, LeaseError> {
        config.default_retry = false;
        config.connect_timeout = Some(CONNECT);
        (config.read_timeout, config.reset_reader_on_write) = (Some(ANSWER), true);
        let client = Client::try_from(config).map_err(|source| LeaseError::Client(Box::new(source)))?;
        Ok(Self::new(client, namespace))
    }

    /// A keeper over `client`, which must not retry.
    pub fn new(client: Client, namespace: &NamespaceName) -> Self {
        Self { leases: Api::namespaced(client, namespace.as_str()) }
    }

    pub(super) async fn get(&self) -> Result<Option<Lease>, LeaseError> {
        answered("get", self.leases.get_opt(LEASE)).await
    }

    pub(super) async fn create(&self, spec: LeaseSpec) -> Result<Lease, LeaseError> {
        let metadata = ObjectMeta { name: Some(LEASE.to_owned()), ..ObjectMeta::default() };
        let lease = Lease { metadata, spec: Some(spec) };
        answered("create", self.leases.create(&PostParams::default(), &lease)).await
    }

    /// Puts `spec` into `lease`, if that is still the version the cluster has.
    pub(super) async fn replace(&self, lease: Lease, spec: LeaseSpec) -> Result<Lease, LeaseError> {
        let next = Lease { spec: Some(spec), ..lease };
        answered("update", self.leases.replace(LEASE, &PostParams::default(), &next)).await
    }
}

async fn answered<T>(
    verb: &'static str,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, LeaseError> {
    let answer = tokio::time::timeout(ANSWER, call).await.map_err(|_| LeaseError::Unanswered { verb })?;
    answer.map_err(|source| LeaseError::Call { verb, source: Box::new(source) })
}
