//! kind's configuration. Pure.

use crate::platform::ports::{HostPorts, S3_NODE_PORT, STUB_NODE_PORT};

/// One node, whose two node ports are reachable from this machine and from no other.
pub(super) fn render(ports: HostPorts) -> String {
    let mapping = |node: u16, host: u16| {
        format!(
            "  - containerPort: {node}\n    hostPort: {host}\n    listenAddress: \"127.0.0.1\"\n    protocol: TCP\n"
        )
    };
    format!(
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n  extraPortMappings:\n{}{}",
        mapping(STUB_NODE_PORT, ports.stub_canopy),
        mapping(S3_NODE_PORT, ports.s3)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_port_leads_to_its_host_port_on_loopback_only() {
        let text = render(HostPorts { stub_canopy: 4001, s3: 4002 });
        let stub = "  - containerPort: 30787\n    hostPort: 4001\n    listenAddress: \"127.0.0.1\"\n";
        let s3 = "  - containerPort: 30900\n    hostPort: 4002\n    listenAddress: \"127.0.0.1\"\n";
        assert!(text.contains(stub) && text.contains(s3), "{text}");
        assert_eq!(text.matches("containerPort").count(), text.matches("127.0.0.1").count());
    }
}
