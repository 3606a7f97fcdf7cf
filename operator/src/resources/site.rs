//! What all replicas of one installation share.

use crate::args::{Home, ImageRef, ObjectName, PostgresImages};
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
    /// Class of the runs' volumes; none: the cluster's default.
    pub storage_class: Option<ObjectName>,
    /// How long a restore may take that is not larger than most: the proxy holds requests for a share of it.
    pub restore_deadline: Duration,
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

/// How long `prepare` may take before it gives up by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budgets {
    /// Crash recovery of the restored data.
    pub(super) recovery: Duration,
    /// All checks together.
    pub(super) checks: Duration,
}

impl Budgets {
    /// What a deadline leaves to the pod. Recovery may take half of it and the checks four tenths: the tenth that is left
    /// lets `prepare` stop the server and tell its story before the operator gives up on it.
    pub(super) fn within(deadline: Duration) -> Self {
        Self { recovery: deadline / 2, checks: deadline * 2 / 5 }
    }
}

#[cfg(test)]
mod tests {
    use super::Budgets;
    use std::time::Duration;

    #[test]
    fn a_pod_gives_up_by_itself_before_the_operator_gives_up_on_it() {
        for deadline in [Duration::from_mins(1), Duration::from_hours(1), Duration::from_hours(168)] {
            let budgets = Budgets::within(deadline);
            assert!(budgets.recovery + budgets.checks < deadline);
            assert!(budgets.checks >= Duration::from_secs(20));
        }
    }
}
