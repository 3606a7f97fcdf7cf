//! Where restore pods may go: names, the operator, S3.

use super::port;
use crate::{
    args::Home,
    resources::{S3, app_labels},
};
use k8s_openapi::{
    api::networking::v1::{IPBlock, NetworkPolicyEgressRule, NetworkPolicyPeer},
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};
use std::collections::BTreeMap;

/// The broker's port, and the one with metrics and callbacks.
const OPERATOR_PORTS: [u16; 2] = [9091, 8080];

/// Labels of the operator's own pods, as `deploy/base` writes them.
pub const OPERATOR_LABELS: [(&str, &str); 2] =
    [(app_labels::NAME, "pgro"), (app_labels::COMPONENT, "operator")];

/// Label every namespace carries with its own name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Where a node's own name cache listens.
const NODE_LOCAL_DNS: &str = "169.254.20.10/32";

/// Names are resolved by a pod of the cluster or by the node's cache; where that pod runs differs between clusters.
pub(super) fn names() -> NetworkPolicyEgressRule {
    let anywhere = NetworkPolicyPeer { namespace_selector: Some(LabelSelector::default()), ..none() };
    rule(vec![port("UDP", 53), port("TCP", 53)], Some(vec![anywhere, block(NODE_LOCAL_DNS, &[])]))
}

/// The operator's pods in its namespace.
pub(super) fn operator(home: &Home) -> NetworkPolicyEgressRule {
    let peer = NetworkPolicyPeer {
        namespace_selector: Some(selector([(NAMESPACE_NAME, home.namespace.as_str())])),
        pod_selector: Some(selector(OPERATOR_LABELS)),
        ip_block: None,
    };
    rule(OPERATOR_PORTS.map(|number| port("TCP", number)).into(), Some(vec![peer]))
}

/// AWS is anywhere on the net but never link-local, where clouds hand out the node's own credentials. A look-alike may
/// be a pod, which address blocks do not match with every network plugin: only its port limits the way there.
pub(super) fn s3(s3: &S3) -> NetworkPolicyEgressRule {
    match &s3.endpoint {
        None => rule(
            vec![port("TCP", 443)],
            Some(vec![
                block("0.0.0.0/0", &["169.254.0.0/16"]),
                block("::/0", &["fe80::/10", "fd00:ec2::/32"]),
            ]),
        ),
        Some(url) => rule(vec![port("TCP", url.port_or_known_default().unwrap_or(443))], None),
    }
}

fn rule(
    ports: Vec<k8s_openapi::api::networking::v1::NetworkPolicyPort>,
    to: Option<Vec<NetworkPolicyPeer>>,
) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { ports: Some(ports), to }
}

fn block(cidr: &str, except: &[&str]) -> NetworkPolicyPeer {
    let except = (!except.is_empty()).then(|| except.iter().map(|&cidr| cidr.to_owned()).collect());
    NetworkPolicyPeer { ip_block: Some(IPBlock { cidr: cidr.to_owned(), except }), ..none() }
}

fn none() -> NetworkPolicyPeer {
    NetworkPolicyPeer::default()
}

fn selector<const N: usize>(labels: [(&str, &str); N]) -> LabelSelector {
    let labels: BTreeMap<_, _> = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }
}

#[cfg(test)]
mod tests {
    use super::s3;
    use crate::resources::{S3, fixtures};
    use serde_json::{Value, json};

    fn to(endpoint: Option<&str>) -> Value {
        fixtures::json(s3(&S3 { endpoint: endpoint.map(|url| url.parse().unwrap()), ca_pem: None }))
    }

    #[test]
    fn fault_g23_the_way_to_aws_leads_past_the_nodes_own_credentials() {
        let rule = to(None);
        assert_eq!(rule["ports"], json!([{"port": 443, "protocol": "TCP"}]));
        assert_eq!(rule["to"][0]["ipBlock"], json!({"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}));
        assert_eq!(rule["to"][1]["ipBlock"]["cidr"], "::/0");
    }

    #[test]
    fn the_way_to_a_look_alike_is_its_port_alone() {
        for (endpoint, port) in [("http://minio:9000", 9000), ("http://minio", 80), ("https://minio", 443)] {
            assert_eq!(
                to(Some(endpoint)),
                json!({"ports": [{"port": port, "protocol": "TCP"}]}),
                "{endpoint}"
            );
        }
    }
}
