//! Whether reading ahead pays.
//!
//! Input: what clients asked for, and what was read ahead for nothing. Output: whether to go on with it. Must not: let
//! what is wasted grow beyond a share of what is of use.

/// Wasted before anything is known of how clients read: a few streams.
const AT_FIRST: u64 = 32 << 20;
/// Of twenty bytes that were asked for, so many may be wasted: half of what a full restore is allowed.
const SHARE: u64 = 20;

/// What was of use, and what was not.
#[derive(Debug, Default)]
pub struct Ledger {
    asked: u64,
    wasted: u64,
}

impl Ledger {
    /// A client asked for so many bytes. Says whether there is enough in hand to read ahead of it.
    pub fn asked(&mut self, bytes: u64) -> bool {
        self.asked = self.asked.saturating_add(bytes);
        self.wasted <= AT_FIRST + self.asked / SHARE
    }

    /// At most so many bytes were read ahead for nothing.
    pub fn wasted(&mut self, bytes: u64) {
        self.wasted = self.wasted.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_FIRST, Ledger, SHARE};

    #[test]
    fn readers_that_never_come_back_are_not_read_ahead_of_for_long() {
        let mut ledger = Ledger::default();
        let (range, stream) = (1 << 20, 6 << 20);
        let mut wasted = 0;
        for _ in 0..10_000 {
            if ledger.asked(range) {
                ledger.wasted(stream);
                wasted += stream;
            }
        }
        assert!(wasted <= AT_FIRST + 10_000 * range / SHARE + stream, "{wasted}");
    }

    #[test]
    fn what_is_of_use_earns_leave_again() {
        let mut ledger = Ledger::default();
        ledger.wasted(2 * AT_FIRST);
        assert!(!ledger.asked(0));
        assert!(ledger.asked(AT_FIRST * SHARE));
    }
}
