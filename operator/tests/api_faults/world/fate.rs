//! What pods say when all goes well.

use contract::{
    names::objects::containers,
    pods::{
        Check, CheckName, CheckResult, MANDATORY_CHECKS, PrepareReport, RestoreResult, RestoreSpec, Restored,
        SizingResult, SnapshotSize, SnapshotSpec, TerminationDocument,
    },
};
use fake_apiserver::{Messages, Object, Outcome};

/// A restore that restores what it was told to, a database that is sound.
pub(crate) fn well(pod: &Object) -> Outcome {
    if pod["spec"]["containers"][0]["name"] == containers::SIZING {
        return Outcome::done(containers::SIZING, sized(pod));
    }
    if pod["spec"]["containers"][0]["name"] == containers::RESTORE {
        return Outcome::done(containers::RESTORE, restored(pod));
    }
    let said = sound().to_termination_message().unwrap();
    Outcome::Ready { messages: Messages::from([(containers::PREPARE.to_owned(), said)]) }
}

fn variable(pod: &Object, name: &str) -> Option<String> {
    let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    env.iter().find(|one| one["name"] == name)?["value"].as_str().map(str::to_owned)
}

fn sized(pod: &Object) -> String {
    let spec = SnapshotSpec::from_env(|name| variable(pod, name)).unwrap();
    let size = SnapshotSize { snapshot_id: spec.snapshot_id, bytes: 1, files: 1 };
    SizingResult::Sized(size).to_termination_message().unwrap()
}

fn restored(pod: &Object) -> String {
    let spec = RestoreSpec::from_env(|name| variable(pod, name));
    let restored = Restored {
        snapshot_id: spec.unwrap().snapshot_id,
        data_dir: "restored".parse().unwrap(),
        postgres_major: 15,
        files: 1,
        bytes: 1,
    };
    RestoreResult::Restored(restored).to_termination_message().unwrap()
}

fn sound() -> PrepareReport {
    let check = |name: CheckName| Check {
        name,
        result: CheckResult::Passed,
        scope: "1 database".into(),
        duration_ms: 1,
        detail: None,
    };
    PrepareReport {
        postgres_version: Some("15.18".into()),
        databases: vec!["app".into()],
        primary_database: Some("app".into()),
        checks: MANDATORY_CHECKS.into_iter().map(check).collect(),
        ..PrepareReport::default()
    }
}
