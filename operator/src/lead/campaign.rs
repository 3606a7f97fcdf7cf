//! Work that is done only while leading, term by term.
//!
//! Input: an [`Elector`] and the work. Output: none; it returns at shutdown, the Lease released. Must not: begin a
//! term before the work of the last one is over, or release the Lease while that work may still write.

use super::{Term, elector::Elector};
use futures::future::BoxFuture;
use std::time::Duration;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

/// How long work in progress may go on when the process is told to end. The calls it is in then, and the release, end
/// within the 45 s the pod is given.
const WIND_DOWN: Duration = Duration::from_secs(10);

/// Campaigns until `shutdown`, and does `work` for each term that is won. The work ends soon after its term is
/// [stopping](Term::stopping); what does not is dropped, as a crash would drop it.
pub async fn campaign(
    mut elector: Elector,
    mut work: impl FnMut(Term) -> BoxFuture<'static, ()>,
    shutdown: CancellationToken,
) {
    let mut at_rest = true;
    while let Some(term) = shutdown.run_until_cancelled(elector.win()).await {
        let task = tokio::spawn(work(term.clone()));
        at_rest = hold(&mut elector, &term, task, &shutdown).await;
        if at_rest {
            elector.release().await;
        }
        shutdown.run_until_cancelled(elector.pause()).await;
    }
    if at_rest {
        // Shutdown may have come between a write that won the Lease and its answer.
        elector.release().await;
    }
}

/// Renews the Lease beside the work until one of the two ends; true if nothing of the work is left.
async fn hold(
    elector: &mut Elector,
    term: &Term,
    mut task: JoinHandle<()>,
    shutdown: &CancellationToken,
) -> bool {
    let ended = tokio::select! {
        biased; // which of two that are ready counts is not left to chance
        ended = &mut task => Some(ended),
        () = elector.keep(term) => None,
        () = wound_down(term, shutdown) => None,
    };
    term.end();
    elector.tell(false, None);
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => timeout_at(term.calls_end_at(), &mut task).await,
    };
    match ended {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::error!(%error, "the work of a leader broke off"),
        Err(_) => {
            tracing::warn!("the work of a leader is dropped: it did not end with its term");
            task.abort();
        }
    }
    false
}

/// Returns when the process has been told to end and work in progress has had its time.
async fn wound_down(term: &Term, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    term.stop();
    sleep(WIND_DOWN).await;
}
