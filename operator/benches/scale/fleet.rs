//! A large fleet at rest: what it costs to begin to follow it, to hold it, and to look at it.

use super::{
    lists::{self, Reading},
    lives::Template,
    process::Operator,
    report::Report,
    world::{World, entry, wait},
};
use contract::names::{annotations, labels, namespace_name};
use fake_apiserver::Verb;
use operator::observe::Kind;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How large, and how often it is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    /// Replicas.
    pub(crate) replicas: usize,
    /// Time between two sweeps.
    pub(crate) interval: Duration,
}

/// Sweeps that are measured.
const SWEEPS: u64 = 8;

/// Measures a fleet of copies of `template`.
pub(crate) async fn measure(report: &mut Report, template: &Template, fleet: &Fleet) {
    let world = World::new().await;
    let objects = load(&world, template, fleet.replicas);
    report.note("replicas", whole(fleet.replicas), "");
    report.note("objects that are followed", whole(objects), "");
    let entries: Vec<_> = (0..fleet.replicas).map(entry).collect();
    world.canopy.control().replace_worklist(&entries).await.unwrap();
    let _made_once = lists::read(&world).await;
    let Reading { bytes, took } = lists::read(&world).await;
    world.api.clear_audit();
    report.note("all lists together", whole(bytes) / f64::from(1 << 20), "MiB");
    report.note("the lists, read by who decodes nothing", took.as_secs_f64(), "s");
    let started = Instant::now();
    let operator = Operator::start(&world.api_url, world.canopy.base_url(), fleet.interval);
    wait("a watch of every kind", async || watches(&world).iter().all(|count| *count > 0)).await;
    report.goal("cold start until all is followed", started.elapsed().as_secs_f64(), "s", 3.0);
    report.note("CPU of the operator until then", operator.cpu_ms() / 1000.0, "s");
    cold_start(report, &world, fleet.replicas);
    at_rest(report, &world, &operator, fleet.replicas).await;
}

/// Puts copies of the template into the cluster, each under the names and ids of its own replica.
fn load(world: &World, template: &Template, replicas: usize) -> usize {
    let original = Original::of(template);
    let mut objects = 0;
    for (kind, of_kind) in template {
        let texts: Vec<String> = of_kind.iter().map(|object| with_managers(object).to_string()).collect();
        for number in 0..replicas {
            world.api.load(kind, texts.iter().map(|text| original.copied(text, number)));
        }
        objects += texts.len() * replicas;
    }
    objects
}

/// Names and ids of the replica the template was taken from.
struct Original {
    namespace: String,
    replica: String,
    group: String,
    server: String,
    display_name: String,
    uids: Vec<Uuid>,
}

impl Original {
    fn of(template: &Template) -> Self {
        let namespace = &template["namespaces"][0]["metadata"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let uid = |object: &Value| object["metadata"]["uid"].as_str().and_then(|uid| uid.parse().ok());
        Self {
            namespace: text(&namespace["name"]),
            replica: text(&namespace["labels"][labels::DECLARATION_ID]),
            group: text(&namespace["labels"][labels::GROUP]),
            server: text(&namespace["labels"][labels::SERVER]),
            display_name: namespace["annotations"][annotations::DISPLAY_NAME].to_string(),
            uids: template.values().flatten().map(|object| uid(object).expect("a UUID")).collect(),
        }
    }

    /// An object's text, as it is for replica `number`.
    fn copied(&self, text: &str, number: usize) -> Value {
        let wanted = entry(number);
        let mut text = text
            .replace(&self.namespace, namespace_name(&wanted.name, wanted.key()).as_str())
            .replace(&self.replica, &wanted.replica_id.to_string())
            .replace(&self.group, &wanted.group_id.to_string())
            .replace(&self.server, &wanted.server_id.to_string())
            .replace(&self.display_name, &Value::from(wanted.name).to_string());
        for uid in &self.uids {
            let copy = Uuid::from_u128(uid.as_u128() ^ ((number as u128 + 1) << 64));
            text = text.replace(&uid.to_string(), &copy.to_string());
        }
        serde_json::from_str(&text).expect("still JSON")
    }
}

/// The object with what the API server writes down of who set which field: two managers, as most objects have.
fn with_managers(object: &Value) -> Value {
    let mut object = object.clone();
    let managers = [("pgro-operator", "spec"), ("kube-controller-manager", "status")].map(|(manager, part)| {
        let fields = json!({ "f:metadata": fields(&object["metadata"]), format!("f:{part}"): fields(&object[part]) });
        json!({ "manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "time": "2026-01-01T00:00:00Z", "fieldsV1": fields })
    });
    object["metadata"]["managedFields"] = managers.into_iter().collect();
    object
}

fn fields(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| (format!("f:{key}"), fields(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, item)| (format!("k:{n}"), fields(item)))
            .collect::<Map<_, _>>()
            .into(),
        _ => json!({}),
    }
}

fn watches(world: &World) -> [usize; 6] {
    Kind::ALL.map(|kind| world.api.audit(|audit| audit.count(Verb::Watch, kind.as_str())))
}

fn cold_start(report: &mut Report, world: &World, replicas: usize) {
    let pages = Kind::ALL.map(|kind| world.api.audit(|audit| audit.count(Verb::List, kind.as_str())));
    let most = |counts: [usize; 6]| whole(counts.into_iter().max().unwrap_or_default());
    let pages_of_one_list = replicas.div_ceil(operator::observe::PAGE as usize) * 2; // a replica has two pods
    report.goal("pages of one kind listed, at most", most(pages), "", whole(pages_of_one_list));
    report.goal("watches of one kind, at most", most(watches(world)), "", 1.0);
}

/// Sweeps are counted by the worklists Canopy was asked for: to ask the operator would be work for it.
async fn at_rest(report: &mut Report, world: &World, operator: &Operator, replicas: usize) {
    let sweeps = async || world.canopy.control().ledger().await.unwrap().worklist_polls;
    let settled = sweeps().await + 3;
    wait("the first sweeps", async || sweeps().await >= settled).await;
    world.api.clear_audit();
    let (first, cpu) = (sweeps().await, operator.cpu_ms());
    wait("sweeps at rest", async || sweeps().await >= first + SWEEPS).await;
    let taken = (operator.cpu_ms() - cpu) / whole((sweeps().await - first).try_into().unwrap());
    report.goal("CPU of a sweep without change, all included", taken, "ms", 50.0);
    let is_of_the_fleet = |entry: &&fake_apiserver::Entry| entry.call.kind.resource != "leases";
    let writes = world.api.audit(|audit| audit.commits().filter(is_of_the_fleet).count());
    assert_eq!(
        World::replicas(&world.api).len(),
        replicas,
        "the copies are not taken for what they are copies of"
    );
    report.goal("writes while nothing changes", whole(writes), "", 0.0);
    let (now, peak) = operator.memory_mib();
    report.goal("resident memory", now, "MiB", 64.0);
    report.note("resident memory at its peak", peak, "MiB");
}

fn whole(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
