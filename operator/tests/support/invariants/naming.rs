//! I16: whatever the worklist holds, names are valid and bounded, and only what is a snapshot id is asked for.

use super::hold;
use operator::plan::Step;

/// Names in a step.
pub(super) fn of(step: &Step, found: &mut Vec<String>) {
    let namespace = step.namespace();
    hold(found, is_label(namespace.as_str()), "I16", namespace, "no valid name of a namespace");
    let (run, snapshot) = match step {
        Step::StartSizing { order, .. } => (Some(&order.run), Some(order.snapshot.as_str())),
        Step::StartRestore { order, .. } => (Some(&order.run), Some(order.snapshot.as_str())),
        Step::StartPostgres(order) => (Some(&order.run), Some(order.snapshot.as_str())),
        Step::Serve { order, .. } => (Some(&order.run), None),
        Step::RemoveRun { run, .. } => (Some(run), None),
        _ => (None, None),
    };
    let fits = run.is_none_or(|run| is_label(&format!("pgdata-{run}")));
    hold(found, fits, "I16", namespace, "no valid name of an object");
    let id = snapshot.is_none_or(is_snapshot);
    hold(found, id, "I16", namespace, "something is asked for that is no snapshot id");
}

fn is_label(text: &str) -> bool {
    let inside = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    inside && !text.is_empty() && text.len() <= 63 && !text.starts_with('-') && !text.ends_with('-')
}

fn is_snapshot(text: &str) -> bool {
    let digits = text.strip_prefix(|c: char| c.is_ascii_lowercase()).unwrap_or(text);
    text.len() >= 8 && text.len() <= 128 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
