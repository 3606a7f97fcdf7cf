//! What Kubernetes says of a pod that does not start or did not end well, to one of our reasons.
//!
//! Input: its reasons, which are fixed words, and where it has none the messages of its own components. Output: a
//! [`Reason`]. Must not: be the only thing shown; the cluster's own words stand beside it.

use crate::model::Reason;

/// Why a container waits.
pub(super) fn of_waiting(reason: &str) -> Reason {
    match reason {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "InvalidImageName"
        | "ErrImageNeverPull"
        | "ImageInspectError"
        | "RegistryUnavailable" => Reason::ImagePullFailed,
        "CrashLoopBackOff" => Reason::CrashLoop,
        _ => Reason::ContainerFailed,
    }
}

/// Why no node takes a pod, by the scheduler's words.
pub(super) fn of_scheduling(message: &str) -> Reason {
    if message.to_ascii_lowercase().contains("persistentvolumeclaim") || message.contains("volume binding") {
        Reason::VolumePending
    } else {
        Reason::Unschedulable
    }
}

/// Why the API server made no object, by its words.
pub(super) fn of_creation(message: &str) -> Reason {
    if message.contains("exceeded quota") { Reason::QuotaExceeded } else { Reason::Rejected }
}

/// Why a pod, a container or a Job ended; none: the word says nothing more than that it did.
pub(super) fn of_end(reason: &str) -> Option<Reason> {
    match reason {
        "OOMKilled" => Some(Reason::OomKilled),
        "Evicted" | "Preempting" | "TerminationByKubelet" => Some(Reason::Evicted),
        "NodeLost" | "NodeShutdown" | "Shutdown" | "DeletionByTaintManager" | "NodeAffinity" => {
            Some(Reason::NodeLost)
        }
        "ContainerCannotRun" | "StartError" | "ContainerStatusUnknown" => Some(Reason::ContainerFailed),
        "DeadlineExceeded" => Some(Reason::DeadlineExceeded),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{of_creation, of_end, of_scheduling, of_waiting};
    use crate::model::Reason;

    #[test]
    fn fault_a22_an_image_that_is_not_there_is_no_container_that_fails() {
        assert_eq!(of_waiting("ImagePullBackOff"), Reason::ImagePullFailed);
        assert_eq!(of_waiting("CreateContainerConfigError"), Reason::ContainerFailed);
    }

    #[test]
    fn fault_a21_a_volume_nobody_provides_is_not_a_lack_of_nodes() {
        let words = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.";
        assert_eq!(of_scheduling(words), Reason::VolumePending);
        assert_eq!(of_scheduling("persistentvolumeclaim \"pgdata-1\" not found"), Reason::VolumePending);
        assert_eq!(of_scheduling("0/3 nodes are available: 3 Insufficient memory."), Reason::Unschedulable);
    }

    #[test]
    fn fault_a13_a_quota_is_told_from_a_policy() {
        assert_eq!(of_creation("pods \"x\" is forbidden: exceeded quota: q"), Reason::QuotaExceeded);
        assert_eq!(of_creation("violates PodSecurity \"restricted:latest\""), Reason::Rejected);
    }

    #[test]
    fn fault_e14_ends_that_are_the_clusters_doing_are_named() {
        assert_eq!(of_end("OOMKilled"), Some(Reason::OomKilled));
        assert_eq!(of_end("Evicted"), Some(Reason::Evicted));
        assert_eq!(of_end("NodeLost"), Some(Reason::NodeLost));
        assert_eq!(of_end("Error"), None);
    }
}
