//! What changed lately in one kind: what watches are fed from, and what earlier views are worked out with.

use crate::object::Object;
use std::{collections::VecDeque, sync::Arc};

/// Changes remembered of one kind. A watch that is further behind is told that it is too old.
const MAX: usize = 50_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeType {
    Added,
    Modified,
    Deleted,
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) what: ChangeType,
    /// As it was after; for a deletion its last state.
    pub(crate) object: Arc<Object>,
    /// As it was before.
    pub(crate) before: Option<Arc<Object>>,
    /// Whether no watch is told.
    pub(crate) hidden: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    changes: VecDeque<Change>,
    /// Up to here nothing is remembered.
    floor: u64,
}

impl History {
    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push_back(change);
        if self.changes.len() > MAX {
            self.floor = self.changes.pop_front().map_or(self.floor, |change| change.object.revision());
        }
    }

    pub(crate) fn since(&self, revision: u64) -> Option<std::collections::vec_deque::Iter<'_, Change>> {
        if revision < self.floor {
            return None;
        }
        let from = self.changes.partition_point(|change| change.object.revision() <= revision);
        Some(self.changes.range(from..))
    }

    pub(crate) fn forget(&mut self, until: u64) {
        self.changes.clear();
        self.floor = until;
    }
}
