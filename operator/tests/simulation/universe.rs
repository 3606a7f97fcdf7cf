//! One world from one seed: a storm, then calm, and what came of it.

use crate::{
    calm,
    canopy::SimCanopy,
    dice::Dice,
    laws::Laws,
    pods::{Fates, Proven},
    process::{Process, Surroundings},
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
        self.slowest = self.slowest.max(other.slowest);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} worlds, {} steps, {} crashes; reports: {} verified, {} failed; {} namespaces deleted; at rest at \
             most {:#} after the last fault, then 0 writes for an hour",
            self.worlds, self.steps, self.crashes, self.verified, self.failed, self.deleted, self.slowest
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
        let canopy = Arc::new(SimCanopy::new(truth.clone(), Arc::clone(&clock), Dice::of(seed, 1)));
        let mut controllers = Controllers::new(&server).seeded(seed);
        let fates = Fates {
            seed,
            server: server.clone(),
            clock: Arc::clone(&clock),
            stormy: Arc::clone(&stormy),
            proven: Arc::clone(&proven),
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
        for _ in 0..actions {
            if !self.controllers.step() {
                break;
            }
            self.moves += 1;
        }
        for operator in &mut self.operators {
            assert!(!operator.has_broken_off(), "seed {}: an operator broke off", self.seed);
        }
        self.laws.hold(&self.server, &self.canopy, &self.truth, self.clock.now());
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
        let ledger = self.canopy.ledger.lock().unwrap();
        format!("{ledger:?}").hash(&mut hasher);
        let verified = ledger.iter().filter(|report| report.replica_healthy).count() as u64;
        Figures {
            steps: self.steps(),
            verified,
            failed: ledger.len() as u64 - verified,
            deleted: self.laws.deleted(),
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
