//! From a request to what the API server knows about its sender.

use super::{Broker, Caller, Denied, ReviewError, token::bearer};
use http::HeaderMap;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for the API server, the wait for a turn included.
const DEADLINE: Duration = Duration::from_secs(10);

/// A caller with a valid token, and where it lives.
pub(super) struct Identified {
    pub(super) caller: Caller,
    pub(super) pod: Option<Pod>,
    pub(super) namespace: Option<Namespace>,
}

/// Why a caller is not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknown {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Review(#[from] ReviewError),
    #[error("failed to identify a caller within {} s; the API server is slow, or too many ask", DEADLINE.as_secs())]
    TooSlow,
}

impl Broker {
    /// Who sends these headers.
    pub(super) async fn identify(&self, headers: &HeaderMap) -> Result<Identified, Unknown> {
        let token = bearer(headers, self.clock.now()).ok_or(Denied::NoToken)?;
        let identified = async {
            let _turn = self.reviews.acquire().await.map_err(|_| Unknown::TooSlow)?;
            let caller = Caller::try_from(&self.reviewer.review(&token).await?)?;
            let pod = self.reviewer.pod(&caller.namespace, &caller.pod_name);
            let (pod, namespace) = tokio::try_join!(pod, self.reviewer.namespace(&caller.namespace))?;
            Ok(Identified { caller, pod, namespace })
        };
        timeout(DEADLINE, identified).await.unwrap_or(Err(Unknown::TooSlow))
    }
}
