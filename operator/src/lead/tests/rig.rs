//! An API server that holds one Lease, and candidates, each with a link of its own to it.

use crate::{
    args::LeaseTimes,
    clock::ManualClock,
    lead::{Elector, LEASE, Leadership, LeaseKeeper, Term, Told, campaign},
    metrics::Metrics,
};
use futures::future::pending;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use kube::{Client, client::Body};
use serde_json::{Value, json};
use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const TIMES: LeaseTimes = LeaseTimes {
    duration: Duration::from_secs(15),
    renew: Duration::from_secs(10),
    retry: SECOND.saturating_mul(2),
};

/// How a candidate's calls fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Up,
    /// Refused with 503.
    Cut,
    /// Neither done nor answered.
    Hanging,
    /// Done, but never answered.
    Deaf,
    /// Every second write is refused as a conflict.
    Stormy,
}

/// The Lease, and what leaders wrote elsewhere.
#[derive(Default)]
pub(super) struct Server {
    lease: Option<Value>,
    version: u64,
    calls: u64,
    pub(super) writes: Vec<(usize, Instant)>,
}

type Shared<T> = Arc<Mutex<T>>;

impl Server {
    fn answer(&mut self, method: &Method, body: &Value) -> (u16, Value) {
        let version = |lease: &Value| lease["metadata"]["resourceVersion"].clone();
        match (method, &self.lease) {
            (&Method::GET, Some(lease)) => (200, lease.clone()),
            (&Method::POST, None) => self.store(201, body),
            (&Method::PUT, Some(lease)) if version(lease) == version(body) => self.store(200, body),
            (_, None) => (404, status(404, "NotFound")),
            (&Method::POST, _) => (409, status(409, "AlreadyExists")),
            _ => (409, status(409, "Conflict")),
        }
    }

    fn store(&mut self, code: u16, body: &Value) -> (u16, Value) {
        self.version += 1;
        let mut lease = body.clone();
        lease["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.lease = Some(lease.clone());
        (code, lease)
    }

    pub(super) fn spec(&self) -> Value {
        self.lease.as_ref().map_or(Value::Null, |lease| lease["spec"].clone())
    }
}

fn status(code: u16, reason: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": ""})
}

fn client(server: Shared<Server>, link: Shared<Link>) -> Client {
    let service = tower::service_fn(move |request: Request<Body>| {
        let (server, link) = (Arc::clone(&server), *link.lock().unwrap());
        async move {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            assert!(path.starts_with("/apis/coordination.k8s.io/v1/namespaces/pgro-system/leases"), "{path}");
            assert!(path.ends_with(if method == Method::POST { "leases" } else { LEASE }), "{method} {path}");
            let bytes = request.into_body().collect().await?.to_bytes();
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            let (code, answer) = fare(&server, link, &method, &body).await;
            let code = StatusCode::from_u16(code).unwrap();
            let body = Body::from(answer.to_string().into_bytes());
            Ok::<_, kube::Error>(Response::builder().status(code).body(body).unwrap())
        }
    });
    Client::new(service, "default")
}

async fn fare(server: &Shared<Server>, link: Link, method: &Method, body: &Value) -> (u16, Value) {
    let call = || server.lock().unwrap().answer(method, body);
    let nth = {
        let mut server = server.lock().unwrap();
        server.calls += 1;
        server.calls
    };
    match link {
        Link::Cut => (503, status(503, "ServiceUnavailable")),
        Link::Hanging => pending().await,
        Link::Deaf => {
            call();
            pending().await
        }
        Link::Stormy if *method == Method::PUT && nth.is_multiple_of(2) => (409, status(409, "Conflict")),
        Link::Up | Link::Stormy => call(),
    }
}

/// Stops and resumes everything of one process, as SIGSTOP does: time goes on, nothing is polled.
#[derive(Clone, Default)]
pub(super) struct Freezer(Shared<(bool, Vec<Waker>)>);

impl Freezer {
    pub(super) fn freeze(&self) {
        self.0.lock().unwrap().0 = true;
    }

    pub(super) fn thaw(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 = false;
        state.1.drain(..).for_each(Waker::wake);
    }

    async fn around<F: Future>(self, inner: F) -> F::Output {
        let mut inner = pin!(inner);
        poll_fn(move |context| {
            let mut state = self.0.lock().unwrap();
            if state.0 {
                state.1.push(context.waker().clone());
                return Poll::Pending;
            }
            drop(state);
            inner.as_mut().poll(context)
        })
        .await
    }
}

/// One process that would lead; as a leader it writes ten times a second.
pub(super) struct Process {
    pub(super) link: Shared<Link>,
    pub(super) freezer: Freezer,
    pub(super) shutdown: CancellationToken,
    pub(super) leadership: watch::Receiver<Leadership>,
    pub(super) metrics: Metrics,
    terms: Shared<Vec<Term>>,
    task: JoinHandle<()>,
}

pub(super) struct Rig {
    pub(super) server: Shared<Server>,
    pub(super) processes: Vec<Process>,
}

/// Candidates whose clocks are hours apart, and whose work ends when it is told to.
pub(super) fn rig(processes: usize) -> Rig {
    with_stubborn_work(processes, Duration::ZERO)
}

/// The same, with work that ends only so long after it was told to.
pub(super) fn with_stubborn_work(processes: usize, linger: Duration) -> Rig {
    let server = Shared::<Server>::default();
    let processes = (0..processes).map(|n| Process::start(n, &server, linger)).collect();
    Rig { server, processes }
}

impl Process {
    fn start(n: usize, server: &Shared<Server>, linger: Duration) -> Self {
        let link = Arc::new(Mutex::new(Link::Up));
        let keeper =
            LeaseKeeper::new(client(Arc::clone(server), Arc::clone(&link)), &"pgro-system".parse().unwrap());
        let (leadership, known) = watch::channel(Leadership::default());
        let metrics = Metrics::default();
        let told = Told { leadership, metrics: metrics.clone() };
        let skew = SignedDuration::from_hours(i64::try_from(n).unwrap() * 5 - 5);
        let clock = Arc::new(ManualClock::at(Timestamp::from_second(1_800_000_000).unwrap() + skew));
        let mut dice = n;
        let random = move || {
            dice = (dice * 7 + 3) % 11;
            f64::from(u8::try_from(dice).unwrap()) / 10.0
        };
        let elector = Elector::new(keeper, n.to_string(), TIMES, clock, random, told);
        let (freezer, shutdown, terms) =
            (Freezer::default(), CancellationToken::new(), Shared::<Vec<Term>>::default());
        let (won, ice, writes) = (Arc::clone(&terms), freezer.clone(), Arc::clone(server));
        let work = move |term: Term| -> futures::future::BoxFuture<'static, ()> {
            won.lock().unwrap().push(term.clone());
            Box::pin(ice.clone().around(work(n, term, Arc::clone(&writes), linger)))
        };
        let task = tokio::spawn(freezer.clone().around(campaign(elector, work, shutdown.clone())));
        Self { link, freezer, shutdown, leadership: known, metrics, terms, task }
    }

    pub(super) fn set(&self, link: Link) {
        *self.link.lock().unwrap() = link;
    }

    /// Whether it may act, by its own lights; a frozen one has none.
    pub(super) fn is_current(&self) -> bool {
        self.terms.lock().unwrap().iter().any(Term::is_current)
    }

    pub(super) fn terms(&self) -> usize {
        self.terms.lock().unwrap().len()
    }

    /// As `kill -9` does.
    pub(super) fn kill(&self) {
        self.freezer.freeze();
        self.task.abort();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

async fn work(n: usize, term: Term, server: Shared<Server>, linger: Duration) {
    let write = || async {
        server.lock().unwrap().writes.push((n, Instant::now()));
    };
    let writing = async {
        loop {
            let _: Result<(), crate::lead::Late> = term.call(write()).await;
            sleep(SECOND / 10).await;
        }
    };
    term.stopping().run_until_cancelled(writing).await;
    sleep(linger).await;
}

impl Rig {
    /// Lets time pass, and looks ten times a second that no two lead.
    pub(super) async fn pass(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            sleep(SECOND / 10).await;
            let leaders = self.leaders();
            assert!(leaders.len() <= 1, "{leaders:?} lead at once");
        }
    }

    pub(super) fn leaders(&self) -> Vec<usize> {
        (0..self.processes.len()).filter(|&n| self.processes[n].is_current()).collect()
    }

    /// The one that leads.
    pub(super) fn leader(&self) -> usize {
        let leaders = self.leaders();
        assert_eq!(leaders.len(), 1, "{leaders:?}");
        leaders[0]
    }

    /// How long it takes until `n` leads.
    pub(super) async fn until_leads(&self, n: usize) -> Duration {
        let start = Instant::now();
        while !self.processes[n].is_current() {
            self.pass(SECOND / 10).await;
            assert!(start.elapsed() < 100 * SECOND, "{n} does not come to lead");
        }
        start.elapsed()
    }

    /// Who wrote since `when`.
    pub(super) fn writers_since(&self, when: Instant) -> Vec<usize> {
        let server = self.server.lock().unwrap();
        let mut writers: Vec<usize> =
            server.writes.iter().filter(|write| write.1 > when).map(|write| write.0).collect();
        writers.sort_unstable();
        writers.dedup();
        writers
    }
}

impl Rig {
    /// Writes another holder into the Lease, as a person might.
    pub(super) fn steal(&self, holder: &str) {
        let mut server = self.server.lock().unwrap();
        let mut lease = server.lease.clone().unwrap();
        lease["spec"]["holderIdentity"] = json!(holder);
        server.store(200, &lease);
    }
}
