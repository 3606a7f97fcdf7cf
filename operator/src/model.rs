//! What the operator thinks in: identities, wishes, records, runs.
//!
//! Input: nothing but other values. Output: types both sides of a decision are normalised to, so that a difference
//! is `!=`. Must not: know Kubernetes clients, HTTP or the clock.

mod attempt;
mod failure;
mod identity;
mod observed;
mod order;
mod record;
mod run;
mod size;
mod wanted;

pub use attempt::{Attempt, Ending, Resumption};
pub use failure::{FailureClass, Reason, Trouble};
pub use identity::Identity;
pub use observed::{Going, Hindrance, Observed, Owner, Replica, Seen, ServiceSeen};
pub use order::{PostgresOrder, RestoreOrder, ServeOrder, SizingOrder};
pub use record::{Phase, Record, UnreadableRecord};
pub use run::{JobId, JobPhase, JobSeen, PostgresPhase, PostgresSeen, Run, SizingPhase, SizingSeen};
pub use size::{Fit, Size};
pub use wanted::{Snapshot, Source, Target, Wanted};
