//! Does tasks side by side: each as soon as what it needs is done, compilers no more than the cores can feed.
//!
//! Input: tasks in order of importance. Output: all done, or the first failure, upon which the others are stopped.

use std::collections::HashSet;
use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::job::Task;

/// Downloads, unpacking and engine calls at one time: they mostly wait, but for one disk.
const LIGHT: usize = 3;

/// Compilers at one time. Each uses every core where it can; two overlap one's download and its single-threaded link
/// with the other's compiling, and more than four only cost memory.
pub(crate) fn heavy(cores: usize) -> usize {
    cores.clamp(2, 4)
}

/// How many jobs of each kind may run at one time.
#[derive(Clone)]
pub(crate) struct Lanes {
    light: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
}

impl Lanes {
    pub(crate) fn new(heavy: usize) -> Self {
        Self { light: Arc::new(Semaphore::new(LIGHT)), heavy: Arc::new(Semaphore::new(heavy)) }
    }
}

pub(crate) async fn run<J, W>(
    tasks: Vec<Task<J>>,
    lanes: Lanes,
    is_heavy: impl Fn(J) -> bool,
    work: impl Fn(J) -> W,
) -> Result<()>
where
    J: Copy + Eq + Hash + Debug + Send + 'static,
    W: Future<Output = Result<()>> + Send + 'static,
{
    let mut waiting = tasks;
    let mut done: HashSet<J> = HashSet::new();
    let mut running = JoinSet::new();
    loop {
        let (ready, blocked): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|task| task.after.iter().all(|need| done.contains(need)));
        waiting = blocked;
        for Task { job, .. } in ready {
            let lane = if is_heavy(job) { Arc::clone(&lanes.heavy) } else { Arc::clone(&lanes.light) };
            let work = work(job);
            running.spawn(async move {
                let _permit = lane.acquire_owned().await.context("the lanes are closed")?;
                work.await.map(|()| job)
            });
        }
        match running.join_next().await {
            Some(finished) => done.insert(finished.context("a step was interrupted")??),
            None if waiting.is_empty() => return Ok(()),
            None => bail!("these steps wait for each other: {waiting:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn task(job: u8, after: &[u8]) -> Task<u8> {
        Task { job, after: after.to_vec() }
    }

    #[tokio::test]
    async fn a_task_starts_only_when_what_it_needs_is_done() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let record = |job| {
            let order = Arc::clone(&order);
            async move {
                tokio::task::yield_now().await;
                order.lock().unwrap().push(job);
                Ok(())
            }
        };
        let tasks = vec![task(3, &[1, 2]), task(2, &[1]), task(1, &[])];
        run(tasks, Lanes::new(2), |_| false, record).await.unwrap();
        assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
    }

    #[tokio::test]
    async fn compilers_never_outnumber_their_lane() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        };
        run((0..10).map(|job| task(job, &[])).collect(), Lanes::new(2), |_| true, work).await.unwrap();
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn the_first_failure_ends_all_and_starts_nothing_more() {
        let work = |job| async move {
            match job {
                1 => bail!("no network"),
                2 => std::future::pending().await,
                _ => panic!("started {job} after a failure"),
            }
        };
        let tasks = vec![task(1, &[]), task(2, &[]), task(3, &[1])];
        let error = run(tasks, Lanes::new(2), |_| false, work).await.unwrap_err();
        assert_eq!(error.to_string(), "no network");
    }

    #[tokio::test]
    async fn tasks_that_wait_for_each_other_are_an_error_not_a_hang() {
        let tasks = vec![task(1, &[2]), task(2, &[1])];
        let error = run(tasks, Lanes::new(2), |_| false, |_| async { Ok(()) }).await.unwrap_err();
        assert!(error.to_string().contains("wait for each other"));
    }

    #[test]
    fn a_small_machine_still_overlaps_two_compilers_and_a_large_one_is_bounded() {
        assert_eq!((heavy(1), heavy(2), heavy(64)), (2, 2, 4));
    }
}
