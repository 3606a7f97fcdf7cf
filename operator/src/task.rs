//! The loop: at jittered intervals, and soon after a change, until it is told to stop.
//!
//! Input: an interval, a wake-up, something to run. Must not: know what it runs, or overlap two runs.

use crate::reconcile::Why;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// Changes come in bursts: after one is told, this long is waited for its companions.
const DEBOUNCE: Duration = Duration::from_millis(300);

/// Passes in a row that each did something before the loop lets others run and looks at its interval again.
const PROGRESS_MAX: usize = 20;

/// What the loop runs; true: it did something, run it again.
pub trait Pass: Send {
    /// One run.
    fn pass(&mut self, why: Why) -> BoxFuture<'_, bool>;
}

/// How often.
#[derive(Debug, Clone, Copy)]
pub struct Interval {
    /// The middle.
    pub every: Duration,
    /// Up to this share of it earlier or later, 0 to 1.
    pub jitter: f64,
}

impl Interval {
    /// The next pause for a random number from 0 to 1.
    pub(crate) fn pause(self, random: f64) -> Duration {
        self.every.mul_f64(1.0 + self.jitter * (2.0 * random - 1.0))
    }
}

/// Runs `task` until `shutdown`; a run in progress is finished first.
pub async fn run(
    mut task: impl Pass,
    interval: Interval,
    mut random: impl FnMut() -> f64,
    wake: Arc<Notify>,
    shutdown: CancellationToken,
) {
    let mut next = Instant::now();
    while let Some(why) = shutdown.run_until_cancelled(due(next, &wake)).await {
        if why == Why::Interval {
            next = Instant::now() + interval.pause(random());
        }
        let mut progress = task.pass(why).await;
        for _ in 0..PROGRESS_MAX {
            if !progress || shutdown.is_cancelled() {
                break;
            }
            progress = task.pass(Why::Progress).await;
        }
    }
}

async fn due(next: Instant, wake: &Notify) -> Why {
    tokio::select! {
        biased;
        () = tokio::time::sleep_until(next) => Why::Interval,
        () = wake.notified() => {
            tokio::time::sleep(DEBOUNCE).await;
            Why::Changed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Pass, run};
    use crate::reconcile::Why;
    use futures::future::BoxFuture;
    use std::{
        sync::{Arc, Mutex},
        time::Duration,
    };
    use tokio::{sync::Notify, time::Instant};
    use tokio_util::sync::CancellationToken;

    type Runs = Arc<Mutex<Vec<(Duration, Why)>>>;

    struct Recorded {
        start: Instant,
        runs: Runs,
        busy: usize,
    }

    impl Pass for Recorded {
        fn pass(&mut self, why: Why) -> BoxFuture<'_, bool> {
            self.runs.lock().unwrap().push((self.start.elapsed(), why));
            let busy = self.busy > 0;
            self.busy = self.busy.saturating_sub(1);
            Box::pin(std::future::ready(busy))
        }
    }

    struct Rig {
        runs: Runs,
        wake: Arc<Notify>,
        shutdown: CancellationToken,
        task: tokio::task::JoinHandle<()>,
    }

    fn start(random: f64, busy: usize) -> Rig {
        let (runs, wake, shutdown) = (Runs::default(), Arc::new(Notify::new()), CancellationToken::new());
        let recorded = Recorded { start: Instant::now(), runs: Arc::clone(&runs), busy };
        let interval = Interval { every: Duration::from_secs(30), jitter: 0.2 };
        let task = tokio::spawn(run(recorded, interval, move || random, Arc::clone(&wake), shutdown.clone()));
        Rig { runs, wake, shutdown, task }
    }

    impl Rig {
        fn times(&self, why: Why) -> Vec<u64> {
            let runs = self.runs.lock().unwrap();
            runs.iter().filter(|run| run.1 == why).map(|run| run.0.as_secs()).collect()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_runs_at_once_and_then_at_jittered_intervals() {
        for (random, times) in [(0.0, [0, 24, 48]), (0.5, [0, 30, 60]), (1.0, [0, 36, 72])] {
            let rig = start(random, 0);
            tokio::time::sleep(Duration::from_secs(73)).await;
            assert_eq!(rig.times(Why::Interval)[..3], times);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_changes_is_one_run_soon_after() {
        let rig = start(0.5, 0);
        tokio::time::sleep(Duration::from_secs(10)).await;
        for _ in 0..50 {
            rig.wake.notify_one();
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(rig.times(Why::Changed).len() <= 2);
        assert_eq!(rig.times(Why::Changed)[0], 10);
    }

    #[tokio::test(start_paused = true)]
    async fn constant_changes_do_not_keep_the_interval_from_coming() {
        let rig = start(0.5, 0);
        for _ in 0..700 {
            rig.wake.notify_one();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(rig.times(Why::Interval).len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn progress_is_followed_up_at_once_but_not_for_ever() {
        let rig = start(0.5, 1000);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(rig.times(Why::Progress).len(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_it() {
        let rig = start(0.5, 0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        rig.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(1), rig.task).await.unwrap().unwrap();
    }
}
