//! From a request to what the API server knows about its sender.

use super::{Broker, Caller, Denied, ReviewError, comes_from, known::Key, token::bearer};
use crate::serve::Peer;
use contract::secret::SecretString;
use http::HeaderMap;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

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
    #[error("too many tokens come from address {0}; it is slowed down")]
    TooMany(Peer),
}

impl Broker {
    /// Who sends these headers. While the API server does not say, what it said a moment ago counts.
    pub(super) async fn identify(
        &self,
        headers: &HeaderMap,
        peer: Option<Peer>,
    ) -> Result<Arc<Identified>, Unknown> {
        let token = bearer(headers, self.clock.now()).ok_or(Denied::NoToken)?;
        if let Some(peer) = peer.filter(|peer| !self.turnstile.admits(peer.0, Instant::now())) {
            return Err(Unknown::TooMany(peer));
        }
        let identified = self.recognise(&token).await?;
        match (&identified.pod, peer) {
            (Some(pod), Some(peer)) if self.check_source && !comes_from(pod, peer.0) => {
                Err(Denied::OtherAddress.into())
            }
            _ => Ok(identified),
        }
    }

    async fn recognise(&self, token: &SecretString) -> Result<Arc<Identified>, Unknown> {
        let key = Key::of(token);
        match timeout(DEADLINE, self.look_up(token)).await.unwrap_or(Err(Unknown::TooSlow)) {
            Ok(identified) => {
                let identified = Arc::new(identified);
                self.known.keep(key, Arc::clone(&identified), Instant::now());
                Ok(identified)
            }
            Err(Unknown::Denied(denied)) => {
                self.known.forget(&key);
                Err(denied.into())
            }
            Err(unanswered) => self.known.recall(&key, Instant::now()).ok_or(unanswered),
        }
    }

    async fn look_up(&self, token: &SecretString) -> Result<Identified, Unknown> {
        let _turn = self.reviews.acquire().await.map_err(|_| Unknown::TooSlow)?;
        let caller = Caller::try_from(&self.reviewer.review(token).await?)?;
        let pod = self.reviewer.pod(&caller.namespace, &caller.pod_name);
        let (pod, namespace) = tokio::try_join!(pod, self.reviewer.namespace(&caller.namespace))?;
        Ok(Identified { caller, pod, namespace })
    }
}
