//! How many stages passed. Pure.

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;

/// A count of how stages ended.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    pub(super) fn count(&mut self, ended: &Result<()>) {
        match ended {
            Ok(()) => self.passed += 1,
            Err(_) => self.failed += 1,
        }
    }

    pub(super) fn skip(&mut self) {
        self.skipped += 1;
    }

    /// Success only if nothing failed.
    pub(crate) fn code(&self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stages: {} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_stage_fails_the_whole() {
        let mut tally = Tally::default();
        tally.count(&Ok(()));
        assert_eq!(format!("{:?}", tally.code()), format!("{:?}", ExitCode::SUCCESS));
        tally.count(&Err(anyhow::anyhow!("no")));
        assert_eq!(format!("{:?}", tally.code()), format!("{:?}", ExitCode::FAILURE));
    }

    #[test]
    fn the_closing_line_counts_every_stage() {
        let mut tally = Tally::default();
        tally.count(&Ok(()));
        assert_eq!(tally.to_string(), "stages: 1 passed, 0 failed");
        tally.skip();
        assert_eq!(tally.to_string(), "stages: 1 passed, 0 failed, 1 skipped");
    }
}
