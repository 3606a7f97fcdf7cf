//! Who of several operators acts: one holds the Lease, and only while it holds it does it write.
//!
//! Input: the Lease, its times, and the work to do while leading. Output: a [`Term`] for each stretch of leading, which
//! says at any moment whether it still counts. Must not: decide anything else, compare another machine's clock with
//! ours, or let a term live on that could not be renewed.
//!
//! The rules are client-go's: the Lease is replaced only over the very version that was read; it has run out when it
//! was not seen to change for as long as its holder promised, on our own monotonic clock; a leader that has not renewed
//! within the renew deadline is none any more, well before others may take over; one that ends says so, and the next
//! takes over at once. What they cannot rule out (a process that stands still between the look at its term and the
//! write) the preconditions of the writes do; see [`crate::apply`].

mod campaign;
mod candidate;
mod elector;
mod keeper;
mod leadership;
mod term;

pub use campaign::campaign;
pub use elector::{Elector, Told};
pub use keeper::{LeaseError, LeaseKeeper};
pub use leadership::Leadership;
pub use term::{Late, Term};

/// The Lease's name, in the operator's own namespace.
pub const LEASE: &str = "pgro-operator";

#[cfg(test)]
mod tests;
