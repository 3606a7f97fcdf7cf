//! The cluster as it is, joined in memory.
//!
//! Input: everything that carries our label, as lists. Output: [`Observed`](crate::model::Observed), made by pure
//! functions. Must not: decide, write, or guess at labels and annotations that do not read.

mod join;
mod list;
mod namespace;
mod pod;
mod postgres;
mod restore;

pub use join::{Denials, join};
pub use list::{ClusterView, ListError, list};

use contract::names::{NamespaceName, labels};

/// Selects what is ours: made by pgro, for the installation that lives in `home`.
pub fn ours(home: &NamespaceName) -> String {
    format!("{}={},{}={home}", labels::MANAGED_BY, labels::MANAGED_BY_VALUE, labels::OWNER)
}

#[cfg(test)]
mod tests;
