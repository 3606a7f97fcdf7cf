//! The sidecars of restore pods: they ask the brokers for credentials with their pods' tokens, and so do intruders.
//!
//! Input: the pods there are, and the brokers of the operators that live. Output: how long each pod has credentials,
//! and each answer nobody should have got. Must not: know how a broker decides.

use crate::{
    canopy::{KEY_OF, LIFE},
    dice::Dice,
    pods,
    storage::Storage,
};
use axum::{Router, body::Body};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use contract::{
    broker::{BrokerAnswer, BrokerRequest, CREDENTIALS_PATH, TrafficStats, stats_path},
    env,
};
use fake_apiserver::{ApiServer, Object};
use http::{Request, StatusCode, header::AUTHORIZATION};
use jiff::{SignedDuration, Timestamp};
use operator::clock::Clock;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tower::ServiceExt;

/// What the API server said of a caller counts for a minute while it does not answer; and a call takes its time.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(60 + 50);

/// Of its life, credentials are used so many fifths.
const USED: u32 = 4;

/// A restore pod and what it knows of itself.
#[derive(Debug, Clone)]
struct Sidecar {
    uid: String,
    namespace: String,
    job: String,
    bucket: String,
    request: BrokerRequest,
    token: String,
}

/// What answers have led to.
#[derive(Debug, Default)]
struct Known {
    good_until: BTreeMap<String, Timestamp>,
    asking: BTreeSet<String>,
    last_alive: BTreeMap<String, Timestamp>,
    breaches: Vec<String>,
    granted: u64,
    refused: u64,
}

/// All of them.
pub(crate) struct Sidecars {
    pub(crate) seed: u64,
    pub(crate) server: ApiServer,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Dice,
    pub(crate) storage: Storage,
    pub(crate) stormy: Arc<AtomicBool>,
    ever: BTreeMap<String, Sidecar>,
    told: BTreeSet<String>,
    known: Arc<Mutex<Known>>,
}

impl Sidecars {
    pub(crate) fn new(
        seed: u64,
        server: &ApiServer,
        clock: &Arc<dyn Clock>,
        storage: &Storage,
        stormy: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            seed,
            server: server.clone(),
            clock: Arc::clone(clock),
            dice: Dice::of(seed, 5),
            storage: storage.clone(),
            stormy: Arc::clone(stormy),
            ever: BTreeMap::new(),
            told: BTreeSet::new(),
            known: Arc::default(),
        }
    }

    /// Answers so far: granted, and refused or lost.
    pub(crate) fn answers(&self) -> (u64, u64) {
        let known = self.known();
        (known.granted, known.refused)
    }

    /// Answers nobody should have got.
    pub(crate) fn breaches(&self) -> Vec<String> {
        std::mem::take(&mut self.known().breaches)
    }

    /// So much time has passed; who runs reads, and asks where its credentials end soon.
    pub(crate) fn tick(&mut self, by: Duration, brokers: &[Router]) {
        let (now, stormy) = (self.clock.now(), self.stormy.load(Ordering::Relaxed));
        let mut alive = BTreeSet::new();
        for pod in self.server.list("pods", "") {
            if !pods::is_restore(&pod) || pod.is_terminating() || pod["status"]["phase"] != "Running" {
                continue;
            }
            let sidecar = self.meet(&pod);
            let good_until = self.known().good_until.get(&sidecar.uid).copied();
            self.known().last_alive.insert(sidecar.uid.clone(), now);
            let has_keys = good_until.is_some_and(|until| now < until);
            self.storage.lock().pass(&sidecar.uid, &sidecar.bucket, by, has_keys, &self.dice, stormy);
            if good_until.is_none_or(|until| until.duration_since(now) < margin()) {
                self.ask(&sidecar, sidecar.request.clone(), true, brokers);
            }
            self.tell(&sidecar, brokers);
            alive.insert(sidecar.uid);
        }
        self.storage.lock().keep(&alive);
        if stormy && self.dice.percent(10) {
            self.intrude(brokers);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    /// The sidecar of a pod; its token is known to the cluster from the first time on, and stays so.
    fn meet(&mut self, pod: &Object) -> Sidecar {
        if let Some(sidecar) = self.ever.get(pod.uid()) {
            return sidecar.clone();
        }
        let sidecar = Sidecar::of(pod, self.clock.now());
        self.server.know_token(&sidecar.token, review(pod));
        self.ever.insert(sidecar.uid.clone(), sidecar.clone());
        sidecar
    }

    /// Somebody asks for what is another's, with a token of now or of then.
    fn intrude(&self, brokers: &[Router]) {
        let all: Vec<&Sidecar> = self.ever.values().collect();
        let (Some(one), Some(other)) = (self.dice.one_of(&all), self.dice.one_of(&all)) else { return };
        let mut thief = (*one).clone();
        if self.dice.percent(20) {
            "e30.e30.c2ln".clone_into(&mut thief.token);
        }
        let lawful = one.request == other.request && thief.token == one.token;
        self.ask(&thief, other.request.clone(), lawful, brokers);
    }

    fn ask(&self, who: &Sidecar, what: BrokerRequest, lawful: bool, brokers: &[Router]) {
        let body = json!(what).to_string();
        let Some(broker) = self.dice.one_of(brokers).cloned() else { return };
        if self.is_lost() || !self.known().asking.insert(who.uid.clone()) {
            return;
        }
        let (who, lost, known, clock) =
            (who.clone(), self.is_lost(), Arc::clone(&self.known), Arc::clone(&self.clock));
        let pause = Duration::from_millis(self.dice.within(1..20));
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            let answer = post(broker, CREDENTIALS_PATH, &who.token, body).await;
            let mut known = known.lock().unwrap();
            known.asking.remove(&who.uid);
            known.judge(&who, &what, lawful, answer, lost, clock.now());
        });
    }

    /// Once, half way: what the proxy counted.
    fn tell(&mut self, who: &Sidecar, brokers: &[Router]) {
        let half = Duration::from_secs(pods::needs(self.seed, &who.uid)) / 2;
        let is_half =
            matches!(self.storage.reading(&who.uid), crate::storage::Reading::Goes(read) if read >= half);
        let Some(broker) = self.dice.one_of(brokers).cloned().filter(|_| is_half) else { return };
        if self.told.insert(who.uid.clone()) {
            let stats = TrafficStats { s3_received_raw_bytes: 7, ..TrafficStats::default() };
            let (path, token) = (stats_path(&who.namespace, &who.job), who.token.clone());
            tokio::spawn(async move { drop(post(broker, &path, &token, json!(stats).to_string()).await) });
        }
    }

    fn is_lost(&self) -> bool {
        self.stormy.load(Ordering::Relaxed) && self.dice.percent(10)
    }
}

impl Known {
    fn judge(
        &mut self,
        who: &Sidecar,
        what: &BrokerRequest,
        lawful: bool,
        (status, body): (StatusCode, String),
        lost: bool,
        now: Timestamp,
    ) {
        if status != StatusCode::OK {
            self.refused += 1;
            if body.contains(KEY_OF) {
                self.breaches.push(format!("a refusal to {who:?} reveals a key"));
            }
            return;
        }
        self.granted += 1;
        let answer: BrokerAnswer = serde_json::from_str(&body).unwrap();
        let keys = answer.credentials;
        let alive = self.last_alive.get(&who.uid);
        let is_dead = alive.is_none_or(|at| now.duration_since(*at) > REMEMBERED);
        let is_others = keys.access_key_id != format!("{KEY_OF}{}", what.group);
        if !lawful || is_dead || is_others || keys.expiration <= now {
            self.breaches.push(format!(
                "{who:?} got {} for {what:?}; lawful {lawful}, last alive {alive:?}, until {}, now {now}",
                keys.access_key_id, keys.expiration
            ));
        }
        if !lost {
            self.good_until.insert(who.uid.clone(), keys.expiration);
        }
    }
}

impl Sidecar {
    fn of(pod: &Object, now: Timestamp) -> Self {
        let said = |name| pods::variable(pod, name).unwrap_or_default();
        let claims = json!({ "aud": ["pgro-broker"], "exp": now.as_second() + 86_400, "pod": pod.uid() });
        Self {
            uid: pod.uid().to_owned(),
            namespace: pod.namespace().to_owned(),
            job: pod["metadata"]["ownerReferences"][0]["name"].as_str().unwrap_or_default().to_owned(),
            bucket: said(env::S3_BUCKET),
            request: BrokerRequest {
                group: said(env::GROUP).parse().unwrap(),
                backup_type: said(env::TYPE).parse().unwrap(),
            },
            token: format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())),
        }
    }
}

/// What a TokenReview says of a pod's token.
fn review(pod: &Object) -> serde_json::Value {
    let extra = json!({
        "authentication.kubernetes.io/pod-name": [pod.name()],
        "authentication.kubernetes.io/pod-uid": [pod.uid()],
    });
    let username = format!("system:serviceaccount:{}:restore", pod.namespace());
    json!({ "authenticated": true, "audiences": ["pgro-broker"],
        "user": { "username": username, "extra": extra } })
}

fn margin() -> SignedDuration {
    SignedDuration::try_from(LIFE / (USED + 1)).unwrap()
}

async fn post(broker: Router, path: &str, token: &str, body: String) -> (StatusCode, String) {
    let request = Request::post(path).header(AUTHORIZATION, format!("Bearer {token}"));
    let response = broker.oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}
