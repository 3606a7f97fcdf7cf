//! What holds of every file.

use crate::{
    cluster,
    file::{self, Scenario},
    files::{self, Rule},
    shown::{self, Shown},
    sim::Sim,
    wishes, words,
};
use std::{collections::BTreeMap, fmt::Write};

/// Fewer are no specification.
const FEWEST: usize = 60;

fn readable() -> Vec<(String, Scenario)> {
    let rules = files::all().into_iter();
    rules.filter_map(|Rule { path, scenario }| Some((path, scenario.ok()?))).collect()
}

/// The situation of a file. The guard has read each list with the cluster as it is now.
fn staged(scenario: &Scenario) -> Sim {
    let mut sim = Sim::empty();
    sim.policy = wishes::policy(scenario);
    sim.acting_since = words::moment(scenario.acting_since.as_deref().unwrap_or("24h ago"));
    sim.observed = cluster::observed(scenario);
    for (at, list) in wishes::history(scenario) {
        sim.now = at;
        sim.poll_list(list);
    }
    sim.now = words::moment("now");
    sim
}

fn expected(scenario: &Scenario) -> BTreeMap<String, Shown> {
    let said = scenario.plan.iter().flat_map(|(word, said)| {
        let shown: Shown = said.iter().map(|(key, value)| (key.clone(), shown_or_said(value))).collect();
        words::names(word).into_iter().map(move |name| (words::namespace(&name).to_string(), shown.clone()))
    });
    said.collect()
}

fn shown_or_said(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// How the plan differs from what the file says, one line each.
fn differences(scenario: &Scenario) -> String {
    let sim = staged(scenario);
    let expected = expected(scenario);
    let decided = sim.plan().decisions;
    let decided: BTreeMap<String, Shown> =
        decided.iter().map(|(ns, said)| (ns.to_string(), shown::decision(said, &sim.observed))).collect();
    let mut text = String::new();
    for namespace in expected.keys().chain(decided.keys().filter(|ns| !expected.contains_key(*ns))) {
        let (said, done) = (expected.get(namespace), decided.get(namespace));
        let same = said.zip(done).is_some_and(|(said, done)| {
            said.keys().eq(done.keys()) && said.iter().all(|(key, value)| shown::fits(value, &done[key]))
        });
        if !same {
            writeln!(text, "  {namespace}\n    file: {}\n    plan: {}", line(said), line(done)).unwrap();
        }
    }
    text
}

fn line(shown: Option<&Shown>) -> String {
    let Some(shown) = shown else { return "nothing".to_owned() };
    shown.iter().map(|(key, value)| format!("{key}: {value:?}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_file_reads_and_there_are_enough() {
    let rules = files::all();
    for Rule { path, scenario } in &rules {
        if let Err(why) = scenario {
            panic!("{path}: {why}");
        }
    }
    assert!(rules.len() >= FEWEST, "only {} files", rules.len());
}

#[test]
fn a_file_is_named_by_its_number_and_its_rule_and_says_why() {
    for (path, scenario) in readable() {
        let name = path.split('/').next_back().unwrap().strip_suffix(".yaml").unwrap_or_default();
        let numbered = name.split_once('-').is_some_and(|(number, _)| number.parse::<u8>().is_ok());
        assert!(numbered, "{path} is not <nn>-<rule>.yaml");
        assert!(scenario.why.len() > 20 && scenario.why.ends_with('.'), "{path} does not say why");
    }
}

#[test]
fn what_each_file_says_is_decided() {
    let rules = readable();
    let mut text = String::new();
    for (path, scenario) in &rules {
        let found = differences(scenario);
        if !found.is_empty() {
            writeln!(text, "{path}: {}\n{found}", scenario.why).unwrap();
        }
    }
    println!("{} scenarios", rules.len());
    assert!(text.is_empty(), "\n{text}");
}

#[test]
fn the_plan_of_an_applied_plan_is_empty() {
    for (path, scenario) in readable() {
        let mut sim = staged(&scenario);
        let Err(why) = sim.try_settle() else { continue };
        panic!("{path} never rests: {why}");
    }
}

#[test]
fn a_word_no_file_may_use_is_refused() {
    let text = "why: x\nworklist: {}\nplan: {}\nnonsense: 1";
    assert!(file::parse(text).unwrap_err().contains("nonsense"));
    let text = "why: x\nworklist: {}\nplan: {}\ncluster: { one: { servng: a.1 } }";
    assert!(file::parse(text).unwrap_err().contains("servng"));
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(shown::fits("in 1m…", "in 1m 3s") && shown::fits("…a…b", "xaxb") && shown::fits("a", "a"));
    assert!(!shown::fits("a…", "b") && !shown::fits("a", "ab") && !shown::fits("…b", "ba"));
}
