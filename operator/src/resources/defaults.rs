//! How much of a node each container gets.
//!
//! Memory is requested in full and limited to that: what is promised is there, and a pod that wants more is ended by
//! itself instead of taking a neighbour along. CPU is requested so sparingly that a laptop's single node carries a
//! dozen replicas, and not limited: a restore in an idle cluster may use all of it.

use contract::ids::Intent;
use k8s_openapi::{api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity};
use std::collections::BTreeMap;

const MIB: u64 = 1024 * 1024;

/// What one container is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// Thousandths of a core it is sure of.
    pub(super) cpu_millis: u32,
    /// Memory it is sure of, and its limit.
    pub(super) memory_bytes: u64,
}

/// Copying one file needs next to nothing.
pub(super) const COPY_AGENT: Share = Share { cpu_millis: 10, memory_bytes: 32 * MIB };

/// The proxy's buffers are bounded far below this; the rest is for TLS and the allocator.
pub(super) const PROXY: Share = Share { cpu_millis: 25, memory_bytes: 128 * MIB };

/// Kopia holds the repository's index in memory, as for a restore, and restores nothing.
pub(super) const SIZING: Share = Share { cpu_millis: 25, memory_bytes: 512 * MIB };

/// A restore, with the memory its size asks for.
pub(super) fn restore(memory_bytes: u64) -> Share {
    Share { cpu_millis: 25, memory_bytes }
}

/// PostgreSQL's share, preparation included: a check reads alone, guests of `analytics` sort and join, and a database
/// that stands in for a lost server has its whole load to bear.
pub(super) fn postgres(intent: Intent) -> Share {
    match intent {
        Intent::Verify => Share { cpu_millis: 25, memory_bytes: 384 * MIB },
        Intent::Analytics => Share { cpu_millis: 50, memory_bytes: 512 * MIB },
        Intent::DisasterRecovery => Share { cpu_millis: 50, memory_bytes: 768 * MIB },
    }
}

/// Memory of the postgres container for `intent`, which `prepare` fits the server's settings to.
pub fn postgres_memory_bytes(intent: Intent) -> u64 {
    postgres(intent).memory_bytes
}

impl Share {
    /// As a container's requests and limits.
    pub(super) fn requirements(self) -> ResourceRequirements {
        let memory = ("memory".to_owned(), Quantity(format!("{}Mi", self.memory_bytes / MIB)));
        let cpu = ("cpu".to_owned(), Quantity(format!("{}m", self.cpu_millis)));
        ResourceRequirements {
            requests: Some(BTreeMap::from([cpu, memory.clone()])),
            limits: Some(BTreeMap::from([memory])),
            ..ResourceRequirements::default()
        }
    }

    /// Shared memory for parallel queries: a quarter, which leaves the rest to `shared_buffers` and sessions.
    pub(super) fn shared_memory_mib(self) -> u64 {
        self.memory_bytes / MIB / 4
    }
}

#[cfg(test)]
mod tests {
    use super::{MIB, PROXY, postgres};
    use contract::ids::Intent;

    #[test]
    fn memory_is_requested_in_full_and_cpu_is_not_limited() {
        let made = PROXY.requirements();
        let (requests, limits) = (made.requests.unwrap(), made.limits.unwrap());
        assert_eq!(requests["memory"], limits["memory"]);
        assert_eq!(requests["cpu"].0, "25m");
        assert!(!limits.contains_key("cpu"));
    }

    #[test]
    fn every_share_is_told_without_rounding() {
        for intent in Intent::ALL {
            let share = postgres(intent);
            assert_eq!(
                share.requirements().limits.unwrap()["memory"].0,
                format!("{}Mi", share.memory_bytes / MIB)
            );
            assert_eq!(share.memory_bytes % MIB, 0);
            assert!(share.shared_memory_mib() * 4 * MIB <= share.memory_bytes);
        }
    }
}
