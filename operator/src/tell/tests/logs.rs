use super::watched::{Watched, well};
use crate::{
    apply::ApplyError,
    logging::tests::captured,
    model::Wanted,
    plan::tests::sim::{FIRST, SECOND, target, wanted},
};
use serde_json::Value;

fn lines(of: impl FnOnce()) -> Vec<Value> {
    captured(of).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_line_about_a_replica_names_it_and_from_its_first_attempt_run_and_snapshot() {
    let entry = wanted(1, Some(FIRST));
    let all = lines(|| {
        let mut watched = Watched::new([entry.clone()]);
        watched.settle();
        watched.comes_up(&entry, well());
    });
    let (namespace, key) = (entry.namespace.to_string(), entry.identity.key.to_string());
    assert!(all.len() >= 6, "{all:#?}");
    for line in &all {
        assert_eq!(line["replica.namespace"], *namespace, "{line}");
        assert_eq!(line["replica.key"], *key, "{line}");
        assert_eq!(line["snapshot.id"], FIRST, "{line}");
        let is_named = line["run.name"].as_str().is_some_and(|run| !run.is_empty());
        let step = line["step"].as_str().unwrap();
        assert_eq!(is_named, step != "create_namespace", "{line}");
        assert_eq!(line["run.id"].is_string(), step == "send_report", "{line}");
    }
}

#[test]
fn the_removal_of_a_run_names_the_snapshot_it_served() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    watched.comes_up(&entry, well());
    watched.sim.poll([Wanted { target: target(SECOND, "2026-01-02T00:00:00Z"), ..entry.clone() }]);
    watched.settle();
    watched.comes_up(&entry, well());
    watched.sim.pass(31);
    let all = lines(|| watched.settle());
    let removal = all.iter().find(|line| line["step"] == "remove_run").unwrap();
    assert_eq!(removal["snapshot.id"], FIRST, "{removal}");
}

#[test]
fn a_failed_attempt_is_a_warning_that_says_why() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    let all = lines(|| watched.fails(&entry));
    let warning = all.iter().find(|line| line["level"] == "WARN").unwrap();
    assert!(warning["error"].as_str().unwrap().starts_with("infrastructure: "), "{warning}");
    assert_eq!(warning["snapshot.id"], FIRST);
}

#[test]
fn a_step_that_failed_is_named_with_its_error() {
    let entry = wanted(1, None);
    let all = lines(|| {
        let mut watched = Watched::new([entry.clone()]);
        watched.pass_that(|step| Some(Err(ApplyError::Timeout { step: step.name() })));
    });
    assert_eq!((&all[0]["level"], &all[0]["step"]), (&"WARN".into(), &"create_namespace".into()));
    assert_eq!(all[0]["replica.namespace"], entry.namespace.to_string());
    assert!(all[0]["error"].as_str().unwrap().contains("60 s"), "{}", all[0]);
}

#[test]
fn a_hold_is_one_warning_with_the_command() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::serving(&entry);
    let all = lines(|| {
        for _ in 0..3 {
            watched.sim.poll([]);
            watched.settle();
        }
    });
    let held: Vec<&Value> = all.iter().filter(|line| line["event"] == "TeardownHeld").collect();
    assert_eq!(held.len(), 1, "{all:#?}");
    assert!(held[0]["message"].as_str().unwrap().contains("kubectl annotate namespace --selector"));
}
