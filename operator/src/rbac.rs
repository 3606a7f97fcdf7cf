//! What the operator may do in a cluster, and what for: the table `deploy/base/rbac.yaml` is compared with.
//!
//! Who calls the API server in a new way adds a verb here and there; a test refuses one without the other.

/// Verbs on one kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// API group; empty: the core.
    pub group: &'static str,
    /// Kind, as in URLs.
    pub resource: &'static str,
    /// What is done with it.
    pub verbs: &'static [&'static str],
    /// What for.
    pub because: &'static str,
}

const fn rule(
    group: &'static str,
    resource: &'static str,
    verbs: &'static [&'static str],
    because: &'static str,
) -> Rule {
    Rule { group, resource, verbs, because }
}

/// In every namespace, since those of replicas come and go.
pub const CLUSTER: &[Rule] = &[
    rule(
        "",
        "namespaces",
        &["get", "list", "watch", "create", "patch", "delete"],
        "one for each replica; its record, and how far its restore is, are its annotations",
    ),
    rule("", "serviceaccounts", &["get", "create", "patch"], "the identity of a replica's pods"),
    rule("", "persistentvolumeclaims", &["get", "list", "watch", "create", "delete"], "one for each run"),
    rule(
        "batch",
        "jobs",
        &["get", "list", "watch", "create", "patch", "delete"],
        "restores; their traffic figures are an annotation",
    ),
    rule("apps", "deployments", &["get", "list", "watch", "create", "delete"], "databases"),
    rule(
        "",
        "pods",
        &["get", "list", "watch"],
        "why a run waits, what it left, and whether the broker's caller lives",
    ),
    rule("", "services", &["get", "list", "watch", "create", "patch"], "the door guests come in by"),
    rule(
        "",
        "secrets",
        &["get", "create", "patch", "delete"],
        "passwords: of the repository for a run, of the roles for good",
    ),
    rule("", "configmaps", &["get", "create", "patch"], "roots of an S3 look-alike"),
    rule("networking.k8s.io", "networkpolicies", &["get", "create", "patch"], "the walls around a replica"),
    rule(
        "events.k8s.io",
        "events",
        &["list", "create", "patch"],
        "what people are told; why a Job makes no pod, which nothing else says",
    ),
    rule("authentication.k8s.io", "tokenreviews", &["create"], "who calls the broker"),
];

/// In the operator's own namespace.
pub const HOME: &[Rule] = &[
    rule("", "secrets", &["get"], "device certificate and S3 authority"),
    rule("coordination.k8s.io", "leases", &["get", "create", "update"], "which of several operators acts"),
];
