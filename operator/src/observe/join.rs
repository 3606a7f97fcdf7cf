//! Lists to one picture: every object to its run, every run to its namespace.

use super::{ClusterView, namespace, postgres, restore};
use crate::{
    model::{Observed, Replica, Run, Seen, ServiceSeen},
    resources::{Component, app_labels},
};
use contract::{
    ids::ReplicaKey,
    names::{NamespaceName, RunName, labels, objects},
};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use std::collections::{BTreeMap, btree_map::Entry};

/// Runs Canopy refused credentials for in this process's life, and what it said.
pub type Denials = BTreeMap<NamespaceName, (RunName, String)>;

/// One picture of the cluster.
pub fn join(view: &ClusterView, denials: &Denials) -> Observed {
    let mut observed = Observed::default();
    for object in &view.namespaces {
        let Ok(name) = object.name_any().parse::<NamespaceName>() else { continue };
        observed.namespaces.insert(name.clone(), namespace::seen(&name, object));
    }
    set_twins_aside(&mut observed);
    for seen in observed.namespaces.values_mut() {
        if let Seen::Replica(replica) = seen {
            furnish(replica, view);
            replica.denied = denials.get(&replica.namespace).cloned();
        }
    }
    observed
}

/// Two namespaces of one replica: nobody can tell which is meant, so both are left alone.
fn set_twins_aside(observed: &mut Observed) {
    let mut first: BTreeMap<ReplicaKey, NamespaceName> = BTreeMap::new();
    let mut twins: Vec<(NamespaceName, NamespaceName)> = Vec::new();
    for replica in observed.replicas().filter(|replica| !replica.terminating) {
        match first.entry(replica.identity.key) {
            Entry::Vacant(entry) => drop(entry.insert(replica.namespace.clone())),
            Entry::Occupied(entry) => twins.push((entry.get().clone(), replica.namespace.clone())),
        }
    }
    for (one, other) in twins {
        for (namespace, twin) in [(&one, &other), (&other, &one)] {
            if let Some(Seen::Replica(replica)) = observed.namespaces.get(namespace) {
                let key = Some(replica.identity.key);
                let why = format!("namespace {twin} claims to be the same replica; delete one of the two");
                observed.namespaces.insert(namespace.clone(), Seen::Unreadable { why, key });
            }
        }
    }
}

fn furnish(replica: &mut Replica, view: &ClusterView) {
    let here = |namespace: Option<String>| namespace.as_deref() == Some(replica.namespace.as_str());
    let mut runs: BTreeMap<RunName, Box<Run>> = BTreeMap::new();
    for claim in view.claims.iter().filter(|claim| here(claim.namespace())) {
        if let Some(run) = run_of(claim) {
            runs.entry(run).or_default().volume = true;
        }
    }
    let pods: Vec<&Pod> = view.pods.iter().filter(|pod| here(pod.namespace())).collect();
    for job in view.jobs.iter().filter(|job| here(job.namespace())) {
        if let Some(run) = run_of(job) {
            let seen = restore::seen(job, &of_run(&pods, &run, Component::Restore));
            runs.entry(run).or_default().job = Some(seen);
        }
    }
    for deployment in view.deployments.iter().filter(|deployment| here(deployment.namespace())) {
        if let Some(run) = run_of(deployment) {
            let seen = postgres::seen(deployment, &of_run(&pods, &run, Component::Postgres));
            runs.entry(run).or_default().postgres = Some(seen);
        }
    }
    let service = view.services.iter().find(|s| here(s.namespace()) && s.name_any() == objects::SERVICE);
    replica.service = service.map(|service| ServiceSeen {
        run: service.spec.as_ref().and_then(|spec| spec.selector.as_ref()?.get(labels::RUN)?.parse().ok()),
    });
    replica.runs = runs;
}

fn run_of(object: &impl ResourceExt) -> Option<RunName> {
    object.labels().get(labels::RUN)?.parse().ok()
}

fn of_run<'a>(pods: &[&'a Pod], run: &RunName, component: Component) -> Vec<&'a Pod> {
    let is_component =
        |pod: &Pod| pod.labels().get(app_labels::COMPONENT).is_some_and(|value| value == component.as_str());
    pods.iter().copied().filter(|pod| is_component(pod) && run_of(*pod).as_ref() == Some(run)).collect()
}
