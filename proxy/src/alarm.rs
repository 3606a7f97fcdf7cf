//! One timer for many deadlines.
//!
//! Input: futures and deadlines, one after the other. Output: what a future yields, unless its deadline comes first.
//! Must not: touch the runtime's timers for each of them. Deadlines are minutes away and hardly ever come, so the timer
//! is left as it was set for an earlier one, and set anew only when it has run out.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, Sleep, sleep_until};

/// A deadline came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late;

/// A timer that is set when it is first needed.
#[derive(Debug, Default)]
pub struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Ends when `deadline` has come.
    pub fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<Late> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= deadline {
                return Poll::Ready(Late);
            }
            sleep.as_mut().reset(deadline);
        }
    }

    /// What `future` yields, if it does so before `deadline`.
    pub async fn before<F: Future>(&mut self, deadline: Instant, future: F) -> Result<F::Output, Late> {
        let mut future = pin!(future);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll(cx, deadline).map(Err),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::{Alarm, Late};
    use std::{future::pending, time::Duration};
    use tokio::time::{Instant, sleep};

    const SECOND: Duration = Duration::from_secs(1);

    /// How long a future without an end was waited for.
    async fn waited(alarm: &mut Alarm, bound: Duration) -> Duration {
        let now = Instant::now();
        assert_eq!(alarm.before(now + bound, pending::<()>()).await, Err(Late));
        now.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn each_deadline_counts_whatever_the_timer_was_set_to_before() {
        let mut alarm = Alarm::default();
        for seconds in [10, 1, 5, 30, 30, 2, 120] {
            assert_eq!(waited(&mut alarm, SECOND * seconds).await, SECOND * seconds);
        }
        assert_eq!(waited(&mut alarm, Duration::ZERO).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_time_comes_through_and_leaves_the_timer_as_it_was() {
        let mut alarm = Alarm::default();
        for _ in 0..100 {
            let began = Instant::now();
            let slept = alarm.before(began + SECOND * 3, sleep(SECOND)).await;
            assert_eq!((slept, began.elapsed()), (Ok(()), SECOND));
        }
        assert_eq!(waited(&mut alarm, SECOND * 3).await, SECOND * 3);
    }
}
