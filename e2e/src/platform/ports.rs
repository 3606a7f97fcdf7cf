//! The host ports through which tests reach the cluster: chosen free when it is made, and written down.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The node port of stub-canopy's control interface.
pub const STUB_NODE_PORT: u16 = 30787;
/// The node port of MinIO's S3 interface.
pub const S3_NODE_PORT: u16 = 30900;

/// Ports on 127.0.0.1 that lead to node ports of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPorts {
    /// Leads to [`STUB_NODE_PORT`].
    pub stub_canopy: u16,
    /// Leads to [`S3_NODE_PORT`].
    pub s3: u16,
}

impl HostPorts {
    /// Two ports nobody listens on. Both are held while choosing, so that they differ.
    pub(crate) fn choose() -> Result<Self> {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1");
        let (stub, s3) = (free()?, free()?);
        Ok(Self { stub_canopy: stub.local_addr()?.port(), s3: s3.local_addr()?.port() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_chosen_differ_and_are_free() {
        let ports = HostPorts::choose().unwrap();
        assert_ne!(ports.stub_canopy, ports.s3);
        TcpListener::bind((Ipv4Addr::LOCALHOST, ports.s3)).unwrap();
    }

    #[test]
    fn node_ports_are_in_the_range_kubernetes_gives_out() {
        assert!([STUB_NODE_PORT, S3_NODE_PORT].into_iter().all(|port| (30000..32768).contains(&port)));
    }
}
