//! What is read of statuses. Fields are called what the API calls them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde::{Deserialize, de::IgnoredAny};

/// Of any kind that has nothing else to say.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::observe) struct Conditions {
    pub(in crate::observe) conditions: Option<Vec<Condition>>,
}

/// One of them.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::observe) struct Condition {
    #[serde(rename = "type")]
    pub(in crate::observe) type_: String,
    pub(in crate::observe) status: String,
    pub(in crate::observe) reason: Option<String>,
    pub(in crate::observe) message: Option<String>,
}

/// Of a Job.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::observe) struct JobStatus {
    pub(in crate::observe) conditions: Option<Vec<Condition>>,
    pub(in crate::observe) completion_time: Option<Time>,
}

/// Of a pod.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::observe) struct PodStatus {
    pub(in crate::observe) phase: Option<String>,
    pub(in crate::observe) reason: Option<String>,
    pub(in crate::observe) conditions: Option<Vec<Condition>>,
    pub(in crate::observe) init_container_statuses: Option<Vec<ContainerStatus>>,
    pub(in crate::observe) container_statuses: Option<Vec<ContainerStatus>>,
}

/// Of a container.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::observe) struct ContainerStatus {
    pub(in crate::observe) name: String,
    #[serde(default)]
    pub(in crate::observe) restart_count: i32,
    pub(in crate::observe) state: Option<ContainerState>,
    pub(in crate::observe) last_state: Option<ContainerState>,
}

/// What a container is doing, or did before its last restart.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::observe) struct ContainerState {
    pub(in crate::observe) running: Option<IgnoredAny>,
    pub(in crate::observe) waiting: Option<Waiting>,
    pub(in crate::observe) terminated: Option<Terminated>,
}

/// Why a container does not run yet.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::observe) struct Waiting {
    pub(in crate::observe) reason: Option<String>,
    pub(in crate::observe) message: Option<String>,
}

/// How a container ended.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::observe) struct Terminated {
    pub(in crate::observe) exit_code: i32,
    pub(in crate::observe) reason: Option<String>,
    pub(in crate::observe) message: Option<String>,
}
