use super::watched::Watched;
use crate::{
    apply::{Applied, ApplyError},
    plan::tests::sim::{FIRST, wanted},
};
use serde_json::json;

#[test]
fn every_replica_shows_its_step_or_its_reason() {
    let (rests, acts) = (wanted(1, None), wanted(2, None));
    let mut watched = Watched::new([rests.clone()]);
    watched.settle();
    watched.sim.poll([rests.clone(), acts.clone()]);
    let shown = watched.status();
    assert_eq!(shown["at"], "2026-06-01T00:00:00Z");
    assert_eq!(shown["replicas"][rests.namespace.as_str()], json!({"because": "no_snapshot"}));
    let act = json!({"step": "create_namespace", "outcome": "not taken"});
    assert_eq!(shown["replicas"][acts.namespace.as_str()], act);
}

#[test]
fn a_step_shows_how_it_ended() {
    let entry = wanted(1, None);
    for (outcome, shown) in [
        (Ok(Applied::Done), "done"),
        (Ok(Applied::Stale), "stale"),
        (Ok(Applied::Refused { why: "no".to_owned() }), "refused: no"),
        (Err(ApplyError::Timeout { step: "create_namespace" }), "failed: failed to take step"),
    ] {
        let told = Watched::new([entry.clone()]).status_after(outcome);
        let text = told["replicas"][entry.namespace.as_str()]["outcome"].as_str().unwrap().to_owned();
        assert!(text.starts_with(shown), "{text}");
    }
}

#[test]
fn fault_b6_a_hold_shows_what_releases_all_and_each_replica_what_releases_it() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::serving(&entry);
    assert_eq!(watched.status()["teardown"], json!({"held": false, "absent": 0}));
    watched.sim.poll([]);
    let shown = watched.status();
    assert_eq!((&shown["teardown"]["held"], &shown["teardown"]["absent"]), (&json!(true), &json!(1)));
    let date = "$(date -u +%Y-%m-%dT%H:%M:%SZ) --overwrite";
    let all = format!(
        "kubectl annotate namespace --selector pgro.bes.au/owner=pgro-system pgro.bes.au/release-teardown={date}"
    );
    assert_eq!(shown["teardown"]["release"], all);
    let one = format!("kubectl annotate namespace {} pgro.bes.au/release-teardown={date}", entry.namespace);
    let why = shown["replicas"][entry.namespace.as_str()]["why"].as_str().unwrap();
    assert!(why.contains("held") && why.ends_with(&one), "{why}");
}
