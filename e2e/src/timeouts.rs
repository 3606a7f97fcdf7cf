//! Every wait of the harness by name, with its deadline and the reason for the number. Pure data.
//!
//! The numbers are for two busy cores with twelve tests side by side; a wait that ends well ends long before them.

use std::time::Duration;

/// A named deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What is waited for, as it is read in "waited 60 s for …".
    pub what: &'static str,
    /// How long at most.
    pub within: Duration,
}

const fn deadline(what: &'static str, seconds: u64) -> Deadline {
    Deadline { what, within: Duration::from_secs(seconds) }
}

/// Images are in the node already; what is left is a schedule and a start.
pub const DEPLOYED: Deadline = deadline("a deployment to be available", 120);
/// A poll every second, and one namespace.
pub const PROVISIONED: Deadline = deadline("the replica's namespace", 60);
/// A restore waits for a free place, then needs half a minute alone. Beside many others, on two cores that other programs
/// had most of, it took over five.
pub const RESTORED: Deadline = deadline("the replica to be active", 900);
/// As [`RESTORED`], and the report is sent before the next step is taken.
pub const REPORTED: Deadline = deadline("the report in Canopy's ledger", 900);
/// 300 MB through a container that may use a fraction of a core.
pub const RESTORED_SLOWLY: Deadline = deadline("the slow restore to end", 900);
/// As [`REPORTED`], behind a dozen others.
pub const JUDGED: Deadline = deadline("the report of a backup among many", 900);
/// The first steps of a restore: volume, Job, pod, each a reconcile apart.
pub const UNDER_WAY: Deadline = deadline("the restore to be under way", 180);
/// The guard's three absences over four seconds, its longer hold, and Kubernetes emptying the namespace.
pub const TORN_DOWN: Deadline = deadline("the namespace to be gone", 180);
/// Polls are a second apart, two or three while Canopy fails.
pub const POLLED: Deadline = deadline("the operator to ask for the worklist", 90);
/// A short-lived pod whose image is in the node.
pub const ANSWERED: Deadline = deadline("the query to be answered", 120);
/// A node learns of a Service within seconds; each try is a pod.
pub const CONNECTED: Deadline = deadline("a connection through the Service", 180);
/// A listener that is already there.
pub const LISTENING: Deadline = deadline("the service to answer", 90);
/// A container that was killed comes back, perhaps after a first back-off of 10 s.
pub const BACK: Deadline = deadline("the operator to be back", 120);
/// One start of a database server on a quiet directory, on a disk that many write to.
pub const SERVER_UP: Deadline = deadline("the source server to accept connections", 180);
/// Events are written beside the state, not before it.
pub const TOLD: Deadline = deadline("what is said beside the state", 60);
