use crate::tell::{EventReason, Place};
use kube::runtime::events::EventType;
use std::collections::BTreeSet;

const DOC: &str = include_str!("../../../../docs/observing.md");

#[test]
fn the_documented_events_are_the_ones_there_are() {
    let row = |reason: &EventReason| {
        let kind = if matches!(reason.kind(), EventType::Warning) { "Warning" } else { "Normal" };
        let place = match reason.place() {
            Place::Replica => "replica",
            Place::Operator => "operator",
        };
        format!("| `{}` | {kind} | {place} |", reason.as_str())
    };
    let rows: Vec<String> = EventReason::ALL.iter().map(row).collect();
    for row in &rows {
        assert!(DOC.lines().any(|line| line.starts_with(row)), "docs/observing.md lacks {row}");
    }
    let events = DOC.split("## Events").nth(1).unwrap().split("\n## ").next().unwrap();
    assert_eq!(events.lines().filter(|line| line.starts_with("| `")).count(), rows.len());
}

#[test]
fn reasons_are_names_kubernetes_takes_and_no_two_are_alike() {
    let names: BTreeSet<&str> = EventReason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(names.len(), EventReason::ALL.len());
    for name in names {
        assert!(name.len() <= 128 && name.chars().all(char::is_alphanumeric), "{name}");
    }
}
