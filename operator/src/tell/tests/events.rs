use super::watched::{Watched, well};
use crate::{
    apply::{Applied, ApplyError, ClusterError},
    model::{Going, Hindrance, PostgresPhase, Reason, Seen, ServiceSeen, Trouble, Wanted},
    plan::{
        Because, Decision, Parked, Plan, Scope, Step,
        tests::sim::{FIRST, SECOND, target, wanted},
    },
    tell::EventReason::{
        Drained, ForeignCollision, Provisioned, ReportRefused, RestoreFailed, RestoreStarted, RestoresParked,
        RestoresResumed, ServingTrouble, Switched, TeardownBegun, TeardownHeld, TeardownReleased,
        TerminatingStuck, Unreadable, Verified,
    },
};
use jiff::Timestamp;

fn newer(entry: &Wanted) -> Wanted {
    Wanted { target: target(SECOND, "2026-01-02T00:00:00Z"), ..entry.clone() }
}

/// A replica of the installation that stays wanted, so that the loss of one is no loss of all.
fn others() -> Vec<Wanted> {
    (10..20).map(|number| wanted(number, None)).collect()
}

#[test]
fn a_replicas_life_is_told_once_from_provisioning_to_teardown() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    assert_eq!(watched.reasons(), [Provisioned, RestoreStarted]);
    watched.comes_up(&entry, well());
    assert_eq!(watched.reasons(), [Verified]);
    watched.sim.poll([newer(&entry)]);
    watched.settle();
    watched.comes_up(&entry, well());
    assert_eq!(watched.reasons(), [RestoreStarted, Switched, Verified]);
    watched.sim.pass(31);
    watched.settle();
    assert_eq!(watched.reasons(), [Drained]);
    watched.settle();
    assert_eq!(watched.reasons(), []);
}

#[test]
fn a_failure_is_told_with_its_class_and_its_retry_as_another_restore() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    watched.reasons();
    watched.fails(&entry);
    assert!(watched.told[0].note.starts_with("infrastructure: "), "{:?}", watched.told);
    assert_eq!(watched.reasons(), [RestoreFailed]);
    watched.sim.pass(600);
    watched.settle();
    assert_eq!(watched.reasons(), [RestoreStarted]);
}

#[test]
fn a_withdrawal_is_told_when_the_teardown_begins() {
    let (entry, others) = (wanted(1, Some(FIRST)), others());
    let mut watched = Watched::new(others.iter().cloned().chain([entry]));
    watched.settle();
    watched.reasons();
    for _ in 0..6 {
        watched.sim.pass(30);
        watched.sim.poll(others.clone());
        watched.settle();
    }
    assert_eq!(watched.reasons(), [TeardownBegun]);
}

#[test]
fn fault_b6_a_hold_is_told_once_with_the_command_that_releases_it_and_its_end_is_told() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::serving(&entry);
    for _ in 0..5 {
        watched.sim.pass(30);
        watched.sim.poll([]);
        watched.settle();
    }
    let release = "kubectl annotate namespace --selector pgro.bes.au/owner=pgro-system \
                   pgro.bes.au/release-teardown=$(date -u +%Y-%m-%dT%H:%M:%SZ) --overwrite";
    assert!(watched.told[0].note.ends_with(release), "{:?}", watched.told);
    assert_eq!(watched.reasons(), [TeardownHeld]);
    watched.sim.poll([entry]);
    watched.settle();
    assert_eq!(watched.reasons(), [TeardownReleased]);
}

#[test]
fn fault_b13_a_report_that_is_refused_for_good_is_told_in_canopys_words() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::new([entry.clone()]);
    watched.settle();
    watched.reasons();
    watched.loses_its_pod(&entry);
    let refuses = |step: &Step| {
        matches!(step, Step::SendReport { .. }).then(|| Ok(Applied::Refused { why: "403 (gone)".to_owned() }))
    };
    while watched.pass_that(refuses) > 0 {}
    assert_eq!(watched.told[1].note, "403 (gone)");
    assert_eq!(watched.reasons(), [RestoreFailed, ReportRefused]);
}

#[test]
fn a_namespace_that_does_not_read_is_told_once_and_again_when_it_breaks_again() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::serving(&entry);
    let whole = watched.sim.observed.namespaces[&entry.namespace].clone();
    let broken = Seen::Unreadable { why: "label type".to_owned(), key: Some(entry.identity.key) };
    for _ in 0..2 {
        watched.sim.observed.namespaces.insert(entry.namespace.clone(), broken.clone());
        watched.pass();
        watched.pass();
        assert_eq!(watched.reasons(), [Unreadable]);
        watched.sim.observed.namespaces.insert(entry.namespace.clone(), whole.clone());
        watched.pass();
    }
}

#[test]
fn fault_a16_a_namespace_that_does_not_go_is_told_once_with_whom_it_waits_for_and_others_go_on() {
    let (stuck, other) = (wanted(1, Some(FIRST)), wanted(2, Some(FIRST)));
    let mut watched = Watched::new([stuck.clone(), other.clone()]);
    watched.settle();
    watched.reasons();
    let (since, waits_for) = (watched.sim.now, vec!["finalizer example.com/stuck".to_owned()]);
    watched.sim.replica_mut(&stuck.namespace).going = Some(Going { since, waits_for });
    watched.settle();
    assert!(watched.told.is_empty(), "ten minutes are nothing");
    watched.sim.pass(601);
    watched.pass();
    watched.pass();
    let told = watched.told.iter().filter(|news| news.reason == TerminatingStuck);
    let notes: Vec<&str> = told.map(|news| news.note.as_str()).collect();
    assert!(matches!(notes[..], [note] if note.contains("finalizer example.com/stuck")), "{notes:?}");
    watched.comes_up(&other, well());
    assert!(watched.reasons().contains(&Verified));
}

#[test]
fn fault_a18_a_collision_is_told_once_however_often_it_is_met() {
    let mut watched = Watched::new([wanted(1, None)]);
    let foreign = |step: &Step| {
        let error = ClusterError::Foreign {
            object: format!("Namespace {}", step.namespace()),
            whose: "nobody".into(),
        };
        Some(Err(ApplyError::Cluster(error)))
    };
    for _ in 0..3 {
        watched.pass_that(foreign);
    }
    assert_eq!(watched.reasons(), [ForeignCollision]);
    watched.settle();
    assert_eq!(watched.reasons(), [Provisioned]);
    watched.pass();
    assert_eq!(watched.reasons(), []);
}

#[test]
fn a_step_that_fails_or_is_stale_is_no_news() {
    let mut watched = Watched::new([wanted(1, Some(FIRST))]);
    watched.pass_that(|step| Some(Err(ApplyError::Timeout { step: step.name() })));
    watched.pass_that(|_| Some(Ok(Applied::Stale)));
    assert_eq!(watched.reasons(), []);
}

#[test]
fn an_outage_is_told_when_it_parks_restores_and_when_it_is_over() {
    let rests = |because| Plan { decisions: [(wanted(1, None).namespace, Decision::Rest(because))].into() };
    let mut watched = Watched::new([]);
    let scope = Scope::Bucket("backups".to_owned());
    let parked = Parked { scope, until: Timestamp::UNIX_EPOCH, probing: None };
    for _ in 0..2 {
        watched.sees(&rests(Because::Parked(parked.clone())));
    }
    assert!(watched.told[0].note.starts_with("S3 for bucket backups does not answer"), "{:?}", watched.told);
    assert_eq!(watched.reasons(), [RestoresParked]);
    let open = "pgro_circuit_breaker_open{target=\"s3\"}";
    assert_eq!(watched.metric(open), [format!("{open} 1")]);
    watched.sees(&rests(Because::UpToDate));
    assert_eq!(watched.reasons(), [RestoresResumed]);
    assert_eq!(watched.metric(open), [format!("{open} 0")]);
}

#[test]
fn fault_a12_what_cannot_be_put_back_for_long_is_told_once_and_again_when_it_happens_again() {
    let entry = wanted(1, Some(FIRST));
    let mut watched = Watched::serving(&entry);
    watched.pass();
    watched.reasons();
    let served = watched.sim.replica(&entry.namespace).record.serving_run.clone().unwrap();
    let since = watched.sim.now;
    let trouble = Trouble::new(Reason::Forbidden, "it may not patch Services");
    let replica = watched.sim.replica_mut(&entry.namespace);
    replica.service = Some(ServiceSeen { run: None });
    replica.hindered = Some(Hindrance { run: served, trouble, since, passing: true });
    let fails = |step: &Step| Some(Err(ApplyError::Timeout { step: step.name() }));
    for (minutes, told) in [(1, 0), (15, 1), (1, 0)] {
        watched.sim.pass(minutes * 60);
        watched.pass_that(fails);
        assert_eq!(watched.reasons().len(), told, "{minutes}");
    }
    watched.sim.replica_mut(&entry.namespace).hindered = None;
    watched.pass();
    assert_eq!(watched.reasons(), []);
    watched.sim.replica_mut(&entry.namespace).runs.values_mut().for_each(|run| {
        let trouble = Trouble::new(Reason::CrashLoop, "again and again");
        run.postgres.as_mut().unwrap().phase = PostgresPhase::Failed { report: None, trouble };
    });
    watched.pass();
    assert!(watched.told[0].note.contains("again and again"));
    assert_eq!(watched.reasons(), [ServingTrouble]);
}
