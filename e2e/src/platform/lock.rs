//! One process at a time changes the cache and the cluster.

use std::fs::{File, TryLockError};
use std::time::Duration;

use anyhow::{Context, Result};

use super::layout::Layout;
use crate::progress::Progress;

/// As long as the longest run that could be in the way: a cold one on a slow machine.
const PATIENCE: Duration = Duration::from_hours(1);

/// Held until dropped; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "holding the file is what it is for")] File);

pub(crate) async fn acquire(layout: &Layout, progress: &Progress) -> Result<Lock> {
    let path = layout.lock();
    std::fs::create_dir_all(layout.root()).context("failed to create the cache folder")?;
    let file = File::create(&path).with_context(|| format!("failed to create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            progress.say(&format!("another run holds {}: waiting for it", path.display()));
            wait(file).await
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("failed to lock {}", path.display()))
        }
    }
}

async fn wait(file: File) -> Result<Lock> {
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| Lock(file)));
    let lock = tokio::time::timeout(PATIENCE, waiting).await;
    lock.context("the other run did not end within an hour: end it, and run this again")?
        .context("waiting for the lock was interrupted")?
        .context("failed to lock the cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_run_waits_until_the_first_lets_go() {
        let cache = tempfile::tempdir().unwrap();
        let layout = Layout::find(Some(cache.path().into()), None).unwrap();
        let progress = Progress::default();
        let first = acquire(&layout, &progress).await.unwrap();
        let mut second = std::pin::pin!(acquire(&layout, &progress));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut second).await.is_err(), "did not wait");
        drop(first);
        tokio::time::timeout(Duration::from_secs(10), second).await.unwrap().unwrap();
    }
}
