//! What is read of specs.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Of a namespace.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::observe) struct NamespaceSpec {
    pub(in crate::observe) finalizers: Option<Vec<String>>,
}

/// Of a Service.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::observe) struct ServiceSpec {
    pub(in crate::observe) selector: Option<BTreeMap<String, String>>,
}
