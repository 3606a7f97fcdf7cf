//! The cluster as it is, joined in memory.
//!
//! Input: one list and one watch of each kind that carries our labels. Output: [`Observed`](crate::model::Observed),
//! kept by [`Index`] and made by pure functions. Must not: decide, write, or guess at labels and annotations that do
//! not read.

mod index;
pub mod inquiry;
mod join;
mod namespace;
mod pod;
mod postgres;
mod restore;
mod sizing;
mod slim;
mod trouble;
mod wire;

pub use index::{Blind, Index, Kind, PAGE};
pub use inquiry::Inquiry;

use contract::names::{NamespaceName, labels};

/// Selects what is ours: made by pgro, for the installation that lives in `home`.
pub fn ours(home: &NamespaceName) -> String {
    format!("{}={},{}={home}", labels::MANAGED_BY, labels::MANAGED_BY_VALUE, labels::OWNER)
}

#[cfg(test)]
mod tests;
