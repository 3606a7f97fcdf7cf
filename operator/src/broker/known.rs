//! Callers the API server has identified a moment ago, for when it gives no answer.
//!
//! Input: its answers. Output: the last one for a token, while it is young. Must not: hold a token, only its digest;
//! be asked while the API server answers; or grow without bound.

use super::identify::Identified;
use contract::secret::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long an answer stands in for the next one: a restore outlives a restart of the API server, and a pod that is
/// gone is not served for longer.
const KEPT: Duration = Duration::from_mins(1);

/// Most callers that are kept, a few kilobytes each: many times the restores that run at once.
const MOST: usize = 256;

/// What a token is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn of(token: &SecretString) -> Self {
        Self(Sha256::digest(token.expose_secret()).into())
    }
}

/// The last answers, by token.
#[derive(Default)]
pub(super) struct Known(Mutex<BTreeMap<Key, (Instant, Arc<Identified>)>>);

impl Known {
    /// The API server has just answered.
    pub(super) fn keep(&self, key: Key, identified: Arc<Identified>, now: Instant) {
        let mut known = self.known();
        known.retain(|_, (at, _)| now.duration_since(*at) <= KEPT);
        if known.len() >= MOST && !known.contains_key(&key) {
            let oldest = known.iter().min_by_key(|(_, (at, _))| *at).map(|(key, _)| *key);
            oldest.map(|oldest| known.remove(&oldest));
        }
        known.insert(key, (now, identified));
    }

    /// The API server does not accept the token any more.
    pub(super) fn forget(&self, key: &Key) {
        self.known().remove(key);
    }

    /// Its last answer, if that is young enough to stand in for the next.
    pub(super) fn recall(&self, key: &Key, now: Instant) -> Option<Arc<Identified>> {
        let known = self.known();
        let (at, identified) = known.get(key)?;
        (now.duration_since(*at) <= KEPT).then(|| Arc::clone(identified))
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Key, (Instant, Arc<Identified>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Key, Known, MOST};
    use crate::broker::{Caller, identify::Identified};
    use std::{sync::Arc, time::Duration};
    use tokio::time::Instant;

    fn someone() -> Arc<Identified> {
        let caller = Caller {
            namespace: "replica-1".parse().unwrap(),
            service_account: "restore".to_owned(),
            pod_name: "p".to_owned(),
            pod_uid: "u".to_owned(),
        };
        Arc::new(Identified { caller, pod: None, namespace: None })
    }

    fn key(n: usize) -> Key {
        Key::of(&format!("token {n}").into())
    }

    #[test]
    fn fault_c15_an_answer_stands_in_for_a_minute_and_no_longer() {
        let (known, now) = (Known::default(), Instant::now());
        known.keep(key(1), someone(), now);
        assert!(known.recall(&key(1), now + KEPT).is_some());
        assert!(known.recall(&key(1), now + KEPT + Duration::from_millis(1)).is_none());
        assert!(known.recall(&key(2), now).is_none());
    }

    #[test]
    fn what_is_forgotten_does_not_come_back() {
        let (known, now) = (Known::default(), Instant::now());
        known.keep(key(1), someone(), now);
        known.forget(&key(1));
        assert!(known.recall(&key(1), now).is_none());
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let (known, now) = (Known::default(), Instant::now());
        for n in 0..=MOST {
            known.keep(key(n), someone(), now + Duration::from_millis(u64::try_from(n).unwrap()));
        }
        assert_eq!(known.known().len(), MOST);
        assert!(known.recall(&key(0), now).is_none());
        assert!(known.recall(&key(MOST), now).is_some());
    }
}
