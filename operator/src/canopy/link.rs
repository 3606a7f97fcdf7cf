//! The transport in use, and when to look for another.

use super::{
    DeviceIdentity, IdentitySource,
    transport::{Transport, TransportError, Ways},
};
use crate::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// A transport this old is built anew, so that a renewed certificate or a returned tailnet is taken up.
const RENEW_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// After a failure the ways are tried again, but not more often than this.
const RETRY_AFTER: SignedDuration = SignedDuration::from_secs(10);

/// Longest wait for the device certificate: all calls to Canopy wait with it.
const IDENTITY_DEADLINE: Duration = Duration::from_secs(5);

/// Keeps one transport, renews it with age and after failures.
pub(super) struct Link {
    ways: Ways,
    identity: Option<Arc<dyn IdentitySource>>,
    clock: Arc<dyn Clock>,
    open: Mutex<Option<Open>>,
}

struct Open {
    transport: Arc<Transport>,
    at: Timestamp,
    suspect: bool,
}

impl Open {
    /// Whether to look for another transport. A clock set back counts as "long ago".
    fn is_due(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.at);
        let allowed = if self.suspect { RETRY_AFTER } else { RENEW_AFTER };
        age >= allowed || age.is_negative()
    }
}

impl Link {
    pub(super) fn new(ways: Ways, identity: Option<Arc<dyn IdentitySource>>, clock: Arc<dyn Clock>) -> Self {
        Self { ways, identity, clock, open: Mutex::new(None) }
    }

    /// The transport to use now. One caller looks for it, the others wait for what it finds.
    pub(super) async fn transport(&self) -> Result<Arc<Transport>, TransportError> {
        let mut open = self.open.lock().await;
        let now = self.clock.now();
        if let Some(open) = open.as_ref().filter(|open| !open.is_due(now)) {
            return Ok(Arc::clone(&open.transport));
        }
        let before = open.as_ref().map(|open| Arc::clone(&open.transport));
        let transport = match (self.find().await, &before) {
            (Ok(found), _) => Arc::new(found),
            (Err(error), Some(before)) => {
                tracing::warn!(%error, "keeping the old connection to Canopy, as a new one cannot be built");
                Arc::clone(before)
            }
            (Err(error), None) => return Err(error),
        };
        if before.is_none_or(|before| before.way != transport.way) {
            tracing::info!(canopy.way = %transport.way, "Canopy is asked {}", transport.way);
        }
        *open = Some(Open { transport: Arc::clone(&transport), at: now, suspect: false });
        Ok(transport)
    }

    /// Notes that a call did not get through.
    pub(super) async fn suspect(&self) {
        if let Some(open) = self.open.lock().await.as_mut() {
            open.suspect = true;
        }
    }

    async fn find(&self) -> Result<Transport, TransportError> {
        let identity: Result<_, TransportError> = match &self.identity {
            Some(source) => read(source.as_ref()).await.map(Some),
            None => Ok(None),
        };
        let known = identity.as_ref().ok().and_then(Option::as_ref);
        match self.ways.tailnet(known).await {
            Some(transport) => Ok(transport),
            None => self.ways.direct(identity?.as_ref()),
        }
    }
}

async fn read(source: &dyn IdentitySource) -> Result<DeviceIdentity, TransportError> {
    let read = timeout(IDENTITY_DEADLINE, source.identity()).await;
    Ok(read.map_err(|_| TransportError::SlowIdentity(IDENTITY_DEADLINE))??)
}
