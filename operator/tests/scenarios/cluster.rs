//! From the words of a file to the cluster the planner sees.

use crate::{
    file::{Entry, Namespace, RunWords, Scenario},
    sim, words,
};
use contract::{
    canopy::{Outcome, Verification},
    ids::{GroupId, Intent},
    names::RunName,
    pods::{CheckResult, Failure, FailureReason, PrepareReport, Restored, SnapshotSize},
    probes::Probes,
};
use operator::model::{
    Attempt, Ending, Going, Hindrance, Identity, JobId, JobPhase, JobSeen, Observed, Owner, Phase,
    PostgresPhase, PostgresSeen, Record, Replica, Resumption, Run, Seen, ServiceSeen, Size, SizingPhase,
    SizingSeen, Trouble,
};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Files of every snapshot whose size is told.
const FILES: u64 = 1000;

/// All namespaces of a file.
pub(crate) fn observed(scenario: &Scenario) -> Observed {
    let mut namespaces = BTreeMap::new();
    for (word, said) in &scenario.cluster {
        for name in words::names(word) {
            let entry = scenario.worklist.as_ref().and_then(|list| list.get(&name)).map(Entry::full);
            let desired = said.desired.clone().or(entry.and_then(|entry| entry.snapshot));
            let seen = match &said.unreadable {
                Some(why) => Seen::Unreadable { why: why.clone(), key: Some(words::key(&name)) },
                None => Seen::Replica(replica(&name, said, desired.as_deref()).into()),
            };
            namespaces.insert(words::namespace(&name), seen);
        }
    }
    let behind = scenario.cluster.iter().filter(|(_, said)| said.behind);
    let behind =
        behind.flat_map(|(word, _)| words::names(word)).map(|name| words::namespace(&name)).collect();
    Observed { namespaces, behind }
}

/// The group of every replica, unless said otherwise.
pub(crate) fn group(number: Option<u64>) -> GroupId {
    GroupId(Uuid::from_u128(number.unwrap_or(1).into()))
}

/// The intent called so; `verify` unless said otherwise.
pub(crate) fn intent(word: Option<&str>) -> Intent {
    word.map_or(Intent::Verify, parsed)
}

/// A value by its name on the wire.
fn parsed<T: DeserializeOwned>(word: &str) -> T {
    serde_json::from_value(word.into()).unwrap_or_else(|error| panic!("{word:?}: {error}"))
}

fn replica(name: &str, said: &Namespace, desired: Option<&str>) -> Replica {
    let identity = Identity {
        key: words::key(name),
        group: group(None),
        backup_type: "tamanu-postgres".parse().unwrap(),
        intent: intent(said.intent.as_deref()),
    };
    let runs = runs(said);
    let service = said.service.as_ref().or(said.serving.as_ref());
    Replica {
        namespace: words::namespace(name),
        owner: Owner { uid: uid(name), resource_version: "1".into() },
        created_at: moment(said.created.as_deref(), "24h ago"),
        going: going(said),
        record: record(name, said, desired, &identity),
        identity,
        teardown_released_at: said.released.as_deref().map(words::moment),
        service: service.map(|word| ServiceSeen { run: Some(words::run(word)) }),
        hindered: said.hindered.as_deref().map(|word| hindered(word, said.tried_since.as_deref())),
        runs,
    }
}

fn moment(word: Option<&str>, default: &str) -> jiff::Timestamp {
    words::moment(word.unwrap_or(default))
}

fn record(name: &str, said: &Namespace, desired: Option<&str>, identity: &Identity) -> Record {
    let attempt = attempt(said);
    let restored = said.serving.as_ref().map(|word| (words::attempt(word).0, said.restored.as_deref()));
    let restored_at = restored.map(|(_, at)| moment(at, "1h ago"));
    Record {
        phase: said
            .state
            .as_deref()
            .map_or_else(|| phase(said, attempt.as_ref()), |word| word.parse().unwrap()),
        display_name: Some(name.to_owned()),
        desired_snapshot_id: desired.map(words::snapshot),
        desired_snapshot_at: desired.map(words::taken),
        last_restored_snapshot_id: restored.map(|(word, _)| words::snapshot(word)),
        last_restored_snapshot_at: restored.map(|(word, _)| words::taken(word)),
        last_restored_at: restored_at,
        last_restored_rows: said.rows.clone(),
        serving_run: said.serving.as_deref().map(words::run),
        postgres_version: restored.map(|_| "15.18".to_owned()),
        last_verification_reported_at: restored_at,
        force_refresh: said.force_refresh.clone(),
        force_refresh_acted_on: said.acted_on.clone(),
        release_noted: said.released.as_deref().filter(|_| said.noted).map(words::moment),
        snapshot_size: said.size.as_deref().map(size).map(Box::new),
        volume_min_bytes: said.volume_min.as_deref().map(words::bytes),
        outbox: said.reports.iter().map(|word| report(word, name, identity)).collect(),
        attempt,
        ..Record::default()
    }
}

/// The attempt, which is the one that is served unless another is named.
fn attempt(said: &Namespace) -> Option<Attempt> {
    let (snapshot, number) = words::attempt(said.attempt.as_ref().or(said.serving.as_ref())?);
    let succeeded = said.succeeded.as_deref().or(match said.attempt {
        None => Some(said.restored.as_deref().unwrap_or("1h ago")),
        Some(_) => None,
    });
    let ending = match (&said.failed, succeeded) {
        (Some(failed), _) => {
            Some(Ending::Failed { at: words::moment(&failed.at), reason: parsed(&failed.reason) })
        }
        (None, Some(at)) => Some(Ending::Succeeded { at: words::moment(at) }),
        (None, None) => None,
    };
    Some(Attempt {
        snapshot: words::snapshot(snapshot),
        snapshot_at: Some(words::taken(snapshot)),
        bucket: Some("backups".into()),
        number,
        failures_before: said.failures_before,
        started_at: moment(said.begun.as_deref(), "5m ago"),
        resumption: said.resumed.as_deref().map(resumption).map(Box::new),
        ending,
    })
}

fn resumption(said: &str) -> Resumption {
    let parts = said.split_once(" at ").and_then(|(which, at)| Some((which.split_once(" of ")?, at)));
    let ((count, job), at) = parts.unwrap_or_else(|| panic!("{said:?} tells of no Job that was given up"));
    Resumption { count: count.parse().unwrap(), job: JobId::of(job), at: words::moment(at) }
}

fn phase(said: &Namespace, attempt: Option<&Attempt>) -> Phase {
    let postgres = said.runs.values().any(|run| run.postgres.is_some());
    match attempt.map(|attempt| &attempt.ending) {
        _ if said.serving.is_some() => Phase::Active,
        None => Phase::Pending,
        Some(Some(Ending::Failed { .. })) => Phase::Failed,
        Some(Some(Ending::Succeeded { .. })) => Phase::Active,
        Some(None) if postgres => Phase::Verifying,
        Some(None) => Phase::Restoring,
    }
}

/// `a.1 failure` or `a.1 success`.
fn report(word: &str, name: &str, identity: &Identity) -> Verification {
    let (run, outcome) = word.split_once(' ').unwrap_or_else(|| panic!("{word:?} is no report"));
    let outcome: Outcome = parsed(outcome);
    let failed = outcome == Outcome::Failure;
    let snapshot = words::snapshot(words::attempt(run).0);
    Verification {
        group: identity.group,
        server_id: identity.key.server_id,
        backup_type: identity.backup_type.clone(),
        intent: identity.intent,
        outcome,
        replica_healthy: !failed,
        observed_at: words::moment("30m ago"),
        replica_id: Some(identity.key.replica_id),
        run_id: Some(words::run(run).run_id(identity.key, &uid(name))),
        snapshot_id: Some(snapshot),
        error: failed.then(|| "it said so".to_owned()),
        postgres_version: None,
        s3_sent_raw_bytes: None,
        s3_sent_payload_bytes: None,
        s3_received_raw_bytes: None,
        s3_received_payload_bytes: None,
        health_details: None,
    }
}

fn runs(said: &Namespace) -> BTreeMap<RunName, Box<Run>> {
    let mut words = said.runs.clone();
    if let Some(serving) = &said.serving {
        let whole = || RunWords {
            job: Some("restored".into()),
            postgres: Some("ready".into()),
            ..RunWords::default()
        };
        words.entry(serving.clone()).or_insert_with(whole);
    }
    words.iter().map(|(name, said)| (words::run(name), Box::new(run(name, said)))).collect()
}

fn run(name: &str, said: &RunWords) -> Run {
    let created_at = moment(said.since.as_deref(), "5m ago");
    let ended_at = said.ended.as_deref().map(words::moment);
    let sizing = said.sizing.as_deref();
    let sizing = sizing.map(|word| SizingSeen { created_at, phase: self::sizing(word, name) });
    let size = said.size.as_deref().map(|word| Size { bytes: words::bytes(word), files: FILES });
    let job = said.job.as_deref().map(|word| {
        let phase = job(word, name);
        let probes =
            Some(said.probes.as_ref().map_or_else(Probes::default, |of| of.to_string().parse().unwrap()));
        JobSeen { id: JobId::of("now"), created_at, ended_at, phase, traffic: None, size, probes }
    });
    let postgres = said.postgres.as_deref().map(|word| PostgresSeen { created_at, phase: postgres(word) });
    Run {
        volume: said.volume.unwrap_or(said.sizing.is_none() || said.job.is_some()),
        writing: said.writing,
        outlived: said.outlived,
        sizing,
        job,
        postgres,
        going: said.going,
    }
}

/// `a 100Gi`.
fn size(said: &str) -> SnapshotSize {
    let (snapshot, bytes) = said.split_once(' ').unwrap_or_else(|| panic!("{said:?} is no size"));
    let snapshot_id = words::snapshot(snapshot).parse().unwrap();
    SnapshotSize { snapshot_id, bytes: words::bytes(bytes), files: FILES }
}

/// `sized 100Gi [another snapshot]`.
fn sizing(said: &str, run: &str) -> SizingPhase {
    let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
    match word {
        "starting" => SizingPhase::Starting { waiting_for: (!rest.is_empty()).then(|| trouble(rest)) },
        "running" => SizingPhase::Running,
        "sized" => {
            let (bytes, of) = rest.split_once(' ').unwrap_or((rest, words::attempt(run).0));
            SizingPhase::Sized(size(&format!("{of} {bytes}")))
        }
        "failed" => SizingPhase::Failed(failure(rest)),
        "lost" => SizingPhase::Lost(trouble(rest)),
        _ => panic!("{said:?} is no state of a sizing"),
    }
}

fn job(said: &str, run: &str) -> JobPhase {
    let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
    let other = (!rest.is_empty()).then(|| rest.to_owned());
    match word {
        "starting" => JobPhase::Starting { waiting_for: other.as_deref().map(trouble) },
        "running" => JobPhase::Running,
        "restored" => JobPhase::Restored(Restored {
            snapshot_id: words::snapshot(other.as_deref().unwrap_or(words::attempt(run).0)).parse().unwrap(),
            data_dir: "restored".parse().unwrap(),
            postgres_major: 15,
            files: 1,
            bytes: 1,
        }),
        "failed" => JobPhase::Failed(failure(rest)),
        "lost" => JobPhase::Lost(trouble(rest)),
        _ => panic!("{said:?} is no state of a restore"),
    }
}

fn postgres(said: &str) -> PostgresPhase {
    let (word, rest) = said.split_once(' ').unwrap_or((said, ""));
    match word {
        "starting" => PostgresPhase::Starting { waiting_for: (!rest.is_empty()).then(|| trouble(rest)) },
        "preparing" => PostgresPhase::Preparing,
        "ready" => PostgresPhase::Ready(checked(rest).into()),
        "failed" => {
            let failure = failure(rest);
            let trouble = Trouble::new(failure.reason.into(), &*failure.message);
            let report = PrepareReport { failure: Some(failure), ..PrepareReport::default() };
            PostgresPhase::Failed { report: Some(report.into()), trouble }
        }
        "lost" => PostgresPhase::Failed { report: None, trouble: trouble(rest) },
        _ => panic!("{said:?} is no state of a database"),
    }
}

/// `image_pull_failed [the cluster's words]`.
fn trouble(said: &str) -> Trouble {
    let (word, message) = said.split_once(' ').unwrap_or((said, "it said so"));
    Trouble::new(parsed(word), message)
}

/// `a.1 not_granted`: the run, and what keeps it from getting on; for good, unless it is tried `since` then.
fn hindered(said: &str, tried: Option<&str>) -> Hindrance {
    let (run, said) = said.split_once(' ').unwrap_or_else(|| panic!("{said:?} names no trouble"));
    let since = moment(tried, "now");
    Hindrance { run: words::run(run), trouble: trouble(said), since, passing: tried.is_some() }
}

fn going(said: &Namespace) -> Option<Going> {
    let since = words::moment(said.terminating.as_deref()?);
    Some(Going { since, waits_for: said.waits_for.clone() })
}

fn uid(name: &str) -> String {
    format!("uid of {name}")
}

fn failure(reason: &str) -> Failure {
    Failure { reason: parsed::<FailureReason>(reason), message: "it said so".into() }
}

/// A report without fault, but for the check named: `without amcheck`.
fn checked(rest: &str) -> PrepareReport {
    let mut report = sim::sound();
    if let Some(missing) = rest.strip_prefix("without ") {
        let name = parsed(missing);
        let check = report.checks.iter_mut().find(|check| check.name == name);
        check.unwrap_or_else(|| panic!("no check {missing:?}")).result = CheckResult::Skipped;
    }
    report
}
