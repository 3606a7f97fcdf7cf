//! Showing how far a restore is, on the namespace of its replica.
//!
//! Input: what the restore's proxy posts. Output: one annotation, written about once a minute at most, whatever is
//! posted. Must not: be needed by any decision; the record knows nothing of it and removes it when it changes.

use super::{SinkError, StatsSink};
use contract::{broker::RestoreProgress, names::NamespaceName};
use jiff::Timestamp;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Shortest time between two writes for one replica: a little less than the minute its proxy waits.
const INTERVAL: Duration = Duration::from_secs(50);

/// Most replicas that are remembered: many times the restores that run at once.
const MOST: usize = 1024;

/// What the annotation holds.
#[derive(Debug, Serialize)]
pub(super) struct Shown<'a> {
    /// Of which restore.
    pub(super) job: &'a str,
    /// When it was told.
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) progress: RestoreProgress,
}

/// When each replica's progress was last written.
#[derive(Debug, Default)]
pub(super) struct Shows(Mutex<BTreeMap<NamespaceName, Instant>>);

impl Shows {
    /// Whether progress of `namespace` may be written now; if so, that is remembered.
    pub(super) fn is_due(&self, namespace: &NamespaceName, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|_, at| now.duration_since(*at) < INTERVAL);
        if last.contains_key(namespace) || last.len() >= MOST {
            return false;
        }
        last.insert(namespace.clone(), now);
        true
    }

    /// Writes it, if that is due; what is told more often is not kept.
    pub(super) async fn show(
        &self,
        sink: &dyn StatsSink,
        namespace: (&NamespaceName, &str),
        shown: &Shown<'_>,
        now: Instant,
    ) -> Result<(), SinkError> {
        if !self.is_due(namespace.0, now) {
            return Ok(());
        }
        let text = serde_json::to_string(shown).unwrap_or_default();
        sink.show(namespace.0, namespace.1, text).await
    }
}

#[cfg(test)]
mod tests {
    use super::{INTERVAL, MOST, Shows};
    use contract::names::NamespaceName;
    use tokio::time::Instant;

    fn name(number: usize) -> NamespaceName {
        format!("replica-{number}").parse().unwrap()
    }

    #[test]
    fn progress_of_one_replica_is_written_about_once_a_minute_however_often_it_is_told() {
        let (shows, start) = (Shows::default(), Instant::now());
        let due: Vec<_> = (0..7).filter(|n| shows.is_due(&name(1), start + INTERVAL * *n / 3)).collect();
        assert_eq!(due, [0, 3, 6]);
    }

    #[test]
    fn one_replica_does_not_silence_another() {
        let (shows, now) = (Shows::default(), Instant::now());
        assert!(shows.is_due(&name(1), now) && shows.is_due(&name(2), now) && !shows.is_due(&name(1), now));
    }

    #[test]
    fn fault_c9_of_too_many_the_rest_is_not_shown_until_there_is_room() {
        let (shows, now) = (Shows::default(), Instant::now());
        assert_eq!((0..MOST + 5).filter(|number| shows.is_due(&name(*number), now)).count(), MOST);
        assert!(shows.is_due(&name(MOST + 6), now + INTERVAL));
    }
}
