//! One process's tries at the Lease.

use super::{
    Leadership, LeaseError, LeaseKeeper, Term,
    candidate::{Candidate, Move},
};
use crate::{args::LeaseTimes, clock::Clock, metrics::Metrics, task::Interval};
use k8s_openapi::api::coordination::v1::Lease;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout_at},
};

/// Share of the retry pause by which tries come earlier or later, so that candidates do not collide again and again.
const JITTER: f64 = 0.2;

/// Where people and machines are told who leads.
pub struct Told {
    /// For the status.
    pub leadership: watch::Sender<Leadership>,
    /// For monitoring.
    pub metrics: Metrics,
}

/// One who would lead, and what it needs for that.
pub struct Elector {
    keeper: LeaseKeeper,
    candidate: Candidate,
    clock: Arc<dyn Clock>,
    random: Box<dyn FnMut() -> f64 + Send>,
    told: Told,
    /// The Lease as our own last write left it: to renew it, it need not be read again.
    written: Option<Lease>,
    /// Whether the last try failed: a trouble that lasts is not told every two seconds.
    troubled: bool,
}

/// How a try ended.
enum Standing {
    /// The Lease is ours, by a write that was sent at this moment.
    Mine(Instant),
    /// It is another's.
    Theirs(String),
}

impl Elector {
    /// A candidate called `me`, which nobody else may be called.
    pub fn new(
        keeper: LeaseKeeper,
        me: String,
        times: LeaseTimes,
        clock: Arc<dyn Clock>,
        random: impl FnMut() -> f64 + Send + 'static,
        told: Told,
    ) -> Self {
        let (candidate, random) = (Candidate::new(me, times), Box::new(random));
        Self { keeper, candidate, clock, random, told, written: None, troubled: false }
    }

    /// Tries until the Lease is ours.
    pub(super) async fn win(&mut self) -> Term {
        loop {
            match self.attempt().await {
                Some(Standing::Mine(sent)) => {
                    self.tell(true, Some(self.candidate.name().to_owned()));
                    return Term::won(sent, self.candidate.times());
                }
                Some(Standing::Theirs(holder)) => self.tell(false, Some(holder)),
                None => {}
            }
            self.pause().await;
        }
    }

    /// Renews until that fails for too long, or the Lease is another's.
    pub(super) async fn keep(&mut self, term: &Term) {
        while term.is_current() {
            let next = Instant::now() + self.next_pause();
            sleep_until(next.min(term.lapses_at())).await;
            match timeout_at(term.lapses_at(), self.attempt()).await {
                Ok(Some(Standing::Mine(sent))) => term.renew(sent),
                Ok(Some(Standing::Theirs(holder))) => {
                    return tracing::warn!(lease.holder = holder, "the lease was taken by {holder}");
                }
                Ok(None) | Err(_) => {}
            }
        }
        tracing::warn!("the lease could not be renewed in time");
    }

    /// Lets the next one take over at once; a failure costs the others a lease duration.
    pub(super) async fn release(&mut self) {
        match self.let_go().await {
            Ok(true) => tracing::info!("the lease is released"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error = %crate::reconcile::chain(&error), "the lease runs out by itself");
            }
        }
    }

    pub(super) async fn pause(&mut self) {
        sleep(self.next_pause()).await;
    }

    pub(super) fn tell(&self, leading: bool, leader: Option<String>) {
        let next = Leadership { leading, leader };
        self.told.metrics.leading(leading);
        self.told.leadership.send_if_modified(|told| {
            let changed = *told != next;
            if changed {
                let leader = next.leader.as_deref().unwrap_or("nobody");
                tracing::info!(lease.holder = leader, leading, "{leader} leads");
                *told = next;
            }
            changed
        });
    }

    fn next_pause(&mut self) -> Duration {
        let interval = Interval { every: self.candidate.times().retry, jitter: JITTER };
        interval.pause((self.random)())
    }

    async fn attempt(&mut self) -> Option<Standing> {
        match self.try_once().await {
            Ok(standing) => {
                self.troubled = false;
                Some(standing)
            }
            Err(error) => {
                self.trouble(&error);
                None
            }
        }
    }

    async fn try_once(&mut self) -> Result<Standing, LeaseError> {
        let found = match self.written.take() {
            Some(lease) => Some(lease),
            None => self.keeper.get().await?,
        };
        let sent = Instant::now();
        let written = match (self.candidate.judge(found.as_ref(), sent, self.clock.now()), found) {
            (Move::Wait { holder }, _) => return Ok(Standing::Theirs(holder)),
            (Move::Take(spec), Some(lease)) => self.keeper.replace(lease, spec).await?,
            (Move::Create(spec) | Move::Take(spec), _) => self.keeper.create(spec).await?,
        };
        self.written = Some(written);
        Ok(Standing::Mine(sent))
    }

    async fn let_go(&mut self) -> Result<bool, LeaseError> {
        let found = match self.written.take() {
            Some(lease) => Some(lease),
            None => self.keeper.get().await?,
        };
        let Some(lease) = found else { return Ok(false) };
        let Some(spec) = self.candidate.release(&lease, self.clock.now()) else { return Ok(false) };
        self.keeper.replace(lease, spec).await?;
        Ok(true)
    }

    fn trouble(&mut self, error: &LeaseError) {
        let error = crate::reconcile::chain(error);
        if self.troubled {
            tracing::debug!(error, "the lease could not be looked after, again");
        } else {
            tracing::warn!(error, "the lease could not be looked after; trying on");
        }
        self.troubled = true;
    }
}
