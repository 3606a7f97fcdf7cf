//! A Canopy of values that fails, hangs, loses answers and talks nonsense, by dice.

use crate::{dice::Dice, truth::Truth};
use contract::{
    canopy::{Capabilities, Credentials, CredentialsAnswer, CredentialsRequest, Verification, WorklistEntry},
    secret::SecretString,
};
use futures::{FutureExt, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};
use operator::{
    canopy::{CanopyApi, CanopyError, Endpoint, Result, Worklist, parse_worklist},
    clock::Clock,
};
use serde_json::json;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Stands for every secret: it may be in Secrets and nowhere else.
pub(crate) const CANARY: &str = "canary-5d1c";

/// Calls that hang do so until the client's own deadline.
const HANG: Duration = Duration::from_secs(20);

/// Hostile worklists in a row; one less than the guard believes.
const LIES_IN_A_ROW: u64 = 3;

/// The double.
pub(crate) struct SimCanopy {
    pub(crate) truth: Truth,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Dice,
    pub(crate) stormy: AtomicBool,
    pub(crate) calls: AtomicU64,
    pub(crate) lies: AtomicU64,
    /// Reports that arrived, in order, those among them whose acknowledgement was lost.
    pub(crate) ledger: Mutex<Vec<Verification>>,
}

/// What befalls a call.
enum Befalls {
    Nothing,
    Refusal(u16),
    Hang,
    LostAnswer,
}

impl SimCanopy {
    pub(crate) fn new(truth: Truth, clock: Arc<dyn Clock>, dice: Dice) -> Self {
        Self {
            truth,
            clock,
            dice,
            stormy: AtomicBool::new(true),
            calls: AtomicU64::new(0),
            lies: AtomicU64::new(0),
            ledger: Mutex::default(),
        }
    }

    fn befalls(&self) -> Befalls {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if !self.stormy.load(Ordering::Relaxed) || !self.dice.percent(20) {
            return Befalls::Nothing;
        }
        match self.dice.below(4) {
            0 => Befalls::Refusal(502),
            1 => Befalls::Refusal(429),
            2 => Befalls::Hang,
            _ => Befalls::LostAnswer,
        }
    }

    /// One call: what befalls it, and what it does if it arrives.
    async fn call<T>(&self, endpoint: Endpoint, arrives: impl FnOnce() -> T) -> Result<T> {
        tokio::time::sleep(Duration::from_millis(self.dice.within(1..50))).await;
        let unreachable = |why: &str| CanopyError::Unreachable { endpoint, why: why.to_owned() };
        match self.befalls() {
            Befalls::Nothing => Ok(arrives()),
            Befalls::Refusal(status) => {
                Err(CanopyError::Upstream { endpoint, status, detail: "a fault".to_owned() })
            }
            Befalls::Hang => {
                tokio::time::sleep(HANG).await;
                Err(unreachable("no answer"))
            }
            Befalls::LostAnswer => {
                drop(arrives());
                Err(unreachable("the answer was lost"))
            }
        }
    }

    fn answer(&self) -> Result<Worklist> {
        let entries: Vec<WorklistEntry> = self.truth.lock().entries.values().cloned().collect();
        let lies = self.lies.load(Ordering::Relaxed);
        let lie = self.stormy.load(Ordering::Relaxed) && lies < LIES_IN_A_ROW && self.dice.percent(20);
        self.lies.store(if lie { lies + 1 } else { 0 }, Ordering::Relaxed);
        let body = if lie { self.lie(&entries) } else { serde_json::to_vec(&entries).unwrap() };
        parse_worklist(&body).map_err(|why| CanopyError::Unreadable { endpoint: Endpoint::Worklist, why })
    }

    fn lie(&self, entries: &[WorklistEntry]) -> Vec<u8> {
        let mut list: Vec<serde_json::Value> = entries.iter().map(|entry| json!(entry)).collect();
        match self.dice.below(5) {
            0 => list.clear(),
            1 => list.truncate(list.len() / 2),
            2 => list.retain(|_| self.dice.percent(80)),
            3 => list.iter_mut().for_each(|entry| {
                if self.dice.percent(30) {
                    *entry = json!(["nonsense"]);
                }
            }),
            _ => {
                let body = serde_json::to_vec(&list).unwrap();
                return body[..body.len() / 2].to_vec();
            }
        }
        serde_json::to_vec(&list).unwrap()
    }
}

impl CanopyApi for SimCanopy {
    fn register<'a>(&'a self, _: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        self.call(Endpoint::Capabilities, || ()).boxed()
    }

    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        async { self.call(Endpoint::Worklist, || self.answer()).await? }.boxed()
    }

    fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        self.call(Endpoint::Credentials, || CredentialsAnswer {
            credentials: credentials(self.clock.now()),
            repo_password: SecretString::from(CANARY),
        })
        .boxed()
    }

    fn report<'a>(&'a self, report: &'a Verification) -> BoxFuture<'a, Result<()>> {
        self.call(Endpoint::Verification, || self.ledger.lock().unwrap().push(report.clone())).boxed()
    }
}

fn credentials(now: Timestamp) -> Credentials {
    Credentials {
        version: 1,
        access_key_id: CANARY.to_owned(),
        secret_access_key: SecretString::from(CANARY),
        session_token: SecretString::from(CANARY),
        expiration: now + SignedDuration::from_hours(1),
    }
}
