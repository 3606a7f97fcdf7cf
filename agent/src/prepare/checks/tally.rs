//! What was planned, what was done, what was found.
//!
//! Input: relations and findings. Output: the check's outcome. Must not: pass where a relation was left out or damaged.

use super::{Outcome, listed};
use contract::pods::CheckResult;
use std::{fmt::Write, time::Duration};
use tokio::time::Instant;

/// Findings that are kept; a ruined database has millions.
const KEPT_MAX: usize = 1000;
/// How often progress is told at most.
const PROGRESS: Duration = Duration::from_mins(1);

/// Running totals.
#[derive(Debug)]
pub(super) struct Tally {
    check: &'static str,
    budget: Duration,
    planned: Share,
    done: Share,
    damaged: Vec<String>,
    left_out: Vec<String>,
    locked: usize,
    lacking: usize,
    out_of_time: bool,
    told: Instant,
}

#[derive(Debug, Default, Clone, Copy)]
struct Share {
    relations: usize,
    bytes: u64,
}

impl Tally {
    /// Nothing yet, of a check that may take `budget`.
    pub(super) fn new(check: &'static str, budget: Duration) -> Self {
        let none = Share::default();
        let (damaged, left_out) = (vec![], vec![]);
        let told = Instant::now();
        Self {
            check,
            budget,
            planned: none,
            done: none,
            damaged,
            left_out,
            locked: 0,
            lacking: 0,
            out_of_time: false,
            told,
        }
    }

    /// So many relations are no part of it: transactions in doubt have locked them, on the source as here.
    pub(super) fn locked(&mut self, relations: usize) {
        self.locked += relations;
    }

    /// Relations of these sizes are to be checked too.
    pub(super) fn plan(&mut self, sizes: impl Iterator<Item = u64>) {
        for bytes in sizes {
            self.planned.relations += 1;
            self.planned.bytes += bytes;
        }
    }

    /// One of this size was checked to its end, and nothing was found.
    pub(super) fn sound(&mut self, bytes: u64) {
        self.done.relations += 1;
        self.done.bytes += bytes;
        if self.told.elapsed() >= PROGRESS {
            self.told = Instant::now();
            tracing::info!("{}: {}", self.check, self.progress());
        }
    }

    /// Damage.
    pub(super) fn damaged(&mut self, finding: String) {
        if self.damaged.len() < KEPT_MAX {
            tracing::warn!("{}: {finding}", self.check);
            self.damaged.push(finding);
        }
    }

    /// It could not be checked.
    pub(super) fn left_out(&mut self, why: String) {
        if self.left_out.len() < KEPT_MAX {
            self.left_out.push(why);
        }
    }

    /// The budget is spent.
    pub(super) fn out_of_time(&mut self) {
        self.out_of_time = true;
    }

    /// One is no part of it: this image lacks what the source's extension is made of, and nobody can use it here.
    pub(super) fn lacking(&mut self, why: &str) {
        tracing::warn!("{}: {why}", self.check);
        self.lacking += 1;
    }

    fn progress(&self) -> String {
        let (done, planned) = (self.done, self.planned);
        let percent = (done.bytes * 100).checked_div(planned.bytes).unwrap_or(100);
        format!(
            "{} of {} relations, {percent} % of {} MiB",
            done.relations,
            planned.relations,
            planned.bytes >> 20
        )
    }

    /// The verdict over `what`.
    pub(super) fn outcome(self, what: &str) -> Outcome {
        let mut scope = format!("{what}: {}", self.progress());
        if self.locked > 0 {
            let _ = write!(scope, "; {} are locked by transactions in doubt", self.locked);
        }
        if self.lacking > 0 {
            let _ = write!(scope, "; {} need an extension that this image lacks", self.lacking);
        }
        if !self.damaged.is_empty() {
            return Outcome::other(CheckResult::Failed, scope, listed(&self.damaged));
        }
        if self.out_of_time {
            let detail = format!("the budget of {} s was spent: {}", self.budget.as_secs(), self.progress());
            return Outcome::other(CheckResult::Skipped, scope, detail);
        }
        if !self.left_out.is_empty() {
            return Outcome::other(CheckResult::Skipped, scope, listed(&self.left_out));
        }
        Outcome::passed(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use contract::pods::CheckResult;
    use std::time::Duration;

    fn planned(sizes: &[u64]) -> Tally {
        let mut tally = Tally::new("amcheck", Duration::from_mins(1));
        tally.plan(sizes.iter().copied());
        tally
    }

    #[tokio::test]
    async fn everything_checked_and_nothing_found_passes() {
        let mut tally = planned(&[1 << 20]);
        tally.sound(1 << 20);
        let outcome = tally.outcome("heaps of 2 databases");
        assert_eq!(outcome.result, CheckResult::Passed);
        assert_eq!(outcome.scope, "heaps of 2 databases: 1 of 1 relations, 100 % of 1 MiB");
    }

    #[tokio::test]
    async fn a_spent_budget_is_skipped_with_the_share_that_was_covered() {
        let mut tally = planned(&[1 << 20, 3 << 20]);
        tally.sound(1 << 20);
        tally.out_of_time();
        let outcome = tally.outcome("heaps");
        assert_eq!(outcome.result, CheckResult::Skipped);
        assert_eq!(
            outcome.detail.as_deref(),
            Some("the budget of 60 s was spent: 1 of 2 relations, 25 % of 4 MiB")
        );
    }

    #[tokio::test]
    async fn what_a_transaction_in_doubt_has_locked_is_told_in_the_scope() {
        let mut tally = planned(&[1]);
        tally.sound(1);
        tally.locked(2);
        let outcome = tally.outcome("heaps");
        assert_eq!(outcome.result, CheckResult::Passed);
        assert!(outcome.scope.ends_with("; 2 are locked by transactions in doubt"), "{}", outcome.scope);
    }

    #[tokio::test]
    async fn what_an_image_lacks_keeps_no_check_from_passing_and_is_told() {
        let mut tally = planned(&[1]);
        tally.lacking("app.public.t: no postgis");
        let outcome = tally.outcome("heaps");
        assert_eq!(outcome.result, CheckResult::Passed);
        assert!(outcome.scope.contains("1 need an extension that this image lacks"), "{}", outcome.scope);
    }

    #[tokio::test]
    async fn damage_outweighs_everything_else() {
        let mut tally = planned(&[1]);
        tally.out_of_time();
        tally.left_out("locked".into());
        tally.damaged("app.public.t block 3: bad".into());
        let outcome = tally.outcome("heaps");
        assert_eq!(outcome.result, CheckResult::Failed);
        assert_eq!(outcome.detail.as_deref(), Some("app.public.t block 3: bad"));
    }

    #[tokio::test]
    async fn a_relation_that_could_not_be_checked_keeps_the_check_from_passing() {
        let mut tally = planned(&[1]);
        tally.left_out("app.public.t: locked".into());
        assert_eq!(tally.outcome("heaps").result, CheckResult::Skipped);
    }
}
