//! I12: whatever goes wrong, calls, writes, attempts, unheard reports and tasks stay within fixed bounds.

use crate::{faults::OPERATOR, process::policy, replica};
use contract::names::annotations;
use fake_apiserver::{ApiServer, Call, Entry, Verb};
use jiff::{SignedDuration, Timestamp};
use operator::model::Attempt;
use serde_json::Value;
use std::collections::BTreeMap;

/// Over so long calls are counted.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Most calls of one operator within a window, of ten replicas that all move.
const CALLS_MAX: u64 = 400;

/// Of them, most writes.
const WRITES_MAX: u64 = 200;

/// Most reports of one replica that Canopy has not acknowledged: with eight no attempt is begun.
const UNHEARD_MAX: usize = 9;

/// Most tasks alive: some twenty for each of two operators, and those of calls that hang.
const TASKS_MAX: usize = 400;

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    calls: u64,
    writes: u64,
    created: usize,
}

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    since: Option<Timestamp>,
    by_user: BTreeMap<String, Count>,
    most: Count,
    tasks: usize,
}

impl Bounds {
    /// The most that was seen: calls and writes of one operator in a minute, tasks.
    pub(super) fn most(&self) -> (u64, u64, usize) {
        (self.most.calls, self.most.writes, self.tasks)
    }

    pub(super) fn count(&mut self, entry: &Entry) {
        let call = &entry.call;
        let count = self.by_user.entry(call.user.clone()).or_default();
        count.calls += 1;
        count.writes += u64::from(call.verb.is_write() && call.kind.stored);
        let creates = call.verb == Verb::Create && call.kind.resource == "namespaces" && entry.committed;
        count.created += usize::from(creates);
    }

    /// At the end of a window, and of tasks at any time.
    pub(super) fn hold(&mut self, now: Timestamp) -> Result<(), String> {
        self.tasks = self.tasks.max(tokio::runtime::Handle::current().metrics().num_alive_tasks());
        if self.tasks > TASKS_MAX {
            return Err(format!("{} tasks are alive", self.tasks));
        }
        if now.duration_since(*self.since.get_or_insert(now)) < WINDOW {
            return Ok(());
        }
        self.since = Some(now);
        let counts = std::mem::take(&mut self.by_user);
        let created: usize = counts.values().map(|count| count.created).sum();
        // Two operators may have led within one window.
        if created > 2 * policy().creations_per_minute {
            return Err(format!("{created} namespaces were made within a minute"));
        }
        counts.iter().try_for_each(|(user, count)| self.judge(user, *count))
    }

    fn judge(&mut self, user: &str, count: Count) -> Result<(), String> {
        self.most.calls = self.most.calls.max(count.calls);
        self.most.writes = self.most.writes.max(count.writes);
        if user.starts_with(OPERATOR) && (count.calls > CALLS_MAX || count.writes > WRITES_MAX) {
            return Err(format!("{user} made within a minute {count:?}"));
        }
        Ok(())
    }
}

/// The calls of an operator that were made most often lately, for whoever looks into a breach.
pub(super) fn busiest(server: &ApiServer) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    server.audit(|audit| {
        for entry in audit.entries().rev().take(1000).filter(|entry| entry.call.user.starts_with(OPERATOR)) {
            let Call { user, verb, kind, namespace, name, .. } = &entry.call;
            let what =
                format!("{user} {} {} {namespace}/{name}: {}", verb.as_str(), kind.resource, entry.code);
            *counts.entry(what).or_default() += 1;
        }
    });
    let mut most: Vec<_> = counts.into_iter().map(|(what, count)| (count, what)).collect();
    most.sort_by(|one, other| other.cmp(one));
    let lines: Vec<String> =
        most.iter().take(8).map(|(count, what)| format!("\n  {count} x {what}")).collect();
    lines.concat()
}

/// At any time.
pub(super) fn attempts_and_reports(server: &ApiServer) -> Result<(), String> {
    let mut open = Vec::new();
    for namespace in replica::namespaces(server) {
        let unheard = namespace.annotation(annotations::PENDING_REPORT);
        let unheard = unheard.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let waiting = unheard.and_then(|all| all.as_array().map(Vec::len)).unwrap_or_default();
        if waiting > UNHEARD_MAX {
            return Err(format!("{} has {waiting} reports unheard", namespace.name()));
        }
        if !namespace.is_terminating() && attempt(&namespace).is_some_and(|attempt| attempt.is_open()) {
            open.push(namespace.name().to_owned());
        }
    }
    let most = policy().max_concurrent_restores;
    if open.len() > most { Err(format!("{most} may be restored at a time: {open:?}")) } else { Ok(()) }
}

/// The attempt a namespace tells of.
pub(super) fn attempt(namespace: &fake_apiserver::Object) -> Option<Attempt> {
    serde_json::from_str(namespace.annotation(annotations::ATTEMPT)?).ok()
}
