//! What was planned, what was done, what was found.
//!
//! Input: relations and findings. Output: the check's outcome. Must not: pass where a relation was left out or damaged.

use super::relations::{Kind, Relation};
use crate::prepare::checks::{Outcome, listed};
use contract::pods::CheckResult;
use std::time::Duration;

/// Findings that are kept; a ruined database has millions.
const KEPT_MAX: usize = 1000;

/// Running totals.
#[derive(Debug)]
pub(super) struct Tally {
    budget: Duration,
    planned: Share,
    done: Share,
    heaps: bool,
    damaged: Vec<String>,
    left_out: Vec<String>,
    out_of_time: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Share {
    relations: usize,
    bytes: u64,
}

impl Tally {
    /// Nothing yet, of a check that may take `budget`.
    pub(super) fn new(budget: Duration) -> Self {
        let none = Share::default();
        Self {
            budget,
            planned: none,
            done: none,
            heaps: false,
            damaged: vec![],
            left_out: vec![],
            out_of_time: false,
        }
    }

    /// These are to be checked too.
    pub(super) fn plan(&mut self, relations: &[Relation]) {
        self.planned.relations += relations.len();
        self.planned.bytes += relations.iter().map(|relation| relation.bytes).sum::<u64>();
        self.heaps |= relations.iter().any(|relation| relation.kind == Kind::Heap);
    }

    /// It was checked to its end, and nothing was found.
    pub(super) fn sound(&mut self, relation: &Relation) {
        self.done.relations += 1;
        self.done.bytes += relation.bytes;
    }

    /// Damage.
    pub(super) fn damaged(&mut self, finding: String) {
        if self.damaged.len() < KEPT_MAX {
            tracing::warn!("amcheck: {finding}");
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

    /// For the log.
    pub(super) fn progress(&self) -> String {
        let (done, planned) = (self.done, self.planned);
        let percent = (done.bytes * 100).checked_div(planned.bytes).unwrap_or(100);
        format!(
            "{} of {} relations, {percent} % of {} MiB",
            done.relations,
            planned.relations,
            planned.bytes >> 20
        )
    }

    /// The verdict over `databases` databases.
    pub(super) fn outcome(self, databases: usize) -> Outcome {
        let what = if self.heaps { "btree indexes and heaps" } else { "btree indexes (no heaps before 14)" };
        let scope = format!("{what} of {databases} databases: {}", self.progress());
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
    use super::{Kind, Relation, Tally};
    use contract::pods::CheckResult;
    use std::time::Duration;

    fn relation(bytes: u64) -> Relation {
        Relation { oid: 1, name: "public.t".into(), kind: Kind::Heap, bytes, shorter_than: None }
    }

    fn planned(bytes: &[u64]) -> Tally {
        let relations: Vec<_> = bytes.iter().copied().map(relation).collect();
        let mut tally = Tally::new(Duration::from_mins(1));
        tally.plan(&relations);
        tally
    }

    #[test]
    fn everything_checked_and_nothing_found_passes() {
        let mut tally = planned(&[1 << 20]);
        tally.sound(&relation(1 << 20));
        let outcome = tally.outcome(2);
        assert_eq!(outcome.result, CheckResult::Passed);
        assert_eq!(outcome.scope, "btree indexes and heaps of 2 databases: 1 of 1 relations, 100 % of 1 MiB");
    }

    #[test]
    fn a_spent_budget_is_skipped_with_the_share_that_was_covered() {
        let mut tally = planned(&[1 << 20, 3 << 20]);
        tally.sound(&relation(1 << 20));
        tally.out_of_time();
        let outcome = tally.outcome(1);
        assert_eq!(outcome.result, CheckResult::Skipped);
        assert_eq!(
            outcome.detail.as_deref(),
            Some("the budget of 60 s was spent: 1 of 2 relations, 25 % of 4 MiB")
        );
    }

    #[test]
    fn damage_outweighs_everything_else() {
        let mut tally = planned(&[1]);
        tally.out_of_time();
        tally.left_out("locked".into());
        tally.damaged("app.public.t block 3: bad".into());
        let outcome = tally.outcome(1);
        assert_eq!(outcome.result, CheckResult::Failed);
        assert_eq!(outcome.detail.as_deref(), Some("app.public.t block 3: bad"));
    }

    #[test]
    fn a_relation_that_could_not_be_checked_keeps_the_check_from_passing() {
        let mut tally = planned(&[1]);
        tally.left_out("app.public.t: locked".into());
        assert_eq!(tally.outcome(1).result, CheckResult::Skipped);
    }

    #[test]
    fn a_server_without_a_heap_check_says_so_in_its_scope() {
        assert!(Tally::new(Duration::ZERO).outcome(1).scope.contains("no heaps before 14"));
    }
}
