//! A plan in the words of a scenario file: of each step its data, of a written record what changes in it.

use crate::words;
use contract::{
    canopy::Verification,
    names::annotations,
    pods::{RowCounts, SnapshotSize},
    probes::Probes,
};
use jiff::Timestamp;
use operator::{
    model::{Attempt, Ending, Observed, Seen},
    plan::{Decision, Step},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One decision, by key.
pub(crate) type Shown = BTreeMap<String, String>;

/// A record as it is written.
type Annotations = BTreeMap<&'static str, Option<String>>;

/// A decision in words.
pub(crate) fn decision(decision: &Decision, observed: &Observed) -> Shown {
    match decision {
        Decision::Rest(because) => {
            let mut shown = fields(because);
            let reason = shown.remove("because").unwrap_or_default();
            shown.insert("rest".into(), reason);
            shown
        }
        Decision::Do(step) => {
            let mut shown = self::step(step, observed);
            shown.insert("do".into(), step.name().into());
            shown
        }
    }
}

fn fields(value: &impl Serialize) -> Shown {
    let Ok(Value::Object(map)) = serde_json::to_value(value) else { panic!("not a map") };
    map.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key, scalar(&value))).collect()
}

/// A scalar as text; instants in words.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => words::told(at),
            Err(_) => words::in_words(text),
        },
        other => other.to_string(),
    }
}

fn step(step: &Step, observed: &Observed) -> Shown {
    let pairs = |pairs: &[(&str, String)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    match step {
        Step::CreateNamespace { identity, record, .. } => {
            let mut shown = changes(&BTreeMap::new(), &record.to_annotations());
            shown.insert("intent".into(), identity.intent.to_string());
            shown
        }
        Step::WriteRecord { namespace, record, .. } => match &observed.namespaces[namespace] {
            Seen::Replica(replica) => changes(&replica.record.to_annotations(), &record.to_annotations()),
            Seen::Unreadable { .. } => panic!("a record is written over what does not read"),
        },
        Step::StartSizing { order, .. } => pairs(&[
            ("run", words::in_words(order.run.as_str())),
            ("snapshot", words::in_words(order.snapshot.as_str())),
            ("from", format!("s3://{}/{}", order.source.bucket, order.source.prefix)),
        ]),
        Step::StartRestore { order, .. } => pairs(&[
            ("run", words::in_words(order.run.as_str())),
            ("snapshot", words::in_words(order.snapshot.as_str())),
            ("from", format!("s3://{}/{}", order.source.bucket, order.source.prefix)),
            ("volume", words::size(order.fit.volume_bytes)),
        ])
        .into_iter()
        .chain(probes(&order.probes))
        .collect(),
        Step::StartPostgres(order) => pairs(&[
            ("run", words::in_words(order.run.as_str())),
            ("snapshot", words::in_words(&order.snapshot)),
            ("major", order.postgres_major.to_string()),
            ("data_dir", order.data_dir.to_string()),
        ])
        .into_iter()
        .chain(probes(&order.probes))
        .chain(rows(&order.rows_before))
        .collect(),
        Step::Serve { order, .. } => {
            pairs(&[("run", words::in_words(order.run.as_str())), ("database", order.database.clone())])
        }
        Step::RemoveJob { run, .. } | Step::RemoveRun { run, .. } => {
            pairs(&[("run", words::in_words(run.as_str()))])
        }
        Step::SendReport { report, .. } => pairs(&[("report", self::report(report))]),
        Step::DeleteNamespace { .. } => Shown::new(),
    }
}

/// Their names, where there are any.
fn probes(probes: &Probes) -> Option<(String, String)> {
    let names: Vec<&str> = probes.as_slice().iter().map(|probe| probe.name.as_str()).collect();
    (!names.is_empty()).then(|| ("probes".to_owned(), names.join(" ")))
}

/// What the last good run had, where that counts.
fn rows(rows: &RowCounts) -> Option<(String, String)> {
    (!rows.is_empty()).then(|| ("rows".to_owned(), rows.to_string()))
}

/// The annotations that differ, without their prefix; what is removed is `gone`.
fn changes(old: &Annotations, new: &Annotations) -> Shown {
    let changed = new.iter().filter(|(key, value)| old.get(*key).unwrap_or(&None) != *value);
    let shown = changed.map(|(key, value)| {
        let name = key.strip_prefix("pgro.bes.au/").unwrap_or(key).to_owned();
        (name, value.as_deref().map_or_else(|| "gone".to_owned(), |value| annotation(key, value)))
    });
    shown.collect()
}

fn annotation(key: &str, value: &str) -> String {
    match key {
        annotations::ATTEMPT => attempt(&serde_json::from_str(value).unwrap()),
        annotations::PENDING_REPORT => {
            let reports: Vec<Verification> = serde_json::from_str(value).unwrap();
            reports.iter().map(report).collect::<Vec<_>>().join(", then ")
        }
        annotations::VOLUME_MIN_BYTES => words::size(value.parse().unwrap()),
        annotations::SNAPSHOT_SIZE => {
            let size: SnapshotSize = serde_json::from_str(value).unwrap();
            format!("{} {}", words::in_words(size.snapshot_id.as_str()), words::size(size.bytes))
        }
        _ => scalar(&value.into()),
    }
}

fn attempt(attempt: &Attempt) -> String {
    let name = format!("{}.{}", words::in_words(&attempt.snapshot), attempt.number);
    match &attempt.ending {
        None => match &attempt.resumption {
            Some(again) => format!("{name} goes on {}, {} time", words::told(again.at), again.count),
            None => format!("{name} begun {}", words::told(attempt.started_at)),
        },
        Some(Ending::Succeeded { at }) => format!("{name} succeeded {}", words::told(*at)),
        Some(Ending::Failed { at, reason }) => {
            format!("{name} failed {} by {}", words::told(*at), reason.as_str())
        }
    }
}

fn report(report: &Verification) -> String {
    let snapshot = words::in_words(report.snapshot_id.as_deref().unwrap_or("no snapshot"));
    let healthy = if report.replica_healthy { ", healthy" } else { "" };
    let error = report.error.as_deref().map(|error| format!(": {}", words::in_words(error)));
    let outcome = format!("{:?}", report.outcome).to_lowercase();
    format!("{outcome} of {snapshot}{healthy}{}", error.unwrap_or_default())
}

/// Whether `text` is what `pattern` says; `…` stands for anything.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
