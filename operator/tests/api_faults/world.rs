//! A cluster with its actors, a Canopy, one operator or two, and time that passes only where it is waited for.

mod fate;
mod process;

use crate::{canopy::Canopy, clock::VirtualClock, granted};
use contract::names::{NamespaceName, annotations, namespace_name, objects::containers};
use fake_apiserver::{ApiServer, Controllers, Fault, Harm, Object, Outcome, Verb};
use jiff::{SignedDuration, Timestamp};
use operator::{
    clock::Clock,
    plan::{Policy, TeardownPolicy, VolumePolicy},
    reconcile::Why,
};
use process::Process;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// Who the operator is to the API server.
pub(crate) const OPERATOR: &str = "operator";
/// Time between two rounds of passes.
const ROUND: Duration = Duration::from_secs(5);
/// Time in which watches tell what was written.
const MOMENT: Duration = Duration::from_millis(50);
/// Rounds after which something that is waited for is taken never to come.
const ROUNDS_MAX: usize = 400;

pub(crate) struct World {
    pub(crate) server: ApiServer,
    pub(crate) actors: Controllers,
    pub(crate) canopy: Arc<Canopy>,
    pub(crate) clock: VirtualClock,
    pub(crate) policy: Policy,
    version: &'static str,
    operator: Process,
    standby: Option<Process>,
    pub(crate) deaths: usize,
}

/// The namespace of replica `number`.
pub(crate) fn namespace(number: u128) -> NamespaceName {
    let key = contract::ids::ReplicaKey {
        replica_id: contract::ids::ReplicaId(Uuid::from_u128(number)),
        server_id: contract::ids::ServerId(Uuid::from_u128(number + 1000)),
    };
    namespace_name(&format!("clinic {number}"), key)
}

fn policy() -> Policy {
    Policy {
        drain: SignedDuration::from_secs(5),
        retry_base: SignedDuration::from_secs(30),
        refresh_min: SignedDuration::from_secs(1),
        resumes_max: 0,
        volumes: VolumePolicy { first: Some(20 << 30), max: 1 << 40 },
        outage_retry_max: SignedDuration::from_secs(20),
        probe_pause: SignedDuration::from_secs(20),
        teardown: TeardownPolicy {
            absences: 2,
            min: SignedDuration::from_secs(10),
            hold: SignedDuration::from_mins(10),
            ..TeardownPolicy::default()
        },
        ..Policy::default()
    }
}

impl World {
    /// An operator alone, which restores well whatever it is told to.
    pub(crate) fn new() -> Self {
        Self::of_version(env!("CARGO_PKG_VERSION"))
    }

    /// The same, of this version.
    pub(crate) fn of_version(version: &'static str) -> Self {
        let clock = VirtualClock::start();
        let time = clock.clone();
        let server = ApiServer::new(move || time.now());
        Self::around(server, Arc::default(), clock, version)
    }

    fn around(server: ApiServer, canopy: Arc<Canopy>, clock: VirtualClock, version: &'static str) -> Self {
        let mut actors = Controllers::new(&server);
        actors.script(fate::well);
        let policy = policy();
        let operator = Process::start(&server, &canopy, &clock, &policy, version);
        Self { server, actors, canopy, clock, policy, version, operator, standby: None, deaths: 0 }
    }

    /// The same, told to ask for the size of each snapshot, and to go on with restores that are broken off.
    pub(crate) fn thorough() -> Self {
        Self::new().told_to_be_thorough()
    }

    /// The same in a cluster in which something stands already, as it begins to look at that.
    pub(crate) fn from(stands: &Stands) -> Self {
        let clock = VirtualClock::starting_at(stands.at);
        let time = clock.clone();
        let (server, canopy) = (stands.server.fork(move || time.now()), Arc::new(stands.canopy.fork()));
        Self::around(server, canopy, clock, env!("CARGO_PKG_VERSION")).told_to_be_thorough()
    }

    /// What there is now, to begin from as often as one likes.
    pub(crate) fn stands(&self) -> Stands {
        let at = self.clock.now();
        Stands { server: self.server.fork(move || at), canopy: self.canopy.fork(), at }
    }

    fn told_to_be_thorough(mut self) -> Self {
        self.policy.volumes.first = None;
        self.policy.resumes_max = 5;
        self.operator = self.process();
        self
    }

    /// With a second operator that follows the cluster and does nothing, until the first dies.
    pub(crate) fn with_standby(mut self) -> Self {
        self.standby = Some(self.process());
        self
    }

    fn process(&self) -> Process {
        Process::start(&self.server, &self.canopy, &self.clock, &self.policy, self.version)
    }

    /// The operator is killed; another takes its place.
    pub(crate) fn restart(&mut self) {
        self.operator = self.standby.take().unwrap_or_else(|| self.process());
    }

    /// A second operator acts as well, as if it led, too; its pass comes after the first one's.
    pub(crate) async fn rival_pass(&mut self, rival: &mut Rival) {
        rival.0.pass(Why::Interval).await;
    }

    pub(crate) fn rival(&self) -> Rival {
        Rival(self.process())
    }

    /// What befalls pods from now on; `None`: they do well.
    pub(crate) fn fate(&mut self, mut fate: impl FnMut(&Object) -> Option<Outcome> + Send + 'static) {
        self.actors.script(move |pod| fate(pod).unwrap_or_else(|| fate::well(pod)));
    }

    /// Trouble for the operator.
    pub(crate) fn strike(&self, fault: Fault) {
        self.server.faults(|faults| faults.add(fault.user(OPERATOR)));
    }

    /// Such harm to a share of the operator's writes, by a sequence that looks random and is always the same.
    pub(crate) fn strike_writes(&self, verbs: &'static [Verb], per_cent: u64, harms: Vec<Harm>) {
        let mut seed = 7_u64;
        self.server.faults(|faults| {
            faults.judge(Box::new(move |call| {
                let fits = call.user == OPERATOR && verbs.contains(&call.verb) && call.kind.stored;
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (share, choice) = ((seed >> 33) % 100, usize::try_from(seed >> 48).unwrap_or(0));
                (fits && share < per_cent).then(|| harms[choice % harms.len()].clone())
            }));
        });
    }

    /// Passes as long as there is something to do; then a while.
    pub(crate) async fn round(&mut self) {
        let mut why = Why::Interval;
        for _ in 0..20 {
            if !self.pass(why).await {
                break;
            }
            why = Why::Progress;
            self.actors.settle();
            tokio::time::sleep(MOMENT).await;
        }
        self.actors.settle();
        tokio::time::sleep(ROUND).await;
    }

    async fn pass(&mut self, why: Why) -> bool {
        let death = self.server.death();
        let passed = tokio::select! {
            biased;
            () = death => None,
            passed = self.operator.pass(why) => Some(passed),
        };
        if passed.is_none() {
            self.deaths += 1;
            self.server.faults(fake_apiserver::Faults::clear);
            self.restart();
        }
        passed.unwrap_or(true)
    }

    /// Rounds until `is_so`.
    pub(crate) async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..ROUNDS_MAX {
            if is_so(self) {
                return;
            }
            self.round().await;
        }
        panic!("never: {what}; {}", self.shown());
    }

    /// Rounds for so long.
    pub(crate) async fn pass_time(&mut self, time: Duration) {
        let end = tokio::time::Instant::now() + time;
        while tokio::time::Instant::now() < end {
            self.round().await;
        }
    }

    /// Rounds until nothing was written in several of them.
    pub(crate) async fn rest(&mut self) {
        let mut quiet = 0;
        for _ in 0..ROUNDS_MAX {
            let before = self.writes();
            self.round().await;
            quiet = if self.writes() == before { quiet + 1 } else { 0 };
            if quiet == 4 {
                return;
            }
        }
        panic!("never at rest; {}", self.shown());
    }

    /// Writes of the operator that changed something.
    pub(crate) fn writes(&self) -> usize {
        self.server.audit(|audit| audit.commits().filter(|entry| entry.call.user == OPERATOR).count())
    }

    /// Creations of a kind, wherever.
    /// Whether a restore pod is there.
    pub(crate) fn restores(&self) -> bool {
        let pods = self.server.list("pods", "");
        pods.iter().any(|pod| pod["spec"]["containers"][0]["name"] == containers::RESTORE)
    }

    pub(crate) fn created(&self, resource: &str) -> usize {
        let counts = |entry: &&fake_apiserver::Entry| {
            entry.call.verb == Verb::Create
                && entry.call.kind.resource == resource
                && entry.call.user == OPERATOR
        };
        self.server.audit(|audit| audit.commits().filter(counts).count())
    }

    pub(crate) fn replica(&self, number: u128) -> Option<Arc<Object>> {
        self.server.get("namespaces", "", namespace(number).as_str())
    }

    /// `restore-state` of replica `number`.
    pub(crate) fn state(&self, number: u128) -> Option<String> {
        self.replica(number)?.annotation(annotations::RESTORE_STATE).map(str::to_owned)
    }

    pub(crate) fn is_active(&self, number: u128) -> bool {
        self.state(number).as_deref() == Some("active") && self.restored(number).is_some()
    }

    /// The snapshot that was restored last.
    pub(crate) fn restored(&self, number: u128) -> Option<String> {
        self.replica(number)?.annotation(annotations::LAST_RESTORED_SNAPSHOT_ID).map(str::to_owned)
    }

    /// Whether replica `number` serves `snapshot`, and told so.
    pub(crate) fn serves(&self, number: u128, snapshot: &str) -> bool {
        self.is_active(number) && self.restored(number).as_deref() == Some(snapshot)
    }

    fn shown(&self) -> String {
        let last = |audit: &fake_apiserver::Audit| {
            let calls = audit.entries().rev().take(30).map(|entry| {
                let call = &entry.call;
                format!(
                    "{} {:?} {}/{} {}",
                    call.verb.as_str(),
                    call.kind,
                    call.namespace,
                    call.name,
                    entry.code
                )
            });
            calls.collect::<Vec<_>>().join("\n")
        };
        let states: Vec<Value> = self
            .server
            .list("namespaces", "")
            .iter()
            .map(|one| one["metadata"]["annotations"].clone())
            .collect();
        format!("status {}\n{}\n{states:?}", self.operator.status(), self.server.audit(last))
    }
}

/// A cluster, a Canopy and a moment, without anybody who acts.
pub(crate) struct Stands {
    server: ApiServer,
    canopy: Canopy,
    at: Timestamp,
}

/// A second operator that acts.
pub(crate) struct Rival(Process);

impl Drop for World {
    fn drop(&mut self) {
        let mistakes = self.server.audit(|audit| audit.unexpected().to_vec());
        assert!(mistakes.is_empty() || std::thread::panicking(), "no correct client does that: {mistakes:?}");
        let beyond = self
            .server
            .audit(|audit| granted::not_granted(audit.entries().filter(|entry| entry.call.user == OPERATOR)));
        assert!(beyond.is_none() || std::thread::panicking(), "{beyond:?}");
    }
}
