//! One world from one seed: a storm, then calm, and what came of it.

use crate::{
    calm,
    canopy::SimCanopy,
    dice::Dice,
    laws::Laws,
    pods::{Fates, Proven},
    process::{Process, Surroundings},
    sidecars::Sidecars,
    storage::Storage,
    storm,
    truth::Truth,
};
use fake_apiserver::{ApiServer, Call, Controllers, Entry};
use jiff::{SignedDuration, Timestamp};
use operator::clock::Clock;
use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::time::Instant;

/// What a world, or many, came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) worlds: u64,
    pub(crate) steps: u64,
    pub(crate) crashes: u64,
    pub(crate) verified: u64,
    pub(crate) failed: u64,
    pub(crate) deleted: u64,
    pub(crate) outages: u64,
    /// Credentials that were given, and that were not.
    pub(crate) granted: u64,
    pub(crate) refused: u64,
    /// Calls and writes of one operator in its busiest minute, and tasks alive.
    pub(crate) most: (u64, u64, usize),
    pub(crate) slowest: SignedDuration,
    /// Of every call, in order, with what became of it.
    pub(crate) digest: u64,
}

impl Figures {
    pub(crate) fn add(&mut self, other: &Self) {
        self.worlds += other.worlds;
        self.steps += other.steps;
        self.crashes += other.crashes;
        self.verified += other.verified;
        self.failed += other.failed;
        self.deleted += other.deleted;
        self.outages += other.outages;
        self.granted += other.granted;
        self.refused += other.refused;
        let (calls, writes, tasks) = other.most;
        self.most = (self.most.0.max(calls), self.most.1.max(writes), self.most.2.max(tasks));
        self.slowest = self.slowest.max(other.slowest);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (calls, writes, tasks) = self.most;
        write!(
            f,
            "{} worlds, {} steps, {} crashes, {} outages of S3; reports: {} verified, {} failed; credentials: {} given, \
             {} not; {} namespaces deleted; in a minute at most {calls} calls, {writes} writes; {tasks} tasks; at rest \
             at most {:#} after the last fault, then 0 writes for an hour",
            self.worlds,
            self.steps,
            self.crashes,
            self.outages,
            self.verified,
            self.failed,
            self.granted,
            self.refused,
            self.deleted,
            self.slowest
        )
    }
}

/// Simulated time: the runtime's, which stands still while anything is to be done.
struct SimClock {
    begun: Instant,
    at: Timestamp,
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        self.at + self.begun.elapsed()
    }
}

/// A world.
pub(crate) struct Universe {
    pub(crate) seed: u64,
    pub(crate) dice: Dice,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) server: ApiServer,
    pub(crate) controllers: Controllers,
    pub(crate) canopy: Arc<SimCanopy>,
    pub(crate) truth: Truth,
    pub(crate) stormy: Arc<AtomicBool>,
    pub(crate) storage: Storage,
    pub(crate) sidecars: Sidecars,
    pub(crate) around: Surroundings,
    pub(crate) operators: Vec<Process>,
    pub(crate) laws: Laws,
    /// Ticks and actions of controllers.
    pub(crate) moves: u64,
    pub(crate) figures: Figures,
}

impl Universe {
    /// From the big bang to the last quiet hour.
    pub(crate) fn run(seed: u64) -> Figures {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        fastrand::seed(seed);
        stub_canopy::use_ring();
        runtime.block_on(async {
            let mut universe = Self::new(seed);
            storm::rage(&mut universe).await;
            calm::settle(&mut universe).await;
            universe.came_to()
        })
    }

    fn new(seed: u64) -> Self {
        let clock: Arc<dyn Clock> =
            Arc::new(SimClock { begun: Instant::now(), at: "2026-06-01T00:00:00Z".parse().unwrap() });
        let telling = Arc::clone(&clock);
        let server = ApiServer::new(move || telling.now());
        let (truth, stormy, proven) = (Truth::default(), Arc::new(AtomicBool::new(true)), Proven::default());
        let storage = Storage::default();
        let sidecars = Sidecars::new(seed, &server, &clock, &storage, &stormy);
        let canopy = Arc::new(SimCanopy::new(truth.clone(), &clock, Dice::of(seed, 1)));
        let mut controllers = Controllers::new(&server).seeded(seed);
        let fates = Fates {
            seed,
            server: server.clone(),
            clock: Arc::clone(&clock),
            stormy: Arc::clone(&stormy),
            proven: Arc::clone(&proven),
            storage: storage.clone(),
            truth: truth.clone(),
        };
        fates.rule(&mut controllers);
        let around = Surroundings {
            server: server.clone(),
            canopy: Arc::clone(&canopy),
            clock: Arc::clone(&clock),
            dice: Dice::of(seed, 2),
        };
        let laws = Laws::new(seed, &server, proven);
        Self {
            seed,
            dice: Dice::of(seed, 3),
            clock,
            server,
            controllers,
            canopy,
            truth,
            stormy,
            storage,
            sidecars,
            around,
            operators: Vec::new(),
            laws,
            moves: 0,
            figures: Figures { worlds: 1, ..Figures::default() },
        }
    }

    /// Time passes, and what lives in the cluster acts, up to `actions` times.
    pub(crate) async fn tick(&mut self, by: std::time::Duration, actions: u64) {
        tokio::time::sleep(by).await;
        self.moves += 1;
        let brokers: Vec<_> = self.operators.iter().map(|operator| operator.broker.clone()).collect();
        self.sidecars.tick(by, &brokers);
        for _ in 0..actions {
            if !self.controllers.step() {
                break;
            }
            self.moves += 1;
        }
        for operator in &mut self.operators {
            assert!(!operator.has_broken_off(), "seed {}: an operator broke off", self.seed);
        }
        Laws::hold(self);
    }

    /// Steps so far.
    pub(crate) fn steps(&self) -> u64 {
        self.moves
            + self.server.audit(fake_apiserver::Audit::calls)
            + self.canopy.calls.load(Ordering::Relaxed)
    }

    fn came_to(self) -> Figures {
        let mut hasher = DefaultHasher::new();
        self.server.audit(|audit| {
            for entry in audit.entries() {
                told(entry).hash(&mut hasher);
            }
        });
        let reports = self.canopy.told(|told| told.reports.clone());
        format!("{reports:?}").hash(&mut hasher);
        let verified = reports.iter().filter(|report| report.replica_healthy).count() as u64;
        let (granted, refused) = self.sidecars.answers();
        Figures {
            steps: self.steps(),
            verified,
            failed: reports.len() as u64 - verified,
            deleted: self.laws.deleted(),
            outages: self.storage.lock().outages,
            granted,
            refused,
            most: self.laws.most(),
            digest: hasher.finish(),
            ..self.figures
        }
    }
}

/// A call and what became of it; Kubernetes Events are named after the real time.
fn told(entry: &Entry) -> String {
    let Call { user, verb, kind, namespace, name, .. } = &entry.call;
    let name = if kind.resource == "events" { "" } else { name };
    format!("{user} {verb:?} {} {namespace}/{name} {} {}", kind.resource, entry.code, entry.committed)
}
