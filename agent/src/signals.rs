//! Being told to stop.
//!
//! Input: SIGTERM and SIGINT, or a test's own word. Output: a [`Stop`] that any number of waits can look at.
//! Must not: end the process; whoever holds a child ends it first.

use std::io;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Resolves once somebody wants the work to end.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// The other end of a [`Stop`].
#[derive(Debug)]
pub struct StopSender(watch::Sender<bool>);

/// A pair for tests and for [`on_signals`].
pub fn channel() -> (StopSender, Stop) {
    let (sender, receiver) = watch::channel(false);
    (StopSender(sender), Stop(receiver))
}

impl StopSender {
    /// Tells every [`Stop`] of the pair.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Waits until it is told; for ever where the sender is gone without a word.
    pub async fn requested(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether it was told already.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}

/// A [`Stop`] that SIGTERM and SIGINT trigger.
pub fn on_signals() -> io::Result<Stop> {
    let (sender, stop) = channel();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::warn!("told to stop by SIGTERM"),
            _ = interrupt.recv() => tracing::warn!("told to stop by SIGINT"),
        }
        sender.stop();
        std::future::pending::<()>().await;
    });
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::channel;

    #[tokio::test]
    async fn a_request_made_before_the_wait_is_not_lost() {
        let (sender, stop) = channel();
        sender.stop();
        stop.requested().await;
        assert!(stop.is_requested());
    }

    #[tokio::test]
    async fn nobody_is_stopped_by_a_sender_that_went_away() {
        let (sender, stop) = channel();
        drop(sender);
        let waited = tokio::time::timeout(std::time::Duration::from_millis(20), stop.requested()).await;
        assert!(waited.is_err());
    }
}
