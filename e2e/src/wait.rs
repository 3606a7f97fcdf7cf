//! The one place that waits. Input: a named deadline and a look at the world. Output: what was waited for, or an error
//! that names the wait and the last thing seen. Must not be used to let time pass: a look decides, never the clock.

use std::future::Future;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::timeouts::Deadline;

/// How often the world is looked at: often enough that a wait adds little, seldom enough that ten of them side by side
/// do not load a small API server.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What one look found.
#[derive(Debug)]
pub enum Look<T> {
    /// What was waited for.
    Done(T),
    /// Not yet; this is how things stand.
    NotYet(String),
}

impl<T> Look<T> {
    /// Done where there is a value.
    pub fn some(found: Option<T>, otherwise: impl Into<String>) -> Self {
        found.map_or_else(|| Self::NotYet(otherwise.into()), Self::Done)
    }
}

/// Looks until it is done, an error says that it never will be, or the deadline passes. Errors of a look end the wait:
/// a look that may fail for a while says `NotYet`.
pub async fn until<T, F>(deadline: Deadline, mut look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Look<T>>>,
{
    let mut last = "nothing".to_owned();
    let looking = async {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            match look().await? {
                Look::Done(found) => return Ok(found),
                Look::NotYet(seen) => last = seen,
            }
        }
    };
    match tokio::time::timeout(deadline.within, looking).await {
        Ok(result) => result,
        Err(_) => bail!("waited {} s for {}; last seen: {last}", deadline.within.as_secs(), deadline.what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Deadline = Deadline { what: "the thing", within: Duration::from_secs(3) };

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_with_what_was_waited_for() {
        let mut looks = 0;
        let found = until(SHORT, || {
            looks += 1;
            let look = Look::some((looks == 3).then_some(looks), "too few");
            async { Ok(look) }
        });
        assert_eq!(found.await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_fails_names_itself_and_the_last_thing_seen() {
        let error =
            until::<(), _>(SHORT, || async { Ok(Look::NotYet("half a thing".into())) }).await.unwrap_err();
        assert_eq!(error.to_string(), "waited 3 s for the thing; last seen: half a thing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_does_not_outlive_the_deadline() {
        let error = until::<(), _>(SHORT, std::future::pending).await.unwrap_err();
        assert!(error.to_string().starts_with("waited 3 s"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_ends_the_wait_at_once() {
        let mut looks = 0;
        let result = until::<(), _>(SHORT, || {
            looks += 1;
            async { bail!("gone for good") }
        });
        assert_eq!(result.await.unwrap_err().to_string(), "gone for good");
        assert_eq!(looks, 1);
    }
}
