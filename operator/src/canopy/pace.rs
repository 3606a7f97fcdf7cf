//! When a call that failed may be made again: pauses that grow, jittered, per endpoint and group.
//!
//! Input: how calls ended, and the time. Output: whether a call may be made now. Must not: make a call, or let one
//! group's trouble hold up another's; only where Canopy cannot be reached at all does everything wait.

use super::{CanopyError, Endpoint};
use contract::ids::GroupId;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// The pause after a first failure, before jitter.
const FIRST: Duration = Duration::from_secs(1);
/// Groups that are remembered to be in trouble; beyond that the ones whose pause is over are forgotten.
const REMEMBERED: usize = 4096;

/// What a pause is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// Canopy as a whole.
    Canopy,
    /// One endpoint, for one group where it has to do with one.
    Endpoint(Endpoint, Option<GroupId>),
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    failures: u32,
    length: Duration,
    until: Instant,
}

/// All pauses in force.
#[derive(Debug)]
pub(super) struct Paces {
    longest: Duration,
    pauses: HashMap<Subject, Pause>,
}

impl Paces {
    /// None yet; without a wish of Canopy's none will be longer than `longest`, jitter aside.
    pub(super) fn up_to(longest: Duration) -> Self {
        Self { longest, pauses: HashMap::new() }
    }

    /// How long a call has to wait; none: it may be made, and is the one that finds out whether the trouble is over.
    pub(super) fn wait(&mut self, subject: Subject, now: Instant) -> Option<Duration> {
        let subjects = [Subject::Canopy, subject];
        let longest = subjects.iter().filter_map(|subject| self.pauses.get(subject)).map(|p| p.until).max();
        if let Some(until) = longest.filter(|until| *until > now) {
            return Some(until.duration_since(now));
        }
        for subject in subjects {
            if let Some(pause) = self.pauses.get_mut(&subject) {
                pause.until = now + pause.length;
            }
        }
        None
    }

    /// Whether Canopy as a whole is left alone since it could not be reached.
    pub(super) fn is_canopy_paused(&self) -> bool {
        self.pauses.contains_key(&Subject::Canopy)
    }

    /// Notes how a call ended; `random` is from 0 to 1.
    pub(super) fn ended(&mut self, subject: Subject, error: Option<&CanopyError>, random: f64, now: Instant) {
        let unreachable = matches!(error, Some(CanopyError::Unreachable { .. }));
        if !unreachable {
            self.pauses.remove(&Subject::Canopy);
        }
        let Some(error) = error.filter(|error| !error.is_about_the_request()) else {
            self.pauses.remove(&subject);
            return;
        };
        self.pause(if unreachable { Subject::Canopy } else { subject }, error, random, now);
    }

    fn pause(&mut self, subject: Subject, error: &CanopyError, random: f64, now: Instant) {
        if self.pauses.len() >= REMEMBERED {
            self.pauses.retain(|_, pause| pause.until > now);
        }
        let failures = self.pauses.get(&subject).map_or(0, |pause| pause.failures).saturating_add(1);
        let length = length(failures, self.longest, random).max(error.retry_after().unwrap_or_default());
        self.pauses.insert(subject, Pause { failures, length, until: now + length });
    }
}

/// Doubled with each failure in a row, and up to half as long again, so that many clusters do not come back together.
fn length(failures: u32, longest: Duration, random: f64) -> Duration {
    let full = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest);
    full.mul_f64(1.0 + random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests;
