use super::{Caller, Denied, Grant, authorise, authorise_stats};
use contract::{
    broker::BrokerRequest,
    ids::{BackupType, GroupId},
    names::{LabelValue, NamespaceName, labels},
};
use k8s_openapi::api::{
    authentication::v1::TokenReviewStatus,
    core::v1::{Namespace, Pod},
};
use serde_json::{Value, json};
use uuid::Uuid;

const HOME: &str = "pgro-system";
const DELETED_AT: &str = "2026-01-02T03:04:05Z";

fn group(n: u128) -> GroupId {
    GroupId(Uuid::from_u128(n))
}

fn home() -> NamespaceName {
    HOME.parse().unwrap()
}

fn backup_type(text: &str) -> BackupType {
    text.parse().unwrap()
}

/// What the API server says of a restore pod's token, pod and namespace: all as it should be.
struct World {
    review: Value,
    pod: Value,
    namespace: Value,
    request: BrokerRequest,
}

impl World {
    fn of_replica(n: u128) -> Self {
        let name = format!("replica-{n}");
        let uid = format!("uid-{n}");
        let review = json!({
            "authenticated": true,
            "audiences": ["pgro-broker"],
            "user": {
                "username": format!("system:serviceaccount:{name}:restore"),
                "extra": { "authentication.kubernetes.io/pod-name": ["restore-a-x"],
                    "authentication.kubernetes.io/pod-uid": [uid] },
            },
        });
        let pod = json!({
            "metadata": { "name": "restore-a-x", "namespace": name, "uid": uid,
                "labels": { labels::PROXY_SIDECAR: "true" },
                "ownerReferences": [{ "apiVersion": "batch/v1", "kind": "Job", "name": "restore-a", "uid": "j",
                    "controller": true }] },
            "spec": { "serviceAccountName": "restore", "containers": [] },
            "status": { "phase": "Pending" },
        });
        let namespace = json!({
            "metadata": { "name": name, "labels": { labels::MANAGED_BY: labels::MANAGED_BY_VALUE,
                labels::OWNER: HOME, labels::GROUP: group(n), labels::TYPE: "tamanu-postgres" } },
            "status": { "phase": "Active" },
        });
        let request = BrokerRequest { group: group(n), backup_type: backup_type("tamanu-postgres") };
        Self { review, pod, namespace, request }
    }

    fn caller(&self) -> Result<Caller, Denied> {
        Caller::try_from(&serde_json::from_value::<TokenReviewStatus>(self.review.clone()).unwrap())
    }

    fn pod(&self) -> Option<Pod> {
        serde_json::from_value(self.pod.clone()).unwrap()
    }

    fn namespace(&self) -> Option<Namespace> {
        serde_json::from_value(self.namespace.clone()).unwrap()
    }

    fn decide(&self) -> Result<Grant, Denied> {
        authorise(&self.caller()?, self.pod().as_ref(), self.namespace().as_ref(), &home(), &self.request)
    }

    fn decide_stats(&self, namespace: &str, job: &str) -> Result<(), Denied> {
        authorise_stats(
            &self.caller()?,
            self.pod().as_ref(),
            self.namespace().as_ref(),
            &home(),
            (namespace, job),
        )
    }
}

/// The decision on a world that was changed in one place.
fn changed(change: impl FnOnce(&mut World)) -> Result<Grant, Denied> {
    let mut world = World::of_replica(1);
    change(&mut world);
    world.decide()
}

#[test]
fn a_live_restore_pod_gets_the_grant_of_its_namespace() {
    let grant = Grant { group: group(1), backup_type: backup_type("tamanu-postgres") };
    assert_eq!(changed(|_| {}), Ok(grant.clone()));
    assert_eq!(changed(|w| w.pod["status"]["phase"] = json!("Running")), Ok(grant));
}

#[test]
fn fault_c16_a_token_that_is_not_good_here_is_refused_as_a_token() {
    type Change = fn(&mut Value);
    let cases: [(Change, Denied); 9] = [
        (|r| *r = json!({}), Denied::NotAuthenticated),
        (|r| r["authenticated"] = json!(false), Denied::NotAuthenticated),
        (|r| r["error"] = json!("token expired"), Denied::NotAuthenticated),
        (|r| r["audiences"] = json!(null), Denied::OtherAudience),
        (|r| r["audiences"] = json!(["https://kubernetes.default.svc"]), Denied::OtherAudience),
        (|r| r["user"]["username"] = json!("admin"), Denied::NotBoundToPod),
        (|r| r["user"]["username"] = json!("system:serviceaccount:Not Valid:restore"), Denied::NotBoundToPod),
        (|r| r["user"]["extra"] = json!(null), Denied::NotBoundToPod),
        (
            |r| r["user"]["extra"]["authentication.kubernetes.io/pod-uid"] = json!(["uid-1", "uid-2"]),
            Denied::NotBoundToPod,
        ),
    ];
    for (change, denied) in cases {
        let decided = changed(|w| change(&mut w.review));
        assert_eq!(decided, Err(denied));
        assert!(denied.is_about_token());
    }
}

#[test]
fn fault_c16_a_pod_that_is_not_a_live_restore_pod_is_refused() {
    type Change = fn(&mut World);
    let cases: [(Change, Denied); 12] = [
        (
            |w| w.review["user"]["username"] = json!("system:serviceaccount:replica-1:default"),
            Denied::OtherServiceAccount,
        ),
        (|w| w.pod = json!(null), Denied::PodGone),
        (|w| w.pod["metadata"]["uid"] = json!("uid-of-a-later-pod"), Denied::PodGone),
        (|w| w.pod["metadata"]["deletionTimestamp"] = json!(DELETED_AT), Denied::PodEnding),
        (|w| w.pod["status"]["phase"] = json!("Succeeded"), Denied::PodEnding),
        (|w| w.pod["status"]["phase"] = json!("Failed"), Denied::PodEnding),
        (|w| w.pod["metadata"]["labels"] = json!({}), Denied::NotRestorePod),
        (|w| w.pod["metadata"]["labels"] = json!({ labels::PROXY_SIDECAR: "false" }), Denied::NotRestorePod),
        (|w| w.pod["spec"]["serviceAccountName"] = json!("default"), Denied::NotRestorePod),
        (|w| w.pod["metadata"]["ownerReferences"] = json!([]), Denied::NotRestorePod),
        (|w| w.pod["metadata"]["ownerReferences"][0]["kind"] = json!("ReplicaSet"), Denied::NotRestorePod),
        (|w| w.pod["metadata"]["ownerReferences"][0]["controller"] = json!(false), Denied::NotRestorePod),
    ];
    for (change, denied) in cases {
        assert_eq!(changed(change), Err(denied));
        assert!(!denied.is_about_token());
    }
}

#[test]
fn fault_c16_a_namespace_that_is_not_a_live_replicas_is_refused() {
    type Change = fn(&mut World);
    let cases: [(Change, Denied); 8] = [
        (|w| w.namespace = json!(null), Denied::NotReplica),
        (|w| w.namespace["metadata"]["labels"][labels::MANAGED_BY] = json!("helm"), Denied::NotReplica),
        (|w| w.namespace["metadata"]["labels"] = json!({}), Denied::NotReplica),
        (|w| w.namespace["metadata"]["labels"][labels::GROUP] = json!("seven"), Denied::NotReplica),
        (|w| w.namespace["metadata"]["labels"][labels::TYPE] = json!(""), Denied::NotReplica),
        (|w| w.namespace["metadata"]["labels"][labels::TYPE] = json!("sha256.00"), Denied::NotReplica),
        (|w| w.namespace["metadata"]["deletionTimestamp"] = json!(DELETED_AT), Denied::NamespaceEnding),
        (|w| w.namespace["status"]["phase"] = json!("Terminating"), Denied::NamespaceEnding),
    ];
    for (change, denied) in cases {
        assert_eq!(changed(change), Err(denied));
    }
}

#[test]
fn a_replica_of_another_installation_gets_nothing_here() {
    for owner in [json!("pgro-staging"), json!(""), json!(null)] {
        let mut world = World::of_replica(1);
        let labels = world.namespace["metadata"]["labels"].as_object_mut().unwrap();
        if owner.is_null() {
            labels.remove(labels::OWNER)
        } else {
            labels.insert(labels::OWNER.to_owned(), owner)
        };
        assert_eq!(world.decide(), Err(Denied::OtherOwner));
        assert_eq!(world.decide_stats("replica-1", "restore-a"), Err(Denied::OtherOwner));
    }
}

#[test]
fn a_long_type_is_read_from_its_annotation() {
    let long = "odd type ".repeat(20);
    let long = long.trim();
    let mut world = World::of_replica(1);
    world.namespace["metadata"]["labels"][labels::TYPE] = json!(LabelValue::of(long).as_str());
    world.namespace["metadata"]["annotations"] = json!({ "pgro.bes.au/type": long });
    assert_eq!(world.decide(), Err(Denied::OtherReplica));
    world.request.backup_type = backup_type(long);
    assert_eq!(world.decide().unwrap().backup_type, backup_type(long));
    world.namespace["metadata"]["annotations"] = json!({ "pgro.bes.au/type": "another" });
    assert_eq!(world.decide(), Err(Denied::NotReplica));
}

#[test]
fn fault_c17_no_replica_gets_what_is_another_ones() {
    for asking in 1..=4 {
        for wanted in 1..=4 {
            let mut world = World::of_replica(asking);
            world.request.group = group(wanted);
            let expected = if asking == wanted { Ok(group(asking)) } else { Err(Denied::OtherReplica) };
            assert_eq!(world.decide().map(|grant| grant.group), expected);
        }
    }
    assert_eq!(changed(|w| w.request.backup_type = backup_type("other")), Err(Denied::OtherReplica));
}

#[test]
fn figures_are_taken_from_a_jobs_own_pod_only() {
    let world = World::of_replica(1);
    assert_eq!(world.decide_stats("replica-1", "restore-a"), Ok(()));
    assert_eq!(world.decide_stats("replica-2", "restore-a"), Err(Denied::OtherJob));
    assert_eq!(world.decide_stats("replica-1", "restore-b"), Err(Denied::OtherJob));
    assert_eq!(world.decide_stats("", ""), Err(Denied::OtherJob));
}
