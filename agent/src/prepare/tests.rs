use super::{checks::Outcome, conclude};
use contract::pods::{CheckName, CheckResult, Failure, FailureReason, MANDATORY_CHECKS, PrepareReport};
use tokio::time::Instant;

fn all_passed() -> PrepareReport {
    let checks = MANDATORY_CHECKS.map(|name| Outcome::passed("all").named(name, Instant::now()));
    PrepareReport { checks: checks.into(), ..PrepareReport::default() }
}

#[tokio::test]
async fn a_report_with_every_mandatory_check_passed_may_be_served() {
    let mut report = all_passed();
    conclude(&mut report, None, false);
    assert!(report.is_sound());
    assert_eq!(report.failure, None);
}

#[tokio::test]
async fn a_check_that_did_not_pass_is_a_failure_that_names_it() {
    let mut report = all_passed();
    report.checks[2] = Outcome::other(CheckResult::Failed, "all", "app.public.t block 3: bad")
        .named(CheckName::Amcheck, Instant::now());
    conclude(&mut report, None, false);
    let failure = report.failure.unwrap();
    assert_eq!(failure.reason, FailureReason::CheckFailed);
    assert_eq!(failure.message, "check amcheck failed: app.public.t block 3: bad");
}

#[tokio::test]
async fn damage_found_by_an_optional_check_is_a_failure_too() {
    let mut report = all_passed();
    report
        .checks
        .push(Outcome::other(CheckResult::Failed, "all", "bad").named(CheckName::Checksums, Instant::now()));
    conclude(&mut report, None, false);
    assert_eq!(report.failure.map(|failure| failure.message).as_deref(), Some("check checksums failed: bad"));
}

#[test]
fn a_database_that_never_came_up_reports_every_check_as_not_run() {
    let mut report = PrepareReport::default();
    let failure = Failure { reason: FailureReason::Recovery, message: "PANIC".into() };
    conclude(&mut report, Some(failure.clone()), true);
    assert_eq!(report.failure, Some(failure));
    assert_eq!(report.checks.len(), 8);
    assert!(report.checks.iter().all(|check| check.result != CheckResult::Passed && check.detail.is_some()));
}

#[tokio::test]
async fn probes_that_were_not_asked_are_a_failure_that_names_them() {
    let mut report = all_passed();
    conclude(&mut report, None, true);
    let failure = report.failure.unwrap();
    assert_eq!(failure.message, "check probes skipped: an earlier check failed");
}
