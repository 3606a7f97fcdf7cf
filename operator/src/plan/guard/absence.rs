//! What speaks for the absence of one entry: lists, and the time they were watched over.

use super::super::policy::TeardownPolicy;
use jiff::{SignedDuration, Timestamp};

/// Lists in a row that leave something out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Evidence {
    lists: u32,
    lasted: SignedDuration,
}

impl Evidence {
    fn and(self, gap: SignedDuration) -> Self {
        let gap = if self.lists == 0 { SignedDuration::ZERO } else { gap };
        Self { lists: self.lists.saturating_add(1), lasted: self.lasted.saturating_add(gap) }
    }

    fn is(self, lists: u32, lasting: SignedDuration) -> bool {
        self.lists >= lists && self.lasted >= lasting
    }
}

/// One entry's absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Absence {
    /// The first list without it.
    pub(super) since: Timestamp,
    /// When it was let go.
    pub(super) admitted: Option<Timestamp>,
    all: Evidence,
    /// The latest of them, as long as none looked like a mistake.
    calm: Evidence,
}

impl Absence {
    /// Nothing speaks for it yet.
    pub(super) fn begun(now: Timestamp) -> Self {
        Self { since: now, admitted: None, all: Evidence::default(), calm: Evidence::default() }
    }

    /// One more list leaves it out, read `gap` after the one before. A list that looks like a mistake proves nothing
    /// on its own, and whatever the next lists say, they begin anew.
    pub(super) fn again(self, gap: SignedDuration, looks_wrong: bool) -> Self {
        let calm = if looks_wrong { Evidence::default() } else { self.calm.and(gap) };
        Self { all: self.all.and(gap), calm, ..self }
    }

    /// Whether it is believed: a few lists that look right, or many over long.
    pub(super) fn is_ripe(self, policy: &TeardownPolicy) -> bool {
        self.calm.is(policy.absences, policy.min) || self.all.is(policy.absences, policy.hold)
    }

    /// Whether it was watched for as long as any absence has to last, whatever the lists look like.
    pub(super) fn is_watched(self, policy: &TeardownPolicy) -> bool {
        self.all.is(policy.absences, policy.min)
    }

    /// Lists without it.
    pub(super) fn lists(self) -> u32 {
        self.all.lists
    }
}

/// The time from one list to the next, as far as it counts: nobody watched in between, and clocks may be set. So no
/// gap counts for more than the shortest absence, and a step back for nothing.
pub(super) fn gap(before: Option<Timestamp>, now: Timestamp, policy: &TeardownPolicy) -> SignedDuration {
    let passed = before.map_or(SignedDuration::ZERO, |before| now.duration_since(before));
    passed.clamp(SignedDuration::ZERO, policy.min)
}
