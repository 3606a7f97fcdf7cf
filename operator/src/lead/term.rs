//! One stretch of leading, as those who act on its behalf see it.

use crate::args::LeaseTimes;
use std::{
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

/// Share of the time between renew deadline and the Lease's end that no call may reach into, for clocks that run
/// at different speeds.
const MARGIN_SHARE: u32 = 5;

/// Why something that only a leader may do was not done, or was not waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Late {
    /// It was not begun.
    #[error("the term as leader is over; whoever leads now decides")]
    Over,
    /// It was begun, and may or may not have come to pass.
    #[error("no answer came before the lease may be another's; the next look tells what became of it")]
    Unanswered,
}

/// A stretch of leading; copies are the same one. Once over it never counts again.
#[derive(Debug, Clone)]
pub struct Term(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    times: LeaseTimes,
    /// When the last renewal that succeeded was sent: others count from a moment after it.
    renewed: Mutex<Instant>,
    over: CancellationToken,
    stopping: CancellationToken,
}

impl Term {
    /// A term won by a request that was sent at `sent`.
    pub fn won(sent: Instant, times: LeaseTimes) -> Self {
        let over = CancellationToken::new();
        let stopping = over.child_token();
        Self(Arc::new(Inner { times, renewed: Mutex::new(sent), over, stopping }))
    }

    /// Whether the holder of this may act at `now`.
    pub fn is_current_at(&self, now: Instant) -> bool {
        !self.0.over.is_cancelled() && now < self.lapses_at()
    }

    /// Whether the holder of this may act.
    pub fn is_current(&self) -> bool {
        self.is_current_at(Instant::now())
    }

    /// Makes a call that changes something: only while the term is current, and waiting no longer than until the
    /// Lease may be another's, which each renewal meanwhile puts off.
    pub async fn call<T>(&self, call: impl Future<Output = T>) -> Result<T, Late> {
        if !self.is_current() {
            return Err(Late::Over);
        }
        let mut call = pin!(call);
        loop {
            let end = self.calls_end_at();
            if let Ok(answer) = timeout_at(end, call.as_mut()).await {
                return Ok(answer);
            }
            if self.0.over.is_cancelled() || self.calls_end_at() <= end {
                return Err(Late::Unanswered);
            }
        }
    }

    /// Cancelled when no further work is to be begun: the process ends, or the term is over.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// No further work is to be begun; what is in progress may be finished.
    pub(super) fn stop(&self) {
        self.0.stopping.cancel();
    }

    /// From now on nothing is done on its behalf.
    pub(super) fn end(&self) {
        self.0.over.cancel();
    }

    /// A renewal that was sent at `sent` succeeded. It does not revive a term that is over.
    pub(super) fn renew(&self, sent: Instant) {
        *self.renewed() = sent;
    }

    /// When the term is over unless it is renewed before.
    pub(super) fn lapses_at(&self) -> Instant {
        *self.renewed() + self.0.times.renew
    }

    /// When even a call begun in time is given up.
    pub(super) fn calls_end_at(&self) -> Instant {
        let LeaseTimes { duration, renew, .. } = self.0.times;
        *self.renewed() + duration - (duration.saturating_sub(renew) / MARGIN_SHARE)
    }

    fn renewed(&self) -> MutexGuard<'_, Instant> {
        self.0.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A term nobody else can claim: of a process that has no rival, such as a test's.
    pub fn without_rival() -> Self {
        const LONG: Duration = Duration::from_hours(24 * 365 * 10);
        Self::won(Instant::now(), LeaseTimes { duration: LONG * 2, renew: LONG, retry: LONG })
    }
}

#[cfg(test)]
mod tests {
    use super::{Late, Term};
    use crate::args::LeaseTimes;
    use std::{future::pending, time::Duration};
    use tokio::time::{Instant, advance, sleep};

    const SECOND: Duration = Duration::from_secs(1);

    fn term() -> Term {
        Term::won(Instant::now(), LeaseTimes { duration: 15 * SECOND, renew: 10 * SECOND, retry: 2 * SECOND })
    }

    #[tokio::test(start_paused = true)]
    async fn a_term_that_is_not_renewed_is_over_at_the_renew_deadline() {
        let term = term();
        advance(9 * SECOND).await;
        assert_eq!(term.call(async { 7 }).await, Ok(7));
        advance(SECOND).await;
        assert!(!term.is_current());
        assert_eq!(term.call(async { panic!("it was begun") }).await, Err::<(), _>(Late::Over));
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_counts_from_when_it_was_sent() {
        let term = term();
        let sent = Instant::now() + SECOND;
        advance(9 * SECOND).await;
        term.renew(sent);
        advance(SECOND).await;
        assert!(term.is_current());
        advance(SECOND).await;
        assert!(!term.is_current());
    }

    #[tokio::test(start_paused = true)]
    async fn fault_a14_a_call_without_an_answer_is_given_up_before_the_lease_may_be_anothers() {
        let (term, start) = (term(), Instant::now());
        advance(9 * SECOND).await;
        assert_eq!(term.call(pending::<()>()).await, Err(Late::Unanswered));
        let waited = start.elapsed().as_secs();
        assert_eq!(waited, 14);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_call_is_waited_for_while_the_lease_is_renewed() {
        let (term, start) = (term(), Instant::now());
        let renewals = async {
            for _ in 0..12 {
                sleep(2 * SECOND).await;
                term.renew(Instant::now());
            }
            pending::<()>().await;
        };
        let calls = async {
            let slow = term.call(sleep(28 * SECOND)).await;
            (slow, term.call(pending::<()>()).await)
        };
        tokio::select! {
            () = renewals => unreachable!("renewals go on"),
            ended = calls => assert_eq!(ended, (Ok(()), Err(Late::Unanswered))),
        }
        assert_eq!(start.elapsed().as_secs(), 24 + 14, "the last renewal counts");
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_after_the_term_is_over_does_not_prolong_a_call() {
        let (term, start) = (term(), Instant::now());
        let late = async {
            sleep(9 * SECOND).await;
            term.end();
            term.renew(Instant::now());
        };
        let (answer, ()) = tokio::join!(term.call(pending::<()>()), late);
        assert_eq!((answer, start.elapsed().as_secs()), (Err(Late::Unanswered), 14));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_is_not_renewed() {
        let term = term();
        term.end();
        term.renew(Instant::now());
        assert!(!term.is_current());
        assert!(term.stopping().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_term_that_stops_may_finish_what_it_began() {
        let term = term();
        term.stop();
        assert!(term.stopping().is_cancelled());
        assert_eq!(term.call(async { 7 }).await, Ok(7));
    }
}
