//! The table of variables: name, flag, default, what is expected.

/// One setting of the operator.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Name in the environment.
    pub name: &'static str,
    /// Flag on the command line, without its dashes.
    pub flag: &'static str,
    /// What serves where nothing is set.
    pub default: Option<&'static str>,
    /// What a value has to be, for `--help` and for errors.
    pub expected: &'static str,
}

macro_rules! variables {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $flag:literal, $default:expr, $expected:literal;)*) => {
        $($(#[$doc])* pub const $id: Variable =
            Variable { name: $name, flag: $flag, default: $default, expected: $expected };)*
        /// All of them, in the order of `--help`.
        pub const ALL: &[Variable] = &[$($id),*];
    };
}

variables! {
    /// Where Canopy is; unset turns everything about Canopy off.
    CANOPY_BASE_URL = "CANOPY_BASE_URL", "canopy-base-url", None,
        "the http(s) base URL of Canopy; unset: nothing is asked of Canopy";
    /// The tailnet's way to Canopy, tried first.
    CANOPY_SOCKS5_PROXY = "CANOPY_SOCKS5_PROXY", "canopy-socks5-proxy", None,
        "a socks5:// or socks5h:// address with a port, such as socks5h://[::1]:1055";
    /// Secret in the operator's namespace.
    CANOPY_DEVICE_CERT_SECRET = "CANOPY_DEVICE_CERT_SECRET", "canopy-device-cert-secret", None,
        "the name of a Secret in the operator's namespace with tls.crt, tls.key and optionally ca.crt";
    /// Pause between two worklists.
    CANOPY_RECONCILE_INTERVAL_SECS = "CANOPY_RECONCILE_INTERVAL_SECS", "canopy-reconcile-interval-secs", Some("30"),
        "whole seconds from 1 to 3600; jittered by 20 %";
    /// Where restore pods ask for credentials.
    BROKER_LISTEN_ADDR = "PGRO_BROKER_LISTEN_ADDR", "broker-listen-addr", Some("[::]:9091"),
        "an address and port such as [::]:9091";
    /// Where metrics and probes are served.
    METRICS_ADDR = "METRICS_ADDR", "metrics-addr", Some("[::]:8080"),
        "an address and port such as [::]:8080";
    /// Image of the sidecar and of `pgro-agent`.
    CANOPY_PROXY_IMAGE = "CANOPY_PROXY_IMAGE", "canopy-proxy-image", None,
        "an image reference; unset: the operator's own image, read from its pod";
    /// Image that holds kopia.
    KOPIA_IMAGE = "PGRO_KOPIA_IMAGE", "kopia-image", Some("docker.io/kopia/kopia:0.22.3"),
        "an image reference";
    /// Images that hold PostgreSQL.
    POSTGRES_IMAGE = "PGRO_POSTGRES_IMAGE", "postgres-image", Some("docker.io/library/postgres:{major}"),
        "an image reference with {major} where the major version goes";
    /// An S3 look-alike.
    S3_ENDPOINT = "PGRO_S3_ENDPOINT", "s3-endpoint", None,
        "the http(s) base URL of an S3 look-alike; unset: AWS";
    /// Its certificate authority.
    S3_CA_SECRET = "PGRO_S3_CA_SECRET", "s3-ca-secret", None,
        "the name of a Secret in the operator's namespace with the look-alike's ca.crt";
    /// Where the operator runs.
    OPERATOR_NAMESPACE = "OPERATOR_NAMESPACE", "operator-namespace", Some("pgro-system"),
        "the namespace the operator runs in";
    /// How pods reach it.
    OPERATOR_SERVICE_NAME = "OPERATOR_SERVICE_NAME", "operator-service-name", Some("pgro-operator"),
        "the name of the Service in front of the operator, with the broker on port 9091";
    /// The operator's own pod.
    POD_NAME = "POD_NAME", "pod-name", None,
        "the name of the operator's own pod, by the downward API";
    /// How many restores may run at a time.
    MAX_CONCURRENT_RESTORES = "PGRO_MAX_CONCURRENT_RESTORES", "max-concurrent-restores", Some("8"),
        "a whole number from 1 to 1000";
    /// How long a pod may take to start.
    START_DEADLINE_SECS = "PGRO_START_DEADLINE_SECS", "start-deadline-secs", Some("900"),
        "whole seconds from 60 to 86400: nodes are added and images pulled within it";
    /// How long guests of the run before may stay after a refresh.
    DRAIN_SECS = "PGRO_DRAIN_SECS", "drain-secs", Some("30"),
        "whole seconds from 1 to 86400";
    /// How long a restore may take.
    RESTORE_DEADLINE_SECS = "PGRO_RESTORE_DEADLINE_SECS", "restore-deadline-secs", Some("14400"),
        "whole seconds from 60 to 604800";
    /// How long recovery and checks may take.
    VERIFY_DEADLINE_SECS = "PGRO_VERIFY_DEADLINE_SECS", "verify-deadline-secs", Some("3600"),
        "whole seconds from 60 to 604800";
    /// First pause after a failed run; each further one doubles it.
    RETRY_BASE_SECS = "PGRO_RETRY_BASE_SECS", "retry-base-secs", Some("60"),
        "whole seconds from 1 to 86400";
    /// Longest pause after a failed run.
    RETRY_MAX_SECS = "PGRO_RETRY_MAX_SECS", "retry-max-secs", Some("3600"),
        "whole seconds from 1 to 604800, not below PGRO_RETRY_BASE_SECS";
    /// Consecutive worklists an entry must be absent from.
    TEARDOWN_ABSENCES = "PGRO_TEARDOWN_ABSENCES", "teardown-absences", Some("5"),
        "a whole number from 3 to 1000";
    /// Least time it must be absent.
    TEARDOWN_MIN_SECS = "PGRO_TEARDOWN_MIN_SECS", "teardown-min-secs", Some("120"),
        "whole seconds from 1 to 604800";
    /// The same where a large share of all replicas, or every one, is absent at once.
    TEARDOWN_HOLD_SECS = "PGRO_TEARDOWN_HOLD_SECS", "teardown-hold-secs", Some("3600"),
        "whole seconds from 1 to 604800, not below PGRO_TEARDOWN_MIN_SECS";
    /// Share of all replicas whose absence at once looks like a mistake.
    TEARDOWN_MASS_PERCENT = "PGRO_TEARDOWN_MASS_PERCENT", "teardown-mass-percent", Some("30"),
        "a whole number from 1 to 99";
    /// Within this time no more than the two below may go.
    TEARDOWN_WINDOW_SECS = "PGRO_TEARDOWN_WINDOW_SECS", "teardown-window-secs", Some("600"),
        "whole seconds from 1 to 604800";
    /// Teardowns within one window, whatever the size of the fleet.
    TEARDOWN_WINDOW_COUNT = "PGRO_TEARDOWN_WINDOW_COUNT", "teardown-window-count", Some("5"),
        "a whole number from 1 to 100000";
    /// The same as a share of the fleet; the larger of both counts.
    TEARDOWN_WINDOW_PERCENT = "PGRO_TEARDOWN_WINDOW_PERCENT", "teardown-window-percent", Some("10"),
        "a whole number from 0 to 100";
    /// Size of a run's volume.
    PVC_SIZE = "PGRO_PVC_SIZE", "pvc-size", None,
        "a Kubernetes quantity such as 20Gi; unset: what the snapshot needs, as the repository says";
    /// Largest volume of a run.
    PVC_SIZE_MAX = "PGRO_PVC_SIZE_MAX", "pvc-size-max", Some("4Ti"),
        "a Kubernetes quantity such as 4Ti, not below PGRO_PVC_SIZE";
    /// Storage class of a run's volume.
    STORAGE_CLASS = "PGRO_STORAGE_CLASS", "storage-class", None,
        "the name of a StorageClass; unset: the cluster's default";
    /// How long the others wait for a leader they do not hear of.
    LEASE_DURATION_SECS = "PGRO_LEASE_DURATION_SECS", "lease-duration-secs", Some("15"),
        "whole seconds from 3 to 300";
    /// How long a leader goes on without being able to say so.
    LEASE_RENEW_SECS = "PGRO_LEASE_RENEW_SECS", "lease-renew-secs", Some("10"),
        "whole seconds from 2 to 299, below PGRO_LEASE_DURATION_SECS";
    /// How often the lease is looked after.
    LEASE_RETRY_SECS = "PGRO_LEASE_RETRY_SECS", "lease-retry-secs", Some("2"),
        "whole seconds from 1 to 149, at most half of PGRO_LEASE_RENEW_SECS; jittered by 20 %";
    /// What this was built from, as the image knows it.
    REVISION = "PGRO_REVISION", "revision", Some("unknown"),
        "a commit, or 1 to 64 visible characters of another kind; images say it of themselves";
    /// Whether a token counts only where it comes from its pod's address.
    BROKER_CHECK_SOURCE = "PGRO_BROKER_CHECK_SOURCE", "broker-check-source", Some("false"),
        "true or false; true only where pods reach a Service under their own addresses";
}
