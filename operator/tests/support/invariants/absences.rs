//! I5: nothing is torn down that the worklists have not long and often enough left out, and never much at once.

use super::{Look, hold};
use contract::ids::ReplicaKey;
use jiff::{SignedDuration, Timestamp};
use operator::{
    model::{Observed, Phase, Replica},
    plan::{Decision, Step},
};
use std::collections::{BTreeMap, BTreeSet};

/// Absences of so few at once are no mass, whatever the size of the fleet.
const FEW: usize = 2;

/// What worklists have left out, as somebody who reads them notes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Absences {
    left_out: BTreeMap<ReplicaKey, Vec<Missed>>,
    /// Replicas that went, and when.
    gone: Vec<Timestamp>,
}

/// One list that leaves something out.
#[derive(Debug, Clone, Copy)]
struct Missed {
    at: Timestamp,
    /// It leaves out everything, or much at once.
    suspicious: bool,
}

impl Absences {
    /// A complete list was read that speaks of `named`.
    pub(crate) fn read(
        &mut self,
        named: &BTreeSet<ReplicaKey>,
        observed: &Observed,
        now: Timestamp,
        mass_percent: usize,
    ) {
        let standing = observed.replicas().filter(|replica| replica.going.is_none());
        let standing: BTreeSet<ReplicaKey> = standing.map(|replica| replica.identity.key).collect();
        self.left_out.retain(|key, _| standing.contains(key) && !named.contains(key));
        let (missing, all) = (standing.difference(named).count(), standing.len());
        let much = missing > FEW && missing * 100 > all * mass_percent;
        let missed = Missed { at: now, suspicious: much || (named.is_empty() && missing > 0) };
        for key in standing.difference(named) {
            self.left_out.entry(*key).or_default().push(missed);
        }
    }

    /// A replica went.
    pub(crate) fn went(&mut self, now: Timestamp) {
        self.gone.push(now);
    }

    /// How many went within `window` before `now`.
    fn gone_within(&self, window: SignedDuration, now: Timestamp) -> usize {
        self.gone.iter().filter(|at| now.duration_since(**at) < window).count()
    }
}

/// A replica is condemned or deleted.
pub(super) fn of(look: &Look<'_>, replica: &Replica, found: &mut Vec<String>) {
    let breach = |what: String, found: &mut Vec<String>| hold(found, false, "I5", &replica.namespace, &what);
    let Some(lists) = look.absences.left_out.get(&replica.identity.key) else {
        return breach(
            "torn down, though the last complete worklist names it, or none was read".into(),
            found,
        );
    };
    let Some(first) = lists.first() else { return breach("torn down without an absence".into(), found) };
    within_the_window(look, replica, found);
    let rules = &look.policy.teardown;
    let released = replica.teardown_released_at;
    let noted = released.is_some() && replica.record.release_noted == released;
    let before = noted && lists.len() >= rules.absences as usize && watched(lists, rules.min) >= rules.min;
    if before || released.is_some_and(|at| at >= first.at && at <= look.now) {
        return;
    }
    let trusted = lists.iter().rev().take_while(|missed| !missed.suspicious).count();
    let shortly = &lists[lists.len() - trusted..];
    let enough =
        |lists: &[Missed], over| lists.len() >= rules.absences as usize && watched(lists, rules.min) >= over;
    if !enough(shortly, rules.min) && !enough(lists, rules.hold) {
        breach(format!("torn down after {} absences, {trusted} of them trusted", lists.len()), found);
    }
}

/// For how long somebody watched: between two lists for no longer than `most`.
fn watched(lists: &[Missed], most: SignedDuration) -> SignedDuration {
    let gaps = lists.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at));
    gaps.map(|gap| gap.max(SignedDuration::ZERO).min(most)).fold(SignedDuration::ZERO, |sum, gap| sum + gap)
}

/// How many go is bounded: those that went, and those that are going with this one.
fn within_the_window(look: &Look<'_>, replica: &Replica, found: &mut Vec<String>) {
    let rules = &look.policy.teardown;
    let went = look.absences.gone_within(rules.window, look.now);
    let standing = look.observed.replicas().count();
    let going = look.observed.replicas().filter(|other| is_going(look, other)).count();
    let most = rules.window_count.max((standing + went) * rules.window_percent / 100);
    let what = format!("{} of {} go within one window", went + going, standing + went);
    hold(found, went + going <= most, "I5", &replica.namespace, &what);
}

/// Whether a replica is condemned with this plan, or was before and still stands.
fn is_going(look: &Look<'_>, replica: &Replica) -> bool {
    replica.record.phase == Phase::Terminating
        || matches!(
            look.plan.decisions.get(&replica.namespace),
            Some(Decision::Do(Step::WriteRecord { record, .. })) if record.phase == Phase::Terminating
        )
}
