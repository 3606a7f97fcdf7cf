//! Names in the cluster that people, manifests and tests rely on.
//!
//! Input: identifiers. Output: namespace, object, label and annotation names, always valid and bounded.
//! Must not: be renamed; what is here is a contract.

pub mod annotations;
pub mod labels;
mod namespace;
pub mod objects;

pub use labels::LabelValue;
pub use namespace::{NamespaceName, namespace_name};
pub use objects::RunName;
