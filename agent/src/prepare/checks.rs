//! The checks, one a file, in order of cost.
//!
//! Input: a private server, a time budget. Output: one honest [`Check`] each. Must not: say `passed` of anything that
//! did not run over its whole scope.

pub(super) mod amcheck;
mod batch;
pub(super) mod constraints;
pub(super) mod databases;
pub(super) mod full_read;
pub(super) mod opens;
pub(super) mod pages;
pub(super) mod probes;
pub(super) mod row_counts;
mod tally;

use contract::pods::{Check, CheckName, CheckResult};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// Findings that are named; each further one only counts.
const FINDINGS_NAMED: usize = 5;

/// The time all checks together may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    total: Duration,
    until: Instant,
}

impl Budget {
    /// Starts to run now.
    pub(super) fn start(total: Duration) -> Self {
        Self { total, until: Instant::now() + total }
    }

    /// What is left.
    pub(super) fn left(self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// All of it, for messages.
    pub(super) fn total(self) -> Duration {
        self.total
    }
}

/// How a check ended, before it is known how long it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// How.
    pub(super) result: CheckResult,
    /// What it covered.
    pub(super) scope: String,
    /// What it found, or why it did not run.
    pub(super) detail: Option<String>,
}

impl Outcome {
    /// It ran over `scope` and found nothing.
    pub(super) fn passed(scope: impl Into<String>) -> Self {
        Self { result: CheckResult::Passed, scope: scope.into(), detail: None }
    }

    /// It ended otherwise, because of `detail`.
    pub(super) fn other(result: CheckResult, scope: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { result, scope: scope.into(), detail: Some(detail.into()) }
    }

    /// What was found before, unless that was nothing; then what was found `later`, over both scopes.
    pub(super) fn and(self, later: Self) -> Self {
        match self.result {
            CheckResult::Passed => Self { scope: format!("{}; {}", self.scope, later.scope), ..later },
            _ => self,
        }
    }

    /// With what else is known of the same files: damage counts, and anything less only says how far it went.
    pub(super) fn beside(self, other: Option<&Self>) -> Self {
        let Some(other) = other else { return self };
        let scope = format!("{}; {}", self.scope, other.scope);
        let details = [&self, other].into_iter().filter(|outcome| outcome.result == CheckResult::Failed);
        let details: Vec<&str> = details.filter_map(|outcome| outcome.detail.as_deref()).collect();
        match details.as_slice() {
            [] => Self { scope, ..self },
            details => Self::other(CheckResult::Failed, scope, details.join("; ")),
        }
    }

    /// With its name and the time since `started`.
    pub(super) fn named(self, name: CheckName, started: Instant) -> Check {
        self.after(name, started.elapsed())
    }

    /// With its name and how long it took.
    pub(super) fn after(self, name: CheckName, took: Duration) -> Check {
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let Self { result, scope, detail } = self;
        let shown = detail.as_deref().unwrap_or_default();
        tracing::info!(check = ?name, ?result, %scope, duration_ms, detail = %shown, "check done");
        Check { name, result, scope, duration_ms, detail }
    }
}

/// Every check in the contract's order; those that did not run say why. Probes can run where any are `declared`.
pub(super) fn complete(mut ran: Vec<Check>, why_not: &str, declared: bool) -> Vec<Check> {
    const ALL: [CheckName; 8] = [
        CheckName::Opens,
        CheckName::Databases,
        CheckName::Checksums,
        CheckName::Pages,
        CheckName::Amcheck,
        CheckName::FullRead,
        CheckName::Constraints,
        CheckName::Probes,
    ];
    for name in ALL {
        if !ran.iter().any(|check| check.name == name) {
            let (result, detail) = absent(name, why_not, declared);
            ran.push(Check { name, result, scope: "nothing".into(), duration_ms: 0, detail: Some(detail) });
        }
    }
    ran.sort_by_key(|check| check.name);
    ran
}

fn absent(name: CheckName, why_not: &str, declared: bool) -> (CheckResult, String) {
    if name == CheckName::Probes && !declared {
        return (CheckResult::Unavailable, probes::NONE.to_owned());
    }
    (CheckResult::Skipped, why_not.to_owned())
}

/// Findings as one text, the first few by name.
pub(super) fn listed(findings: &[String]) -> String {
    let named = findings[..findings.len().min(FINDINGS_NAMED)].join("; ");
    match findings.len().saturating_sub(FINDINGS_NAMED) {
        0 => named,
        more => format!("{named}; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, complete, listed};
    use contract::pods::{CheckName, CheckResult};
    use tokio::time::Instant;

    #[tokio::test]
    async fn every_check_of_the_contract_is_reported_in_order() {
        let ran = vec![Outcome::passed("x").named(CheckName::Amcheck, Instant::now())];
        let checks = complete(ran, "the server did not open", true);
        let names: Vec<_> = checks.iter().map(|check| check.name).collect();
        assert!(names.is_sorted() && names.len() == 8, "{names:?}");
        assert_eq!(checks.iter().filter(|check| check.result == CheckResult::Passed).count(), 1);
        assert_eq!(checks[0].detail.as_deref(), Some("the server did not open"));
    }

    #[test]
    fn what_did_not_run_is_never_passed_and_probes_nobody_gave_are_told_from_those_not_asked() {
        for (declared, expected) in [(false, CheckResult::Unavailable), (true, CheckResult::Skipped)] {
            for check in complete(Vec::new(), "x", declared) {
                let is_probes = check.name == CheckName::Probes;
                assert_eq!(check.result, if is_probes { expected } else { CheckResult::Skipped });
            }
        }
    }

    #[test]
    fn a_check_in_two_parts_passes_only_if_both_do() {
        let failed = || Outcome::other(CheckResult::Failed, "b", "bad");
        assert_eq!(Outcome::passed("a").and(Outcome::passed("b")), Outcome::passed("a; b"));
        assert_eq!(Outcome::passed("a").and(failed()).result, CheckResult::Failed);
        assert_eq!(failed().and(Outcome::passed("a")), failed());
    }

    #[test]
    fn damage_known_from_elsewhere_counts_and_less_than_damage_does_not() {
        let (passed, failed) =
            (Outcome::passed("a"), |what: &str| Outcome::other(CheckResult::Failed, "b", what));
        let skipped = Outcome::other(CheckResult::Skipped, "3 of 7", "no time");
        assert_eq!(passed.clone().beside(None), passed);
        assert_eq!(passed.clone().beside(Some(&skipped)), Outcome::passed("a; 3 of 7"));
        assert_eq!(passed.beside(Some(&failed("x"))), Outcome::other(CheckResult::Failed, "a; b", "x"));
        assert_eq!(failed("x").beside(Some(&failed("y"))).detail.as_deref(), Some("x; y"));
        assert_eq!(skipped.beside(Some(&failed("y"))).detail.as_deref(), Some("y"));
    }

    #[test]
    fn many_findings_are_named_in_part_and_counted_in_full() {
        let findings: Vec<_> = (1..=7).map(|n| n.to_string()).collect();
        assert_eq!(listed(&findings), "1; 2; 3; 4; 5; and 2 more");
        assert_eq!(listed(&findings[..1]), "1");
    }
}
