//! One history: a fleet, the weather, and an operator that polls; at the end the sky clears and all must be well.

use crate::{
    answers::{self, Trouble},
    fleet::{self, Fleet},
    sim::{Sim, sound},
    weather::{Cruelty, Weather},
};
use contract::{
    canopy::WorklistEntry,
    ids::ReplicaKey,
    pods::{Failure, FailureReason, Restored},
};
use jiff::SignedDuration;
use operator::{
    canopy,
    model::{JobPhase, Observed, PostgresPhase, Seen},
    reconcile,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{collections::BTreeSet, fmt};

/// Polls under whatever weather comes.
const POLLS: usize = 40;

/// What a history, or many, came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    histories: usize,
    polls: usize,
    pub(crate) hostile: usize,
    pub(crate) deletions: usize,
    slowest: SignedDuration,
}

impl Figures {
    pub(crate) fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.polls += other.polls;
        self.hostile += other.hostile;
        self.deletions += other.deletions;
        self.slowest = self.slowest.max(other.slowest);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} histories, {} polls ({} hostile), {} deletions, none of them unsafe, slowest removal {:#}",
            self.histories, self.polls, self.hostile, self.deletions, self.slowest
        )
    }
}

/// One history under way.
pub(crate) struct History {
    seed: u64,
    rng: StdRng,
    sim: Sim,
    fleet: Fleet,
    cruelty: Cruelty,
    figures: Figures,
}

impl History {
    /// From an empty cluster to a fleet that is what is wanted.
    pub(crate) fn run(seed: u64) -> Figures {
        let mut rng = StdRng::seed_from_u64(seed);
        let size = rng.random_range(1..12);
        let fleet = Fleet::of(size, &mut rng);
        let figures = Figures { histories: 1, ..Figures::default() };
        let mut history = Self { seed, rng, sim: Sim::empty(), fleet, cruelty: Cruelty::default(), figures };
        history.under(&mut Weather::fair());
        history.clears_up();
        history.figures
    }

    fn under(&mut self, weather: &mut Weather) {
        for _ in 0..POLLS {
            if self.rng.random_bool(0.06) {
                self.fleet.withdraw(self.sim.now, &mut self.rng);
            }
            if self.rng.random_bool(0.02) {
                self.fleet.add(&mut self.rng);
            }
            let trouble = weather.next(&mut self.rng);
            self.poll(trouble);
        }
    }

    /// Honest answers: within the bound what was withdrawn is gone, and the rest is there.
    fn clears_up(&mut self) {
        let until = self.sim.now + self.bound();
        loop {
            self.poll(Trouble::None);
            let standing: BTreeSet<ReplicaKey> = keys(&self.sim.observed).collect();
            let wanted: BTreeSet<ReplicaKey> = self.fleet.entries().iter().map(WorklistEntry::key).collect();
            if standing == wanted {
                return;
            }
            assert!(self.sim.now < until, "seed {}: not what is wanted at the bound", self.seed);
        }
    }

    /// The longest that removals may take once answers are honest: a hold, then as many as may go in each window.
    fn bound(&self) -> SignedDuration {
        let rules = &self.sim.policy.teardown;
        let leaving = keys(&self.sim.observed).filter(|key| !self.fleet.wants(*key)).count();
        let windows = i32::try_from(leaving.div_ceil(rules.window_count)).unwrap();
        rules.hold + rules.window * windows + SignedDuration::from_mins(5)
    }

    fn poll(&mut self, trouble: Trouble) {
        self.sim.now += SignedDuration::from_secs(self.rng.random_range(48..=72));
        if trouble == Trouble::Error && self.rng.random_bool(0.1) {
            self.sim.now += SignedDuration::from_mins(self.rng.random_range(1..120));
        }
        self.figures.polls += 1;
        self.figures.hostile += usize::from(trouble != Trouble::None);
        let body = answers::answer(trouble, &self.fleet.entries(), &mut self.rng);
        let body = body.filter(|body| self.is_bearable(body)).or_else(|| self.honest(trouble));
        if let Some(Ok(list)) = body.map(|body| canopy::parse_worklist(&body)) {
            self.sim.poll_list(reconcile::normalised(list));
        }
        self.pods_move();
        self.settle();
    }

    /// The truth, where what was to be said is more than anybody could withstand; nothing where nothing was said.
    fn honest(&mut self, trouble: Trouble) -> Option<Vec<u8>> {
        if trouble == Trouble::Error {
            return None;
        }
        let body = answers::answer(Trouble::None, &self.fleet.entries(), &mut self.rng)?;
        self.is_bearable(&body).then_some(body)
    }

    fn is_bearable(&mut self, body: &[u8]) -> bool {
        let Some(named) = named(body) else { return true };
        let own: Vec<ReplicaKey> = keys(&self.sim.observed).filter(|key| !fleet::is_strange(*key)).collect();
        let absent: BTreeSet<ReplicaKey> = own.iter().copied().filter(|key| !named.contains(key)).collect();
        let (missing, of) = (absent.len(), own.len());
        let large = (missing >= 3 && missing * 100 > of * 30) || (missing >= 2 && missing == of);
        let doubtful = named.is_empty() || large;
        let missing = absent.into_iter().filter(|key| self.fleet.wants(*key)).collect();
        self.cruelty.bears(&missing, doubtful, self.sim.now)
    }

    fn settle(&mut self) {
        let before: BTreeSet<ReplicaKey> = keys(&self.sim.observed).collect();
        self.sim.settle();
        let after: BTreeSet<ReplicaKey> = keys(&self.sim.observed).collect();
        for key in before.difference(&after) {
            self.went(*key);
        }
    }

    fn went(&mut self, key: ReplicaKey) {
        self.figures.deletions += 1;
        assert!(!self.fleet.wants(key), "seed {}: {key} is wanted and was deleted", self.seed);
        if let Some(since) = self.fleet.withdrawn.get(&key) {
            self.figures.slowest = self.figures.slowest.max(self.sim.now.duration_since(*since));
        }
    }

    /// Restores and checks come to their ends, most of them good.
    fn pods_move(&mut self) {
        let rng = &mut self.rng;
        for seen in self.sim.observed.namespaces.values_mut() {
            let Seen::Replica(replica) = seen else { continue };
            let Some(attempt) = replica.record.attempt.clone().filter(operator::model::Attempt::is_open)
            else {
                continue;
            };
            let Some(run) = replica.runs.get_mut(&attempt.run()) else { continue };
            if let Some(postgres) = &mut run.postgres {
                postgres.phase = PostgresPhase::Ready(sound().into());
            } else if let Some(job) = run.job.as_mut().filter(|_| rng.random_bool(0.5)) {
                job.phase = ended(&attempt.snapshot, rng);
            }
        }
    }
}

fn ended(snapshot: &str, rng: &mut StdRng) -> JobPhase {
    if rng.random_bool(0.2) {
        return JobPhase::Failed(Failure { reason: FailureReason::NoCluster, message: "it said so".into() });
    }
    JobPhase::Restored(Restored {
        snapshot_id: snapshot.parse().unwrap(),
        data_dir: "restored".parse().unwrap(),
        postgres_major: 15,
        files: 1,
        bytes: 1,
    })
}

fn keys(observed: &Observed) -> impl Iterator<Item = ReplicaKey> {
    observed.replicas().map(|replica| replica.identity.key)
}

/// Whom a body speaks of; none if it is no complete list, for then it proves nobody's absence.
fn named(body: &[u8]) -> Option<BTreeSet<ReplicaKey>> {
    let list: Vec<serde_json::Value> = serde_json::from_slice(body).ok()?;
    let id = |entry: &serde_json::Value, key: &str| entry.get(key)?.as_str()?.parse::<uuid::Uuid>().ok();
    list.iter()
        .map(|entry| {
            Some(ReplicaKey {
                replica_id: contract::ids::ReplicaId(id(entry, "replica_id")?),
                server_id: contract::ids::ServerId(id(entry, "server_id")?),
            })
        })
        .collect()
}
