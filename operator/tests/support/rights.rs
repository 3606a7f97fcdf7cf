//! What the operator is seen to do in any suite is among what it may do.
//!
//! Together with the one test that uses every right (`api_faults/rights.rs`), this makes the rights granted the union of
//! what all suites need: a right that is missing fails the suite that uses it, one too many fails that test.

use fake_apiserver::{Call, Entry};
use operator::rbac::{CLUSTER, HOME, Rule};

/// The operator's own namespace in all suites.
const HOME_NAME: &str = "pgro-system";

/// The first of these calls that no rule allows.
pub(crate) fn not_granted<'a>(mut entries: impl Iterator<Item = &'a Entry>) -> Option<String> {
    entries
        .find(|entry| !is_granted(&entry.call))
        .map(|entry| format!("no right is granted for {:?}", entry.call))
}

fn is_granted(call: &Call) -> bool {
    let at_home = call.namespace == HOME_NAME;
    let mut rules = CLUSTER.iter().chain(HOME.iter().filter(|_| at_home));
    call.subresource.is_empty() && rules.any(|rule| allows(rule, call))
}

fn allows(rule: &Rule, call: &Call) -> bool {
    let kind = call.kind;
    (rule.group, rule.resource) == (kind.group, kind.resource) && rule.verbs.contains(&call.verb.as_str())
}
