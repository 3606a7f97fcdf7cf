//! What pods say when all goes well.

use contract::{
    names::objects::containers,
    pods::{
        Check, CheckName, CheckResult, MANDATORY_CHECKS, PrepareReport, RestoreResult, RestoreSpec, Restored,
        TerminationDocument,
    },
};
use fake_apiserver::{Messages, Object, Outcome};

/// A restore that restores what it was told to, a database that is sound.
pub(crate) fn well(pod: &Object) -> Outcome {
    if pod["spec"]["containers"][0]["name"] == containers::RESTORE {
        return Outcome::done(containers::RESTORE, restored(pod));
    }
    let said = sound().to_termination_message().unwrap();
    Outcome::Ready { messages: Messages::from([(containers::PREPARE.to_owned(), said)]) }
}

fn restored(pod: &Object) -> String {
    let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    let spec = RestoreSpec::from_env(|name| {
        env.iter().find(|one| one["name"] == name)?["value"].as_str().map(str::to_owned)
    });
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
