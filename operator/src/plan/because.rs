//! Reasons for leaving a replica alone. "Why is nothing happening?" always has an answer.

use super::breaker::Parked;
use crate::model::Trouble;
use jiff::Timestamp;
use serde::Serialize;

/// Why nothing is done now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Because {
    /// The wanted snapshot is served.
    UpToDate,
    /// The worklist names no snapshot yet.
    NoSnapshot,
    /// The repository is asked how large the snapshot is.
    Sizing {
        /// Since when.
        since: Timestamp,
        /// What the cluster waits for, if it says.
        waiting_for: Option<Trouble>,
    },
    /// A restore is being started or runs.
    RestoreRunning {
        /// Since when.
        since: Timestamp,
        /// What the cluster waits for, if it says.
        waiting_for: Option<Trouble>,
    },
    /// PostgreSQL is recovered and checked.
    Verifying {
        /// Since when.
        since: Timestamp,
        /// What the cluster waits for, if it says.
        waiting_for: Option<Trouble>,
    },
    /// A restore pod may still write to the volume: its end is waited for.
    WriterAlive,
    /// The last attempt failed; the next one has to wait.
    BackingOff {
        /// Until when.
        until: Timestamp,
        /// Failures in a row.
        failures: u32,
    },
    /// What the worklist asks for can never succeed; another entry, or `force-refresh`, is waited for.
    Refused,
    /// As many restores run as may.
    NoSlot,
    /// Its bucket, or Canopy for its group, does not answer: one attempt at a time asks whether it does again.
    Parked(Parked),
    /// As many namespaces were made within the last minute as may be.
    CreationLimited,
    /// It serves, but its database is in trouble; the cluster heals pods, a person may ask with `force-refresh`.
    ServingTrouble {
        /// What the cluster says.
        waiting_for: Option<Trouble>,
    },
    /// The worklist offers an older snapshot than the one served.
    OlderThanServed,
    /// Guests of the run before are given time to go.
    Draining {
        /// Until when.
        until: Timestamp,
    },
    /// No worklist was read yet in this process's life.
    WorklistUnknown,
    /// Its entry is there but does not read.
    Quarantined {
        /// What does not read.
        why: String,
    },
    /// Its entry is gone, not long enough to act on it.
    Withdrawn {
        /// Why not yet, for people.
        why: String,
    },
    /// The namespace is going.
    Terminating {
        /// Since when.
        since: Timestamp,
        /// It takes longer than it should: the finalizers and conditions that are waited for.
        stuck: Option<String>,
    },
    /// What was last written there is not seen yet.
    CatchingUp,
    /// Labels or annotations do not read.
    Unreadable {
        /// What does not read.
        why: String,
    },
    /// The entry asks for another group, type or intent than the namespace was made for: the old replica goes the way
    /// of a withdrawn one, then the new one is made.
    IdentityChanged {
        /// Why not yet, for people.
        why: String,
    },
    /// Too many reports are not acknowledged.
    OutboxFull,
}
