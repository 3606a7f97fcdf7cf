//! The table and its last line.

use crate::case::Ended;
use std::fmt;

/// What is shown of a report.
const SAID_MAX: usize = 110;

pub(crate) struct Table<'a>(pub(crate) &'a [Ended]);

impl Table<'_> {
    /// Whether there are reports, and every one is the truth.
    pub(crate) fn is_perfect(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|ended| ended.is_true)
    }

    /// True reports and all, of damaged or of sound copies.
    fn share(&self, damaged: bool) -> (usize, usize) {
        let of: Vec<_> = self.0.iter().filter(|ended| ended.is_damaged == damaged).collect();
        (of.iter().filter(|ended| ended.is_true).count(), of.len())
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ended in self.0 {
            let mark = if ended.is_true { "ok " } else { "BAD" };
            let kind = if ended.is_damaged { "damaged" } else { "sound" };
            let said: String = ended.said.chars().take(SAID_MAX).collect();
            writeln!(f, "{mark} {kind:7} {:62} {said}", ended.name)?;
        }
        let ((found, damaged), (confirmed, sound)) = (self.share(true), self.share(false));
        write!(f, "detection: {found} of {damaged} damaged found, {confirmed} of {sound} sound confirmed")
    }
}
