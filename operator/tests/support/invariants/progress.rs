//! I13 and I14: everything is decided, every rest has an end, and nobody waits for a slot that is free.

use super::{Look, hold};
use jiff::SignedDuration;
use operator::{
    model::{JobPhase, JobSeen, PostgresPhase, Replica, Seen, Size, SizingPhase},
    plan::{Because, Decision, Step},
};

/// Nothing is left out, and no more is begun than may.
pub(super) fn of_the_whole(look: &Look<'_>, found: &mut Vec<String>) {
    for namespace in look.observed.namespaces.keys() {
        let decided = look.plan.decisions.contains_key(namespace);
        hold(found, decided, "I13", namespace, "nothing is decided for it");
    }
    for wanted in &look.wanted {
        let key = wanted.identity.key;
        let stands = look.observed.namespaces.values().any(|seen| match seen {
            Seen::Replica(replica) => replica.identity.key == key,
            Seen::Unreadable { key: theirs, .. } => *theirs == Some(key),
        });
        let decided = look.plan.decisions.contains_key(&wanted.namespace);
        hold(found, stands || decided, "I13", &wanted.namespace, "an entry is passed over");
    }
    let behind = &look.observed.behind;
    let seen = |replica: &&Replica| is_open(replica) && !behind.contains(&replica.namespace);
    let open = behind.len() + look.observed.replicas().filter(seen).count();
    let (begun, waiting) = (count(look, begins), count(look, waits_for_a_slot));
    let most = look.policy.max_concurrent_restores;
    if begun > 0 && open + begun > most {
        found.push(format!("I12: {begun} attempts are begun beside {open}, and {most} may be open"));
    }
    if waiting > 0 && open + begun < most {
        found.push(format!("I14: {waiting} wait for a slot, and {} are free", most - open - begun));
    }
}

fn count(look: &Look<'_>, is: fn(&Look<'_>, &Decision) -> bool) -> usize {
    look.plan.decisions.values().filter(|decision| is(look, decision)).count()
}

fn is_open(replica: &Replica) -> bool {
    replica.record.attempt.as_ref().is_some_and(|attempt| attempt.ending.is_none())
}

fn begins(look: &Look<'_>, decision: &Decision) -> bool {
    let Decision::Do(Step::WriteRecord { namespace, record, .. }) = decision else { return false };
    let Some(Seen::Replica(replica)) = look.observed.namespaces.get(namespace) else { return false };
    !is_open(replica) && record.attempt.as_ref().is_some_and(|attempt| attempt.ending.is_none())
}

fn waits_for_a_slot(_: &Look<'_>, decision: &Decision) -> bool {
    matches!(decision, Decision::Rest(Because::NoSlot))
}

/// What a restore, or what follows it, may take where it is as slow as may be: 10 MiB and 100 files a second.
fn slowest(size: Option<Size>) -> SignedDuration {
    let seconds = size.map_or(0, |size| size.bytes / (10 << 20) + size.files / 100 + 900);
    SignedDuration::from_secs(i64::try_from(seconds).unwrap())
}

/// A replica that is left alone.
pub(super) fn of_rest(look: &Look<'_>, because: &Because, replica: &Replica, found: &mut Vec<String>) {
    if replica.going.is_some() || look.observed.behind.contains(&replica.namespace) {
        return;
    }
    let over = |since, limit: SignedDuration| look.now.duration_since(since) > limit;
    let policy = look.policy;
    let whole_restore = policy.start_deadline + policy.restore_deadline;
    let whole_check = policy.start_deadline + policy.verify_deadline;
    let attempt = replica.record.attempt.as_ref().filter(|attempt| attempt.ending.is_none());
    let run = attempt.and_then(|attempt| replica.runs.get(&attempt.run()));
    let late = match run {
        Some(run) if run.postgres.is_some() => run.postgres.as_ref().is_some_and(|postgres| {
            let starting = matches!(postgres.phase, PostgresPhase::Starting { .. });
            let all = slowest(run.job.as_ref().and_then(JobSeen::restored_size));
            over(postgres.created_at, if starting { policy.start_deadline } else { whole_check.max(all) })
        }),
        Some(run) if run.job.is_none() => run.sizing.as_ref().is_some_and(|sizing| {
            let ended = !matches!(sizing.phase, SizingPhase::Starting { .. } | SizingPhase::Running);
            !ended && over(sizing.created_at, policy.start_deadline + policy.sizing_deadline)
        }),
        Some(run) => run.job.as_ref().is_some_and(|job| {
            let starting = matches!(job.phase, JobPhase::Starting { .. });
            let given_up = attempt.and_then(|attempt| attempt.resumption.as_ref()).is_some_and(|again| {
                again.job == job.id && !over(again.at, policy.start_deadline.max(policy.retry_base))
            });
            let whole = whole_restore.max(slowest(job.size));
            !given_up && over(job.created_at, if starting { policy.start_deadline } else { whole })
        }),
        None => false,
    };
    hold(found, !late, "I13", &replica.namespace, "a wait without an end");
    bounded_pause(look, because, replica, found);
}

fn bounded_pause(look: &Look<'_>, because: &Because, replica: &Replica, found: &mut Vec<String>) {
    let (until, most) = match because {
        Because::BackingOff { until, .. } => (until, look.policy.retry_max.saturating_mul(6) / 5),
        Because::Draining { until } => (until, look.policy.drain),
        _ => return,
    };
    let pause = until.duration_since(look.now);
    let fair = pause.is_positive() && pause <= most;
    hold(found, fair, "I13", &replica.namespace, "a pause that is over already, or longer than the longest");
}

/// What is tried for an attempt in progress is tried no longer than it may take, once somebody can.
pub(super) fn of_try(look: &Look<'_>, step: &Step, replica: &Replica, found: &mut Vec<String>) {
    let Some(attempt) = replica.record.attempt.as_ref().filter(|attempt| attempt.ending.is_none()) else {
        return;
    };
    let Some(run) = replica.runs.get(&attempt.run()) else { return };
    let policy = look.policy;
    let (start, whole_restore) = (policy.start_deadline, policy.start_deadline + policy.restore_deadline);
    let (since, most, own) = match (step, &run.job, &run.postgres) {
        (Step::StartSizing { .. } | Step::StartRestore { .. }, ..) => (Some(attempt.since()), start, start),
        (Step::StartPostgres(_), Some(job), _) => (Some(job.created_at), whole_restore + start, start),
        (Step::Serve { .. }, _, Some(postgres)) => {
            let own = policy.switch_deadline;
            (Some(postgres.created_at), start + policy.verify_deadline + own, own)
        }
        _ => (None, start, start),
    };
    let over = |since, most: SignedDuration| look.now.duration_since(since) > most;
    let late = since.is_some_and(|since| over(since, most)) && over(look.acting_since, own);
    hold(found, !late, "I13", &replica.namespace, "something is tried without an end");
}
