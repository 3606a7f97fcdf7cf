//! Scripted trouble.
//!
//! Input: rules, and calls as they come. Output: at most one [`Harm`] for each call, the same on every run. Must not:
//! change what is stored.

mod rule;

pub use rule::Fault;

use crate::request::Call;
use std::{collections::BTreeMap, time::Duration};

/// What befalls a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Harm {
    /// It is refused with this status, and nothing is done.
    Refuse {
        /// Status.
        code: u16,
        /// Seconds of `Retry-After`.
        retry_after: Option<u32>,
        /// What it says.
        message: String,
    },
    /// It is done, and yet answered with this status.
    DoneBut {
        /// Status.
        code: u16,
    },
    /// The connection breaks before anything is done.
    Cut,
    /// It is done, and the connection breaks before the answer.
    DoneAndCut,
    /// It is never answered and never done.
    Hang,
    /// It is done, and never answered.
    DoneAndHang,
    /// It takes this long, and is done then.
    Delay(Duration),
    /// The caller dies as the call arrives: it hangs, and whoever waits for
    /// [`death`](crate::ApiServer::death) is told.
    DieBefore,
    /// The caller dies as the call is done.
    DieAfter,
    /// A read shows what was at this revision; only for `get` and `list`.
    ReadAt(u64),
}

impl Harm {
    /// A refusal with this status.
    pub fn status(code: u16) -> Self {
        Self::Refuse { code, retry_after: None, message: format!("a fault answers {code}") }
    }

    /// A refusal that says when to come again.
    pub fn retry_after(code: u16, seconds: u32) -> Self {
        Self::Refuse { code, retry_after: Some(seconds), message: format!("a fault answers {code}") }
    }

    /// Whether the call is done all the same.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::DoneBut { .. }
            | Self::DoneAndCut
            | Self::DoneAndHang
            | Self::DieAfter
            | Self::Delay(_)
            | Self::ReadAt(_) => true,
            Self::Refuse { .. } | Self::Cut | Self::Hang | Self::DieBefore => false,
        }
    }
}

/// Decides on every call in place of rules; what a simulation's seed drives.
pub type Judge = Box<dyn FnMut(&Call) -> Option<Harm> + Send>;

/// All rules in force.
#[derive(Default)]
pub struct Faults {
    rules: Vec<Fault>,
    judge: Option<Judge>,
    /// Users who see the cluster as it was at a revision.
    pub(crate) frozen: BTreeMap<String, u64>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults")
            .field("rules", &self.rules)
            .field("frozen", &self.frozen)
            .finish_non_exhaustive()
    }
}

impl Faults {
    /// One more rule; of several that fit a call, the first decides.
    pub fn add(&mut self, fault: Fault) {
        self.rules.push(fault);
    }

    /// No more trouble.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// `judge` decides on every call from now on that no rule fits.
    pub fn judge(&mut self, judge: Judge) {
        self.judge = Some(judge);
    }

    /// `user` sees the cluster as it was at `revision`, in lists, gets and watches, until [`thaw`](Self::thaw).
    pub fn freeze(&mut self, user: &str, revision: u64) {
        self.frozen.insert(user.to_owned(), revision);
    }

    /// `user` sees the cluster as it is.
    pub fn thaw(&mut self, user: &str) {
        self.frozen.remove(user);
    }

    pub(crate) fn strike(&mut self, call: &Call) -> Option<Harm> {
        let harm = self.rules.iter_mut().find_map(|rule| rule.strike(call));
        harm.or_else(|| self.judge.as_mut()?(call))
    }
}
