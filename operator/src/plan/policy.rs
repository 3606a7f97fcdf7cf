//! The numbers decisions turn on.

use jiff::SignedDuration;

/// Limits and pauses. `docs/deciding.md` names those that can be set from the environment; the others are fixed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Attempts in progress at a time.
    pub max_concurrent_restores: usize,
    /// Longest time a pod may take until its work begins: images are pulled and nodes added within it.
    pub start_deadline: SignedDuration,
    /// Longest time a restore may run.
    pub restore_deadline: SignedDuration,
    /// Longest time recovery and checks may take together.
    pub verify_deadline: SignedDuration,
    /// Longest time a sound database may wait until the Service points to it.
    pub switch_deadline: SignedDuration,
    /// Time after which a namespace that is still going is called stuck.
    pub terminating_deadline: SignedDuration,
    /// Pause after a first failure; doubled with each further one.
    pub retry_base: SignedDuration,
    /// Longest such pause.
    pub retry_max: SignedDuration,
    /// Longest pause after an attempt that met an outage of Canopy or S3.
    pub outage_retry_max: SignedDuration,
    /// Pause between two attempts that ask a bucket or group that is out whether it answers again.
    pub probe_pause: SignedDuration,
    /// Namespaces that may be made within a minute.
    pub creations_per_minute: usize,
    /// How long connections to the old run may go on after a refresh.
    pub drain: SignedDuration,
    /// Shortest time between two restores of the same snapshot, whatever `freshness_seconds` says.
    pub refresh_min: SignedDuration,
    /// How long a teardown waits for an unacknowledged report.
    pub report_patience: SignedDuration,
    /// When an absent entry may be torn down.
    pub teardown: TeardownPolicy,
    /// How large volumes are.
    pub volumes: VolumePolicy,
    /// How often the restore of one attempt goes on after it was broken off.
    pub resumes_max: u32,
    /// Longest time the repository may take to say how large a snapshot is.
    pub sizing_deadline: SignedDuration,
}

/// How large volumes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolumePolicy {
    /// What is asked for at first, bytes; none: what the snapshot needs.
    pub first: Option<u64>,
    /// The largest that is ever asked for, bytes.
    pub max: u64,
}

/// When an absent entry may be torn down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeardownPolicy {
    /// Consecutive complete worklists it has to be absent from.
    pub absences: u32,
    /// Over at least this time.
    pub min: SignedDuration,
    /// The same time where a large share of all replicas is absent at once.
    pub hold: SignedDuration,
    /// That share, per cent: above it the absence looks like a mistake.
    pub mass_percent: usize,
    /// Teardowns that may begin within one window, whatever the size of the fleet.
    pub window_count: usize,
    /// The same as a share of the fleet, per cent; the larger of both counts.
    pub window_percent: usize,
    /// The length of that window.
    pub window: SignedDuration,
}

impl Policy {
    /// How long a restore has to run to show that its bucket answers: through an outage the proxy holds requests for a
    /// quarter of the restore's deadline.
    pub fn probe_patience(&self) -> SignedDuration {
        self.restore_deadline / 4 + self.start_deadline
    }

    /// How long an outage met by an attempt is remembered against its bucket or group: while one probe is held, those
    /// who met it before still count.
    pub fn outage_window(&self) -> SignedDuration {
        self.probe_patience() * 3
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_concurrent_restores: 8,
            start_deadline: SignedDuration::from_mins(15),
            restore_deadline: SignedDuration::from_hours(4),
            verify_deadline: SignedDuration::from_hours(2),
            switch_deadline: SignedDuration::from_mins(5),
            terminating_deadline: SignedDuration::from_mins(10),
            retry_base: SignedDuration::from_mins(1),
            retry_max: SignedDuration::from_hours(1),
            outage_retry_max: SignedDuration::from_mins(5),
            probe_pause: SignedDuration::from_mins(2),
            creations_per_minute: 100,
            drain: SignedDuration::from_secs(30),
            refresh_min: SignedDuration::from_mins(1),
            report_patience: SignedDuration::from_mins(10),
            teardown: TeardownPolicy::default(),
            volumes: VolumePolicy { first: None, max: 4 << 40 },
            resumes_max: 5,
            sizing_deadline: SignedDuration::from_mins(15),
        }
    }
}

impl Default for TeardownPolicy {
    fn default() -> Self {
        Self {
            absences: 5,
            min: SignedDuration::from_mins(2),
            hold: SignedDuration::from_hours(1),
            mass_percent: 30,
            window_count: 5,
            window_percent: 10,
            window: SignedDuration::from_mins(10),
        }
    }
}
