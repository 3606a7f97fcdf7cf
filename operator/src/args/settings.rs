//! All settings, typed.

use super::{
    values::{
        self, BaseUrl, ImageRef, Listener, ObjectName, PostgresImages, ProxyUrl, Revision, StorageSize, Unfit,
    },
    variables::{self as var, Variable},
};
use contract::{
    broker::{progress_path, stats_path},
    env::EnvError,
    names::NamespaceName,
};
use std::{net::SocketAddr, ops::RangeInclusive, str::FromStr, time::Duration};
use url::Url;

/// What the operator is told at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Canopy, where there is one.
    pub canopy: Option<CanopySettings>,
    /// Where the operator listens.
    pub listen: Listen,
    /// Where the operator lives.
    pub home: Home,
    /// What the operator was built from.
    pub revision: Revision,
}

/// All that matters only where there is a Canopy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanopySettings {
    /// Where it is.
    pub base_url: BaseUrl,
    /// The tailnet's proxy, tried first.
    pub socks5_proxy: Option<ProxyUrl>,
    /// Secret with the device certificate.
    pub device_cert_secret: Option<ObjectName>,
    /// Pause between two worklists, before jitter.
    pub interval: Duration,
    /// What replicas are made of.
    pub replicas: ReplicaSettings,
    /// How much at a time, and how long.
    pub limits: RunLimits,
    /// When an absent entry is believed.
    pub teardown: TeardownGuard,
    /// How several operators agree on one.
    pub lease: LeaseTimes,
    /// The operator's own pod, where it is known.
    pub pod: Option<ObjectName>,
    /// Whether the broker takes a token only from its pod's own address.
    pub check_source: bool,
}

/// Addresses the operator listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// Restore pods ask here.
    pub broker: SocketAddr,
    /// Metrics and probes.
    pub metrics: SocketAddr,
}

/// Where the operator itself lives, as its pods find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Its namespace.
    pub namespace: NamespaceName,
    /// The Service in front of it.
    pub service: ObjectName,
}

/// The broker's port on the operator's Service, whatever address it listens on.
const BROKER_SERVICE_PORT: u16 = 9091;

impl Home {
    /// The broker's base URL, as pods reach it.
    pub fn broker_url(&self) -> Url {
        self.url("/")
    }

    /// Where the proxy of `job` posts its traffic figures.
    pub fn stats_url(&self, namespace: &NamespaceName, job: &str) -> Url {
        self.url(&stats_path(namespace.as_str(), job))
    }

    /// Where the proxy of `job` posts how far it is.
    pub fn progress_url(&self, namespace: &NamespaceName, job: &str) -> Url {
        self.url(&progress_path(namespace.as_str(), job))
    }

    fn url(&self, path: &str) -> Url {
        let text = format!("http://{}.{}.svc:{BROKER_SERVICE_PORT}{path}", self.service, self.namespace);
        #[expect(
            clippy::expect_used,
            reason = "both names are parsed DNS names, so the text is always a URL"
        )]
        Url::parse(&text).expect("a URL made of DNS names")
    }
}

/// What replicas are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaSettings {
    /// Image with `canopy-proxy` and `pgro-agent`.
    pub sidecar_image: SidecarImage,
    /// Image with kopia.
    pub kopia_image: ImageRef,
    /// Images with PostgreSQL.
    pub postgres_images: PostgresImages,
    /// Where the data comes from.
    pub s3: S3Settings,
    /// Size of a run's volume; none: what the snapshot needs.
    pub pvc_size: Option<StorageSize>,
    /// The largest volume that is asked for.
    pub pvc_size_max: StorageSize,
    /// Storage class of a run's volume; none: the cluster's default.
    pub storage_class: Option<ObjectName>,
}

/// Which image holds `canopy-proxy` and `pgro-agent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SidecarImage {
    /// This one.
    Given(ImageRef),
    /// The one the operator's own pod of this name runs.
    OfPod(ObjectName),
}

/// The S3 replicas are restored from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Settings {
    /// A look-alike; none: AWS.
    pub endpoint: Option<BaseUrl>,
    /// Secret with the look-alike's `ca.crt`.
    pub ca_secret: Option<ObjectName>,
}

/// How much at a time, how long, and how soon again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLimits {
    /// Restores at a time.
    pub max_concurrent_restores: u32,
    /// Longest start of a pod.
    pub start_deadline: Duration,
    /// How long guests of the run before may stay after a refresh.
    pub drain: Duration,
    /// Longest restore.
    pub restore_deadline: Duration,
    /// Longest recovery with checks.
    pub verify_deadline: Duration,
    /// First pause after a failed run.
    pub retry_base: Duration,
    /// Longest pause after a failed run.
    pub retry_max: Duration,
}

/// How several operators agree on one that acts: a leader that has not renewed for [`renew`](Self::renew) acts no
/// more, and the others take over [`duration`](Self::duration) after they last heard of it. What lies between the two
/// is for calls under way and for clocks that run at different speeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTimes {
    /// How long the others wait for a leader they do not hear of.
    pub duration: Duration,
    /// How long a leader goes on without being able to renew.
    pub renew: Duration,
    /// Pause between two tries, before jitter.
    pub retry: Duration,
}

/// When the absence of an entry is believed. Both conditions must hold: a fast poll alone does not hurry a teardown,
/// and a long silence between two polls does not count as many absences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeardownGuard {
    /// Consecutive complete worklists without the entry.
    pub absences: u32,
    /// Least time between the first of them and the teardown.
    pub min_age: Duration,
    /// The same time where a large share of all replicas is absent at once, which looks like a mistake.
    pub hold: Duration,
    /// That share, per cent.
    pub mass_percent: u32,
    /// Within this time no more than the two below may go.
    pub window: Duration,
    /// Teardowns within one window, whatever the size of the fleet.
    pub window_count: u32,
    /// The same as a share of the fleet, per cent; the larger of both counts.
    pub window_percent: u32,
}

impl Settings {
    /// Settings from named texts, or the first one that is wrong.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let lookup = &lookup;
        let Listener(broker) = required(lookup, var::BROKER_LISTEN_ADDR)?;
        let Listener(metrics) = required(lookup, var::METRICS_ADDR)?;
        Ok(Self {
            canopy: canopy(lookup)?,
            listen: Listen { broker, metrics },
            home: Home {
                namespace: required(lookup, var::OPERATOR_NAMESPACE)?,
                service: required(lookup, var::OPERATOR_SERVICE_NAME)?,
            },
            revision: required(lookup, var::REVISION)?,
        })
    }
}

type Result<T, E = EnvError> = std::result::Result<T, E>;

/// Everything is parsed, even where no base URL makes use of it: nonsense stops the start either way.
fn canopy(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<CanopySettings>> {
    let socks5_proxy = optional(lookup, var::CANOPY_SOCKS5_PROXY)?;
    let device_cert_secret = optional(lookup, var::CANOPY_DEVICE_CERT_SECRET)?;
    let interval = ranged(lookup, var::CANOPY_RECONCILE_INTERVAL_SECS, 1..=3_600, values::seconds)?;
    let limits = limits(lookup)?;
    let teardown = teardown(lookup)?;
    let lease = lease(lookup)?;
    let check_source = required(lookup, var::BROKER_CHECK_SOURCE)?;
    let unsided = unsided(lookup)?;
    let given = optional(lookup, var::CANOPY_PROXY_IMAGE)?.map(SidecarImage::Given);
    let pod: Option<ObjectName> = optional(lookup, var::POD_NAME)?;
    let own = pod.clone().map(SidecarImage::OfPod);
    let Some(base_url) = optional(lookup, var::CANOPY_BASE_URL)? else { return Ok(None) };
    let sidecar = given.or(own).ok_or(EnvError::Missing {
        name: var::CANOPY_PROXY_IMAGE.name,
        expected: "an image reference, or POD_NAME to take the operator's own image",
    })?;
    let replicas = unsided(sidecar);
    Ok(Some(CanopySettings {
        base_url,
        socks5_proxy,
        device_cert_secret,
        interval,
        replicas,
        limits,
        teardown,
        lease,
        pod,
        check_source,
    }))
}

/// The settings of replicas, still without the one image that may be missing.
fn unsided(lookup: &impl Fn(&str) -> Option<String>) -> Result<impl FnOnce(SidecarImage) -> ReplicaSettings> {
    let kopia_image = required(lookup, var::KOPIA_IMAGE)?;
    let postgres_images = required(lookup, var::POSTGRES_IMAGE)?;
    let s3 = S3Settings {
        endpoint: optional(lookup, var::S3_ENDPOINT)?,
        ca_secret: optional(lookup, var::S3_CA_SECRET)?,
    };
    let (pvc_size, pvc_size_max) = volume_sizes(lookup)?;
    let storage_class = optional(lookup, var::STORAGE_CLASS)?;
    Ok(move |sidecar_image| ReplicaSettings {
        sidecar_image,
        kopia_image,
        postgres_images,
        s3,
        pvc_size,
        pvc_size_max,
        storage_class,
    })
}

fn volume_sizes(lookup: &impl Fn(&str) -> Option<String>) -> Result<(Option<StorageSize>, StorageSize)> {
    let first: Option<StorageSize> = optional(lookup, var::PVC_SIZE)?;
    let max = required(lookup, var::PVC_SIZE_MAX)?;
    if first.is_some_and(|first| first > max) {
        let value = text(lookup, var::PVC_SIZE_MAX).unwrap_or_default();
        return Err(invalid(var::PVC_SIZE_MAX, value, &Unfit("it is below PGRO_PVC_SIZE")));
    }
    Ok((first, max))
}

fn teardown(lookup: &impl Fn(&str) -> Option<String>) -> Result<TeardownGuard> {
    let guard = TeardownGuard {
        absences: ranged(lookup, var::TEARDOWN_ABSENCES, 3..=1_000, values::number)?,
        min_age: ranged(lookup, var::TEARDOWN_MIN_SECS, 1..=604_800, values::seconds)?,
        hold: ranged(lookup, var::TEARDOWN_HOLD_SECS, 1..=604_800, values::seconds)?,
        mass_percent: ranged(lookup, var::TEARDOWN_MASS_PERCENT, 1..=99, values::number)?,
        window: ranged(lookup, var::TEARDOWN_WINDOW_SECS, 1..=604_800, values::seconds)?,
        window_count: ranged(lookup, var::TEARDOWN_WINDOW_COUNT, 1..=100_000, values::number)?,
        window_percent: ranged(lookup, var::TEARDOWN_WINDOW_PERCENT, 0..=100, values::number)?,
    };
    if guard.hold < guard.min_age {
        let value = guard.hold.as_secs().to_string();
        return Err(invalid(var::TEARDOWN_HOLD_SECS, value, &Unfit("it is below PGRO_TEARDOWN_MIN_SECS")));
    }
    Ok(guard)
}

fn lease(lookup: &impl Fn(&str) -> Option<String>) -> Result<LeaseTimes> {
    let times = LeaseTimes {
        duration: ranged(lookup, var::LEASE_DURATION_SECS, 3..=300, values::seconds)?,
        renew: ranged(lookup, var::LEASE_RENEW_SECS, 2..=299, values::seconds)?,
        retry: ranged(lookup, var::LEASE_RETRY_SECS, 1..=149, values::seconds)?,
    };
    let refused =
        |variable, value: Duration, why| Err(invalid(variable, value.as_secs().to_string(), &Unfit(why)));
    if times.renew >= times.duration {
        return refused(var::LEASE_RENEW_SECS, times.renew, "it is not below PGRO_LEASE_DURATION_SECS");
    }
    if times.retry * 2 > times.renew {
        return refused(var::LEASE_RETRY_SECS, times.retry, "it is above half of PGRO_LEASE_RENEW_SECS");
    }
    Ok(times)
}

fn limits(lookup: &impl Fn(&str) -> Option<String>) -> Result<RunLimits> {
    let limits = RunLimits {
        max_concurrent_restores: ranged(lookup, var::MAX_CONCURRENT_RESTORES, 1..=1_000, values::number)?,
        start_deadline: ranged(lookup, var::START_DEADLINE_SECS, 60..=86_400, values::seconds)?,
        drain: ranged(lookup, var::DRAIN_SECS, 1..=86_400, values::seconds)?,
        restore_deadline: ranged(lookup, var::RESTORE_DEADLINE_SECS, 60..=604_800, values::seconds)?,
        verify_deadline: ranged(lookup, var::VERIFY_DEADLINE_SECS, 60..=604_800, values::seconds)?,
        retry_base: ranged(lookup, var::RETRY_BASE_SECS, 1..=86_400, values::seconds)?,
        retry_max: ranged(lookup, var::RETRY_MAX_SECS, 1..=604_800, values::seconds)?,
    };
    if limits.retry_max < limits.retry_base {
        let value = limits.retry_max.as_secs().to_string();
        return Err(invalid(var::RETRY_MAX_SECS, value, &Unfit("it is below PGRO_RETRY_BASE_SECS")));
    }
    Ok(limits)
}

/// The text of a variable, its default where it is unset or empty.
fn text(lookup: &impl Fn(&str) -> Option<String>, variable: Variable) -> Option<String> {
    lookup(variable.name).filter(|text| !text.is_empty()).or_else(|| variable.default.map(str::to_owned))
}

fn invalid(variable: Variable, value: String, why: &impl ToString) -> EnvError {
    EnvError::Invalid { name: variable.name, value, expected: variable.expected, why: why.to_string() }
}

fn optional<T>(lookup: &impl Fn(&str) -> Option<String>, variable: Variable) -> Result<Option<T>>
where
    T: FromStr<Err: ToString>,
{
    let Some(text) = text(lookup, variable) else { return Ok(None) };
    text.parse().map(Some).map_err(|why: T::Err| invalid(variable, text, &why))
}

fn required<T>(lookup: &impl Fn(&str) -> Option<String>, variable: Variable) -> Result<T>
where
    T: FromStr<Err: ToString>,
{
    optional(lookup, variable)?.ok_or(EnvError::Missing { name: variable.name, expected: variable.expected })
}

fn ranged<T>(
    lookup: &impl Fn(&str) -> Option<String>,
    variable: Variable,
    range: RangeInclusive<u32>,
    parse: impl Fn(&str, &RangeInclusive<u32>) -> Result<T, Unfit>,
) -> Result<T> {
    let text = text(lookup, variable)
        .ok_or(EnvError::Missing { name: variable.name, expected: variable.expected })?;
    parse(&text, &range).map_err(|why| invalid(variable, text, &why))
}
