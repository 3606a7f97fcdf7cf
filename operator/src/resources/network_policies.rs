//! Who may talk to whom: nobody, but for what a restore and a guest need.

mod egress;

pub use egress::OPERATOR_LABELS;

use super::{Component, Place, Site, meta::Meta, service::PORT};
use contract::names::labels;
use k8s_openapi::{
    api::networking::v1::{NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};
use std::collections::BTreeMap;

/// The policies of a replica's namespace: guests in and nobody out, and kopia's proxies out to what they need.
pub fn network_policies(site: &Site, place: Place<'_>) -> [NetworkPolicy; 2] {
    [guests_only(site, place), restore(site, place)]
}

/// Holds for every pod: only PostgreSQL listens on its port, so that one rule for all lets guests in to it alone.
fn guests_only(site: &Site, place: Place<'_>) -> NetworkPolicy {
    let guests = NetworkPolicyIngressRule { ports: Some(vec![port("TCP", PORT)]), from: None };
    let spec = NetworkPolicySpec {
        pod_selector: Some(LabelSelector::default()),
        policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        ingress: Some(vec![guests]),
        ..NetworkPolicySpec::default()
    };
    policy(&Meta::stable(site, place, Component::Replica), "guests-only", spec)
}

fn restore(site: &Site, place: Place<'_>) -> NetworkPolicy {
    let meta = Meta::stable(site, place, Component::Restore);
    let spec = NetworkPolicySpec {
        pod_selector: Some(proxied()),
        policy_types: Some(vec!["Egress".to_owned()]),
        egress: Some(vec![egress::names(), egress::operator(&site.home), egress::s3(&site.s3)]),
        ..NetworkPolicySpec::default()
    };
    policy(&meta, "restore", spec)
}

/// Every pod with the sidecar, whatever kopia does in it.
fn proxied() -> LabelSelector {
    let label = (labels::PROXY_SIDECAR.to_owned(), "true".to_owned());
    LabelSelector { match_labels: Some(BTreeMap::from([label])), ..LabelSelector::default() }
}

fn policy(meta: &Meta<'_>, name: &str, spec: NetworkPolicySpec) -> NetworkPolicy {
    NetworkPolicy { metadata: meta.named(name), spec: Some(spec) }
}

fn port(protocol: &str, number: u16) -> NetworkPolicyPort {
    NetworkPolicyPort {
        protocol: Some(protocol.to_owned()),
        port: Some(IntOrString::Int(number.into())),
        end_port: None,
    }
}
