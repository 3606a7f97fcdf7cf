//! Where the present credentials lie.
//!
//! Input: generations from the keeper, refusals from requests. Output: usable credentials, as soon as there are some.
//! Must not: hand out what is expired by our clock or was refused by S3.

use super::Issued;
use crate::clock::Clock;
use std::sync::Arc;
use tokio::sync::watch;

/// The present credentials, and the last generation S3 refused.
pub struct Vault {
    current: watch::Sender<Option<Arc<Issued>>>,
    refused: watch::Sender<u64>,
    clock: Clock,
}

impl Vault {
    /// An empty one.
    pub fn new(clock: Clock) -> Self {
        Self { current: watch::Sender::new(None), refused: watch::Sender::new(0), clock }
    }

    /// Replaces what lies here; wakes all who wait.
    pub fn put(&self, issued: Issued) {
        self.current.send_replace(Some(Arc::new(issued)));
    }

    /// S3 refused this generation: it is not handed out again, and the keeper fetches another.
    pub fn refuse(&self, generation: u64) {
        self.refused.send_if_modified(|refused| {
            let is_news = *refused < generation;
            *refused = generation.max(*refused);
            is_news
        });
    }

    /// Credentials to sign with, if there are some now.
    pub fn present(&self) -> Option<Arc<Issued>> {
        let current = self.current.borrow();
        current.as_ref().filter(|issued| self.is_usable(issued)).cloned()
    }

    /// Credentials to sign with. Waits for ever: the caller brings the deadline.
    pub async fn usable(&self) -> Arc<Issued> {
        if let Some(issued) = self.present() {
            return issued;
        }
        let mut current = self.current.subscribe();
        loop {
            let present = current.borrow_and_update().clone();
            if let Some(issued) = present.filter(|issued| self.is_usable(issued)) {
                return issued;
            }
            // The sender lives in self, so this can only end with a change.
            let _ = current.changed().await;
        }
    }

    /// Ends when S3 has refused `generation`, or a later one.
    pub(super) async fn refused(&self, generation: u64) {
        let mut refused = self.refused.subscribe();
        let _ = refused.wait_for(|refused| *refused >= generation).await;
    }

    fn is_usable(&self, issued: &Issued) -> bool {
        *self.refused.borrow() < issued.generation && self.clock.now() < issued.expires_at
    }
}
