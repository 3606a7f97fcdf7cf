//! The decision for one namespace.

use super::{
    Because, Decision, Guard, Moment, Policy, Step, Verdict, attempt, cleanup, guard, heal, queue::Queue,
    refresh, report, worklist::Wish,
};
use crate::model::{Ending, Going, Phase, Record, Replica, Wanted};
use jiff::Timestamp;
use std::borrow::Cow;

/// What every decision of one plan is made by.
pub(super) struct Context<'a> {
    /// Whether absence from the worklist means anything.
    pub(super) complete: bool,
    /// What was seen of absences.
    pub(super) guard: &'a Guard,
    /// When it is decided.
    pub(super) moment: Moment,
    /// The numbers.
    pub(super) policy: &'a Policy,
}

/// Life first, reports when life rests: a report must not be overtaken by the write that follows it.
pub(super) fn decide(
    replica: &Replica,
    wish: &Wish<'_>,
    context: &Context<'_>,
    queue: &mut Queue,
) -> Decision {
    if let Some(going) = &replica.going {
        return Decision::Rest(terminating(going, context));
    }
    let decision = match wish {
        Wish::Wanted(wanted) if wanted.identity != replica.identity => {
            leave(replica, context, |why| Because::IdentityChanged { why })
        }
        Wish::Wanted(wanted) => live(replica, wanted, context, queue),
        Wish::Unknown => go_on(replica, Because::WorklistUnknown, context),
        Wish::Quarantined(why) => {
            let because = Because::Quarantined { why: (*why).to_owned() };
            note(replica, None).unwrap_or_else(|| go_on(replica, because, context))
        }
        Wish::Absent => leave(replica, context, |why| Because::Withdrawn { why }),
    };
    match decision {
        Decision::Rest(because) => {
            report::next(replica, context.moment.now).map_or(Decision::Rest(because), Decision::Do)
        }
        Decision::Do(step) => Decision::Do(step),
    }
}

fn terminating(going: &Going, context: &Context<'_>) -> Because {
    let since = going.since;
    let overdue = context.moment.now.duration_since(since) > context.policy.terminating_deadline;
    Because::Terminating { since, stuck: overdue.then(|| going.waits_for.join("; ")) }
}

/// A replica whose entry is there: what serves is kept serving, what was begun is ended, what is due is begun. What
/// cannot be put back for long, or is to be made anew by a person's wish, keeps nothing else waiting.
fn live(replica: &Replica, wanted: &Wanted, context: &Context<'_>, queue: &mut Queue) -> Decision {
    let (now, policy) = (context.moment.now, context.policy);
    let record = current(&replica.record, wanted);
    let open = replica.record.attempt.as_ref().filter(|attempt| attempt.is_open());
    let healing = if open.is_none() { heal::serving(replica, policy) } else { None };
    let first = replica.record.force_refresh.is_none() && heal::in_vain(replica, now, policy).is_none();
    if let Some(step @ Decision::Do(_)) = &healing
        && first
    {
        return step.clone();
    }
    let decision = cleanup::next(replica, now, policy).unwrap_or_else(|| match open {
        Some(open) => attempt::drive(replica, open, Ok(wanted), &record, context.moment, policy),
        None => match (refresh::consider(replica, wanted, &record, now, policy, queue), healing) {
            (Decision::Rest(_), Some(step @ Decision::Do(_))) => step,
            (Decision::Rest(Because::UpToDate), Some(trouble)) => trouble,
            (decision, _) => decision,
        },
    });
    match decision {
        Decision::Rest(because) => settle(replica, record, because),
        Decision::Do(step) => Decision::Do(step),
    }
}

/// A replica whose entry is not known: what was begun is ended, nothing is begun.
fn go_on(replica: &Replica, because: Because, context: &Context<'_>) -> Decision {
    match &replica.record.attempt {
        Some(open) if open.is_open() => {
            attempt::drive(replica, open, Err(&because), &replica.record, context.moment, context.policy)
        }
        _ => Decision::Rest(because),
    }
}

/// A replica nobody wants any more, at least not as what it is: what was begun goes on until it is torn down.
fn leave(replica: &Replica, context: &Context<'_>, because: impl Fn(String) -> Because) -> Decision {
    let since = match context.guard.verdict(replica, &context.policy.teardown) {
        Verdict::Keep { why } => {
            let release = context.guard.unnoted_release(replica, context.moment.now);
            let noted = release.and_then(|at| note(replica, Some(at)));
            return noted.unwrap_or_else(|| go_on(replica, because(why), context));
        }
        Verdict::Gone { .. } if !context.complete => {
            return go_on(replica, because("the last worklist did not read whole".to_owned()), context);
        }
        Verdict::Gone { since } => since,
    };
    let patient = context.moment.now.duration_since(since) < context.policy.report_patience;
    let report = report::next(replica, context.moment.now).filter(|_| patient);
    Decision::Do(report.unwrap_or_else(|| guard::teardown(replica, context.moment.now)))
}

/// Writes down where the replica stands, unless that is written already.
fn settle(replica: &Replica, record: Cow<'_, Record>, because: Because) -> Decision {
    let phase = phase(&record, replica);
    if matches!(record, Cow::Borrowed(_)) && phase == record.phase {
        return Decision::Rest(because);
    }
    written(replica, Record { phase, ..record.into_owned() }).unwrap_or(Decision::Rest(because))
}

/// Writes down which release of a teardown counts, unless that is written already.
fn note(replica: &Replica, release_noted: Option<Timestamp>) -> Option<Decision> {
    written(replica, Record { release_noted, ..replica.record.clone() })
}

/// Writes `record`, where it says anything new.
fn written(replica: &Replica, record: Record) -> Option<Decision> {
    let (namespace, owner) = (replica.namespace.clone(), replica.owner.clone());
    let step = |record| Step::WriteRecord { namespace, owner, record: Box::new(record), notice: None };
    (record != replica.record).then(|| Decision::Do(step(record)))
}

/// The record with what the worklist asks for: a copy only where it asks for something else than before.
fn current<'a>(record: &'a Record, wanted: &Wanted) -> Cow<'a, Record> {
    let snapshot = wanted.target.snapshot();
    let same = record.display_name.as_deref() == Some(&wanted.display_name)
        && record.desired_snapshot_id.as_deref() == snapshot.map(|(id, _)| id)
        && record.desired_snapshot_at == snapshot.and_then(|(_, at)| at)
        && record.release_noted.is_none();
    if same { Cow::Borrowed(record) } else { Cow::Owned(wished(record, wanted)) }
}

/// The record with what the worklist asks for; a release spoke of an absence that is over.
pub(super) fn wished(record: &Record, wanted: &Wanted) -> Record {
    let snapshot = wanted.target.snapshot();
    Record {
        display_name: Some(wanted.display_name.clone()),
        desired_snapshot_id: snapshot.map(|(id, _)| id.to_owned()),
        desired_snapshot_at: snapshot.and_then(|(_, at)| at),
        release_noted: None,
        ..record.clone()
    }
}

/// Where a replica stands: a serving one is active whatever else goes on beside it.
fn phase(record: &Record, replica: &Replica) -> Phase {
    let Some(attempt) = record.attempt.as_ref().filter(|_| record.serving_run.is_none()) else {
        return if record.serving_run.is_some() { Phase::Active } else { Phase::Pending };
    };
    let postgres = replica.runs.get(&attempt.run()).is_some_and(|run| run.postgres.is_some());
    match attempt.ending {
        Some(Ending::Failed { .. }) => Phase::Failed,
        Some(Ending::Succeeded { .. }) => Phase::Active,
        None if postgres => Phase::Verifying,
        None => Phase::Restoring,
    }
}

#[cfg(test)]
mod tests {
    use super::{current, wished};
    use crate::{
        model::Record,
        plan::tests::sim::{FIRST, SECOND, wanted},
    };
    use jiff::Timestamp;
    use std::borrow::Cow;

    #[test]
    fn a_record_is_copied_exactly_where_the_worklist_asks_for_something_else() {
        let (plain, first) = (wanted(1, None), wanted(1, Some(FIRST)));
        let mut renamed = first.clone();
        renamed.display_name.push('!');
        let noted =
            Record { release_noted: Some(Timestamp::UNIX_EPOCH), ..wished(&Record::default(), &first) };
        let records = [&plain, &first, &renamed].map(|before| wished(&Record::default(), before));
        for record in records.into_iter().chain([noted]) {
            for entry in [&plain, &first, &renamed, &wanted(1, Some(SECOND))] {
                let now = current(&record, entry);
                assert_eq!(*now, wished(&record, entry));
                assert_eq!(matches!(now, Cow::Borrowed(_)), *now == record);
            }
        }
    }
}
