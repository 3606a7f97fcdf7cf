//! When so much is absent at once that the list looks like a mistake.
//!
//! Input: one complete worklist and who stands. Output: yes or no. The share is measured in more than one way, since
//! namespaces made for the entries of a wrong list must not hide who it leaves out.

use super::super::{Worklist, policy::TeardownPolicy};
use crate::model::Replica;
use contract::ids::ReplicaKey;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Below this number of absent replicas a large share is no sign of a mistake, unless it is all of them.
const FLOOR: usize = 3;

/// Whether an empty list, or a large share of all, of the `elders`, or of those older than the hold, is absent.
pub(super) fn looks_wrong(
    worklist: &Worklist,
    staying: &[&Replica],
    absent: &[&Replica],
    elders: &BTreeSet<ReplicaKey>,
    now: Timestamp,
    policy: &TeardownPolicy,
) -> bool {
    let is_elder = |replica: &Replica| elders.contains(&replica.identity.key);
    let is_old = |replica: &Replica| now.duration_since(replica.created_at) >= policy.hold;
    let among = |group: &dyn Fn(&Replica) -> bool| {
        let count = |replicas: &[&Replica]| replicas.iter().filter(|replica| group(replica)).count();
        is_large(count(absent), count(staying), policy)
    };
    (worklist.is_empty() && !absent.is_empty()) || among(&|_| true) || among(&is_elder) || among(&is_old)
}

fn is_large(absent: usize, of: usize, policy: &TeardownPolicy) -> bool {
    (absent >= FLOOR && absent * 100 > of * policy.mass_percent) || (absent >= 2 && absent == of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_large_above_the_percentage_and_from_three_on_or_when_it_is_all_of_several() {
        let large = |absent, of| is_large(absent, of, &TeardownPolicy::default());
        assert!(large(4, 10) && large(3, 9) && large(2, 2));
        assert!(!large(3, 10) && !large(2, 3) && !large(1, 1) && !large(0, 0));
    }
}
