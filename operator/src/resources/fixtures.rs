//! A site, a replica of each intent, and every object the operator can make for it.

use super::{
    Foundation, Images, Passwords, Place, PostgresSet, RestoreSet, S3, ServeSet, Site, SizingSet, namespace,
};
use crate::{
    args::Home,
    model::{Fit, Identity, PostgresOrder, Record, RestoreOrder, ServeOrder, Size, SizingOrder, Source},
};
use contract::{
    ids::{Intent, ReplicaKey},
    names::{NamespaceName, RunName, namespace_name},
    pods::RowCounts,
    probes::Probes,
    secret::SecretString,
};
use k8s_openapi::serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Stands for every secret: must be found in Secrets and nowhere else.
pub(super) const CANARY: &str = "canary-7f3a";

pub(crate) fn site() -> Site {
    Site {
        version: "0.1.0".to_owned(),
        home: Home { namespace: "pgro-system".parse().unwrap(), service: "pgro-operator".parse().unwrap() },
        images: Images {
            sidecar: "registry.example/pgro:0.1.0".parse().unwrap(),
            kopia: "docker.io/kopia/kopia:0.22.3".parse().unwrap(),
            postgres: "docker.io/library/postgres:{major}".parse().unwrap(),
        },
        s3: S3::default(),
        storage_class: None,
        restore_deadline: Duration::from_hours(4),
    }
}

/// The same with an S3 look-alike that has an authority of its own, and a storage class.
pub(super) fn look_alike_site() -> Site {
    Site {
        s3: S3 {
            endpoint: Some("https://minio.pgro-e2e.svc:9000".parse().unwrap()),
            ca_pem: Some("-----BEGIN CERTIFICATE-----\n".to_owned()),
        },
        storage_class: Some("fast".parse().unwrap()),
        ..site()
    }
}

pub(crate) fn identity(intent: Intent) -> Identity {
    Identity {
        key: key(),
        group: "33333333-3333-3333-3333-333333333333".parse().unwrap(),
        backup_type: "tamanu-postgres".parse().unwrap(),
        intent,
    }
}

fn key() -> ReplicaKey {
    ReplicaKey {
        replica_id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
        server_id: "00000000-0000-0000-0000-000000000002".parse().unwrap(),
    }
}

fn namespace_of_clinic() -> NamespaceName {
    namespace_name("Clinic (north)", key())
}

const SNAPSHOT: &str = "0123456789abcdef0123456789abcdef";

pub(crate) fn run() -> RunName {
    RunName::of(SNAPSHOT, 1)
}

pub(crate) fn sizing_order(intent: Intent) -> SizingOrder {
    SizingOrder {
        namespace: namespace_of_clinic(),
        identity: identity(intent),
        run: run(),
        snapshot: SNAPSHOT.parse().unwrap(),
        source: Source {
            bucket: "backups".parse().unwrap(),
            prefix: "clinic $(north)/".parse().unwrap(),
            region: "ap-southeast-2".parse().unwrap(),
        },
    }
}

pub(crate) fn restore_order(intent: Intent) -> RestoreOrder {
    let SizingOrder { namespace, identity, run, snapshot, source } = sizing_order(intent);
    let fit = Fit {
        size: Some(Size { bytes: 12_345_678_901, files: 2_345 }),
        volume_bytes: 20 << 30,
        memory_bytes: 512 << 20,
        parallel: 8.try_into().unwrap(),
        deadline: Duration::from_hours(4),
    };
    RestoreOrder { namespace, identity, run, snapshot, source, fit: Box::new(fit), probes: probes(intent) }
}

/// Copies for analytics had a last good run.
fn rows(intent: Intent) -> RowCounts {
    let rows = [("app $(PGRO_ANALYTICS_PASSWORD)".to_owned(), Some(20_000)), ("unread".to_owned(), None)];
    rows.into_iter().filter(|_| intent == Intent::Analytics).collect()
}

/// Declarations for analytics ask something of their data, with a text that kubelet would like to replace.
fn probes(intent: Intent) -> Probes {
    let asked = r#"[{"name":"patients-not-empty","sql":"SELECT count(*) > 0 FROM patient -- $(PGRO_ANALYTICS_PASSWORD)"}]"#;
    if intent == Intent::Analytics { asked.parse().unwrap() } else { Probes::default() }
}

pub(crate) fn postgres_order(intent: Intent) -> PostgresOrder {
    PostgresOrder {
        namespace: namespace_of_clinic(),
        identity: identity(intent),
        run: run(),
        snapshot: SNAPSHOT.to_owned(),
        snapshot_at: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        postgres_major: 17,
        data_dir: "restored/17/main".parse().unwrap(),
        deadline: Duration::from_hours(1),
        probes: probes(intent),
        rows_before: rows(intent),
    }
}

pub(crate) fn serve_order(intent: Intent) -> ServeOrder {
    ServeOrder {
        namespace: namespace_of_clinic(),
        identity: identity(intent),
        run: run(),
        database: "app".to_owned(),
    }
}

/// An object as the API server gets it.
pub(super) fn json(object: impl Serialize) -> Value {
    serde_json::to_value(object).unwrap()
}

/// Every object of one replica, in the order they are made.
pub(super) fn every_object(site: &Site, intent: Intent) -> Vec<Value> {
    let (restore, serve) = (restore_order(intent), serve_order(intent));
    let password = || SecretString::from(CANARY);
    let passwords = Passwords { superuser: password(), analytics: password() };
    let place = Place::from(&restore);

    let Foundation { network_policies, service_account, authority } = Foundation::of(site, place);
    let SizingSet { repository_secret: _, job: sizing } =
        SizingSet::of(site, &sizing_order(intent), &password());
    let RestoreSet { repository_secret, volume_claim, job } =
        RestoreSet::of(site, &restore, &password(), &passwords);
    let PostgresSet { deployment } = PostgresSet::of(site, &postgres_order(intent));
    let ServeSet { superuser, analytics, service } = ServeSet::of(site, &serve, &passwords);

    let mut all = vec![json(namespace(site, place, &Record::default().to_annotations()))];
    all.extend(network_policies.map(json));
    all.push(json(service_account));
    all.extend(authority.map(json));
    all.extend([json(repository_secret), json(sizing), json(volume_claim), json(job)]);
    all.extend([json(deployment), json(superuser), json(analytics), json(service)]);
    all
}
