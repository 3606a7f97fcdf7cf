//! What a truthful report says, and whether one does.

use contract::canopy::{HealthDetails, Outcome, Verification};
use contract::pods::{CheckName, CheckResult, Fix, MANDATORY_CHECKS};

/// What is shown of a report.
const SAID_MAX: usize = 140;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth {
    /// It is sound, after these repairs, and every mandatory check passed.
    Sound(&'static [Fix]),
    /// It did not come up, with this class and reason, and the error holds this text.
    Failed(&'static str, &'static str),
    /// It came up, and this check failed, with this text in its detail.
    Refused(CheckName, &'static str),
}

impl Truth {
    pub(crate) fn is_told_by(self, report: &Verification) -> bool {
        let error = report.error.as_deref().unwrap_or_default();
        let health = health(report);
        let checks = health.as_ref().map(|health| health.checks.as_slice()).unwrap_or_default();
        let ended = |name: CheckName, result| {
            checks.iter().find(|check| check.name == name && check.result == result)
        };
        let is_success = report.outcome == Outcome::Success;
        match self {
            Self::Sound(fixes) => {
                let all = MANDATORY_CHECKS.into_iter().all(|name| ended(name, CheckResult::Passed).is_some());
                is_success && report.replica_healthy && all && health.is_some_and(|h| h.fixes == fixes)
            }
            Self::Failed(reason, text) => {
                let begins = error.starts_with(&format!("{reason}: "));
                !is_success && !report.replica_healthy && begins && error.contains(text)
            }
            Self::Refused(name, text) => {
                let detail = ended(name, CheckResult::Failed).and_then(|check| check.detail.as_deref());
                let is_refused = !is_success && !report.replica_healthy;
                let begins = error.starts_with("verification_failed: check_failed: ");
                is_refused && begins && detail.is_some_and(|detail| detail.contains(text))
            }
        }
    }
}

fn health(report: &Verification) -> Option<HealthDetails> {
    serde_json::from_value(report.health_details.clone()?).ok()
}

/// A report in a few words.
pub(crate) fn said(report: &Verification) -> String {
    let fixes = health(report).map(|health| health.fixes).unwrap_or_default();
    let sound = if fixes.is_empty() { "sound".to_owned() } else { format!("sound after {fixes:?}") };
    report.error.clone().unwrap_or(sound).chars().take(SAID_MAX).collect()
}
