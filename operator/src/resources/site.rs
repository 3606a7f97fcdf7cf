//! What all replicas of one installation share.

use crate::args::{Home, ImageRef, ObjectName, PostgresImages, RunLimits, StorageSize};
use std::time::Duration;
use url::Url;

/// Facts of the installation that go into objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Version of the operator.
    pub version: String,
    /// Where the operator lives and its pods reach it.
    pub home: Home,
    /// What pods are started from.
    pub images: Images,
    /// Where the data comes from.
    pub s3: S3,
    /// What runs are restored onto.
    pub volumes: Volumes,
    /// How long pods may take.
    pub budgets: Budgets,
}

/// Images of the pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Has `canopy-proxy` and `pgro-agent`.
    pub sidecar: ImageRef,
    /// Has kopia.
    pub kopia: ImageRef,
    /// Have PostgreSQL, one for each major version.
    pub postgres: PostgresImages,
}

/// An S3 look-alike, or AWS where nothing is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3 {
    /// Base address.
    pub endpoint: Option<Url>,
    /// Extra roots, PEM.
    pub ca_pem: Option<String>,
}

/// Volumes of the runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volumes {
    /// Their size.
    pub size: StorageSize,
    /// Their class; none: the cluster's default.
    pub class: Option<ObjectName>,
}

/// How long pods may take before they give up by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// A restore.
    pub restore: Duration,
    /// Crash recovery of the restored data.
    pub recovery: Duration,
    /// All checks together.
    pub checks: Duration,
}

impl Budgets {
    /// What the limits leave to the pods. Of the time to verify, recovery may take half and the checks four tenths:
    /// the tenth that is left lets `prepare` stop the server and tell its story before the operator gives up on it.
    pub fn of(limits: &RunLimits) -> Self {
        Self {
            restore: limits.restore_deadline,
            recovery: limits.verify_deadline / 2,
            checks: limits.verify_deadline * 2 / 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Budgets;
    use crate::args::RunLimits;
    use std::time::Duration;

    #[test]
    fn a_pod_gives_up_by_itself_before_the_operator_gives_up_on_it() {
        for verify_deadline in [Duration::from_mins(1), Duration::from_hours(1), Duration::from_hours(168)] {
            let limits = RunLimits {
                max_concurrent_restores: 8,
                start_deadline: Duration::from_mins(15),
                drain: Duration::from_secs(30),
                restore_deadline: Duration::from_hours(4),
                verify_deadline,
                retry_base: Duration::from_mins(1),
                retry_max: Duration::from_hours(1),
            };
            let budgets = Budgets::of(&limits);
            assert_eq!(budgets.restore, limits.restore_deadline);
            assert!(budgets.recovery + budgets.checks < verify_deadline);
            assert!(budgets.checks >= Duration::from_secs(20));
        }
    }
}
