//! Canopy: the stub that also serves clusters, reached by the operator's own client over a network that fails by dice.

use crate::{dice::Dice, reports::Told, truth::Truth};
use axum::body::Body;
use contract::{canopy::paths, secret::SecretString};
use futures::future::BoxFuture;
use http::{Request, Response};
use operator::{
    args::BaseUrl,
    canopy::{CanopyApi, Carried, Carrier, HttpCanopy, PacedCanopy},
    clock::Clock,
    metrics::Metrics,
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use stub_canopy::{Config, Endpoint, Fault, FaultRule, InProcess, Keys};

/// Stands for every secret: it may be in Secrets and nowhere else.
pub(crate) const CANARY: &str = "canary-5d1c";

/// Names the group credentials are for, in place of the stub's one key for all.
pub(crate) const KEY_OF: &str = "KEY-OF-";

/// Credentials live so long: shorter than some restores, so that they rotate.
pub(crate) const LIFE: Duration = Duration::from_secs(90);

/// Longer than the client waits: what the call did is done, and nobody hears of it.
const TOO_LATE: Duration = Duration::from_secs(40);

/// Hostile worklists in a row; one less than the guard believes.
const LIES_IN_A_ROW: u64 = 3;

/// Longest pause after failures, as in production twice the interval.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Canopy and the way to it.
pub(crate) struct SimCanopy {
    pub(crate) truth: Truth,
    pub(crate) dice: Dice,
    pub(crate) stormy: AtomicBool,
    pub(crate) calls: AtomicU64,
    stub: InProcess,
    /// The truth that the stub was last told.
    version: AtomicU64,
    lies: AtomicU64,
    told: Mutex<Told>,
}

impl SimCanopy {
    pub(crate) fn new(truth: Truth, clock: &Arc<dyn Clock>, dice: Dice) -> Self {
        let time = Arc::clone(clock);
        let keys = Keys {
            access_key_id: KEY_OF.to_owned(),
            secret_access_key: SecretString::from(CANARY),
            session_token: SecretString::from(CANARY),
        };
        let config = Config {
            keys,
            credential_life: LIFE,
            repo_password: SecretString::from(CANARY),
            clock: Arc::new(move || time.now()),
            ..Config::loopback()
        };
        Self {
            truth,
            dice,
            stormy: AtomicBool::new(true),
            calls: AtomicU64::new(0),
            stub: InProcess::new(config).unwrap(),
            version: AtomicU64::new(0),
            lies: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    /// A client of one process, put together as in production.
    pub(crate) fn client(self: &Arc<Self>, clock: &Arc<dyn Clock>) -> Arc<dyn CanopyApi> {
        let (carrier, metrics) = (Arc::clone(self) as Arc<dyn Carrier>, Metrics::default());
        let base_url: BaseUrl = "http://canopy.example".parse().unwrap();
        let client = HttpCanopy::over(carrier, base_url, Arc::clone(clock), metrics.clone());
        Arc::new(PacedCanopy::new(client, LONGEST_PAUSE, fastrand::f64, metrics))
    }

    /// All that Canopy was told so far.
    pub(crate) fn told<R>(&self, read: impl FnOnce(&Told) -> R) -> R {
        let mut told = self.told.lock().unwrap();
        let news = self.stub.verifications_after(told.len());
        told.take(&news);
        read(&told)
    }

    /// Calls no correct client makes.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let calls = self.stub.take_unexpected().into_iter();
        calls.map(|call| format!("{} {} {}: {}", call.method, call.path, call.status, call.why)).collect()
    }

    async fn take(&self, request: reqwest::Request) -> Carried {
        self.calls.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(self.dice.within(1..50))).await;
        self.tell_the_stub();
        let endpoint = endpoint(request.url().path());
        if let Some(fault) = self.befalls(endpoint) {
            self.stub.inject(FaultRule::new(endpoint, fault).times(1));
        }
        let request = Request::<reqwest::Body>::try_from(request).unwrap().map(Body::new);
        let (request, group) = if endpoint == Endpoint::Credentials {
            asked_for(request).await
        } else {
            (request, String::new())
        };
        let response = self.stub.call(request).await.map_err(|error| error.to_string())?;
        Ok(reqwest::Response::from(answered(response, &group).await))
    }

    fn tell_the_stub(&self) {
        let wants = self.truth.lock();
        if self.version.swap(wants.version, Ordering::Relaxed) != wants.version {
            let entries = wants.listed().map(|entry| serde_json::to_string(entry).unwrap());
            let entries = entries.map(|text| serde_json::from_str(&text).unwrap());
            self.stub.replace_worklist(entries.collect());
        }
    }

    fn befalls(&self, endpoint: Endpoint) -> Option<Fault> {
        if !self.stormy.load(Ordering::Relaxed) {
            return None;
        }
        if self.dice.percent(20) { Some(self.fault(endpoint)) } else { self.lie(endpoint) }
    }

    fn fault(&self, endpoint: Endpoint) -> Fault {
        match self.dice.below(8) {
            0 => Fault::status(502),
            1 => Fault::status(429),
            2 => Fault::status(503),
            3 => Fault::close(),
            4 => Fault::delay(TOO_LATE),
            5 => Fault::delay(Duration::from_millis(self.dice.within(1..5000))),
            // Any success of a report is its acknowledgement, whatever its body.
            6 if endpoint != Endpoint::Verification => Fault::Body("<html>maintenance</html>".to_owned()),
            _ => Fault::Truncate(usize::try_from(self.dice.below(200)).unwrap()),
        }
    }

    /// A worklist that is not what is wanted, though it looks like one.
    fn lie(&self, endpoint: Endpoint) -> Option<Fault> {
        if endpoint != Endpoint::Worklist {
            return None;
        }
        let lies = self.lies.load(Ordering::Relaxed);
        let lie = lies < LIES_IN_A_ROW && self.dice.percent(20);
        self.lies.store(if lie { lies + 1 } else { 0 }, Ordering::Relaxed);
        lie.then(|| Fault::Body(self.untruth()))
    }

    fn untruth(&self) -> String {
        let mut list: Vec<_> = self.truth.lock().listed().map(|entry| serde_json::json!(entry)).collect();
        match self.dice.below(4) {
            0 => list.clear(),
            1 => list.truncate(list.len() / 2),
            2 => list.retain(|_| self.dice.percent(80)),
            _ => list.iter_mut().for_each(|entry| {
                if self.dice.percent(30) {
                    *entry = serde_json::json!(["nonsense"]);
                }
            }),
        }
        serde_json::to_string(&list).unwrap()
    }
}

impl Carrier for SimCanopy {
    fn carry(&self, request: reqwest::Request) -> BoxFuture<'_, Carried> {
        Box::pin(self.take(request))
    }
}

fn endpoint(path: &str) -> Endpoint {
    match path {
        paths::CAPABILITIES => Endpoint::Capabilities,
        paths::WORKLIST => Endpoint::Worklist,
        paths::CREDENTIALS => Endpoint::Credentials,
        paths::VERIFICATION => Endpoint::Verification,
        other => panic!("the operator asks for {other}"),
    }
}

/// The request again, and the group it is about.
async fn asked_for(request: Request<Body>) -> (Request<Body>, String) {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let group = asked["group"].as_str().unwrap_or_default().to_owned();
    (Request::from_parts(head, Body::from(body)), group)
}

/// The answer; where it has credentials, they say for whom.
async fn answered(response: Response<Body>, group: &str) -> Response<reqwest::Body> {
    if group.is_empty() || response.status() != http::StatusCode::OK {
        return response.map(|body| reqwest::Body::wrap_stream(body.into_data_stream()));
    }
    let (head, body) = response.into_parts();
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(whole) => {
            let named =
                String::from_utf8(whole.to_vec()).unwrap().replace(KEY_OF, &format!("{KEY_OF}{group}"));
            Response::from_parts(head, reqwest::Body::from(named))
        }
        // Cut on the way.
        Err(_) => Response::from_parts(head, reqwest::Body::from("{")),
    }
}
