//! Lists and watches to the picture: one of each for each kind.
//!
//! kube's watcher lists in pages, watches from there, goes on after a break, and lists anew where the server has
//! forgotten the place (410). Added here: pauses that grow as long as errors keep coming (the watcher's own begin
//! anew with each answer, so that a storm of 410 would be answered with a storm of lists), a limit for silence while
//! listing, and a list anew from time to time, since a watch may lose an event and never tell.

use super::{Index, Kind, followed::Followed};
use crate::{
    observe::wire::{Claim, Deployment, Job, Namespace, Pod, Service},
    reconcile::chain,
};
use futures::{
    Stream, StreamExt,
    future::{BoxFuture, join_all},
};
use kube::{
    Api, Client,
    client::Body,
    runtime::watcher::{self, DefaultBackoff, Event, watcher},
};
use std::{pin::pin, time::Duration};
use tokio::time::Instant;

/// Objects per page: what is decoded at a time, some 20 KB each, sets the peak of memory.
pub const PAGE: u32 = 100;

/// Each kind is listed anew this often, one after the other. An event lost on the way is rare and costs at most this
/// delay; ten thousand replicas are some 150 MB of lists, which every ten minutes is a quarter of a MB/s.
const RESYNC: Duration = Duration::from_mins(10);

/// Lists asked for since a write was not seen are begun no sooner after each other.
const RELIST_PAUSE: Duration = Duration::from_secs(30);

/// A page comes within seconds; after this silence the list is begun again.
const PAGE_DEADLINE: Duration = Duration::from_mins(1);

/// The head of an answer comes at once, of a watch, too. One that was asked for and is not answered tells of nothing,
/// and would not be missed before the next list.
const HEAD_DEADLINE: Duration = Duration::from_mins(1);

/// `client`, whose calls are given up where not even the head of an answer comes.
fn impatient(client: &Client) -> Client {
    let inner = client.clone();
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let inner = inner.clone();
        async move {
            let answer = tokio::time::timeout(HEAD_DEADLINE, inner.send(request)).await;
            answer.unwrap_or_else(|late| Err(kube::Error::Service(Box::new(late))))
        }
    });
    Client::new(service, client.default_namespace()).with_valid_until(*client.valid_until())
}

/// Follows all kinds.
pub(super) async fn all(index: &Index, client: &Client, ours: &str) {
    let client = &impatient(client);
    let feeds: [BoxFuture<'_, ()>; 6] = [
        Box::pin(feed::<Namespace>(index, client, ours)),
        Box::pin(feed::<Claim>(index, client, ours)),
        Box::pin(feed::<Job>(index, client, ours)),
        Box::pin(feed::<Deployment>(index, client, ours)),
        Box::pin(feed::<Pod>(index, client, ours)),
        Box::pin(feed::<Service>(index, client, ours)),
    ];
    join_all(feeds).await;
}

async fn feed<K: Followed>(index: &Index, client: &Client, ours: &str) {
    let config = watcher::Config::default().labels(ours).page_size(PAGE);
    let mut pauses = DefaultBackoff::default();
    let mut resync = Instant::now() + first_resync(K::KIND);
    loop {
        let watch = watcher(Api::<K>::all(client.clone()), config.clone());
        if follow::<K>(index, watch, &mut pauses, resync).await == End::Resync {
            resync = Instant::now() + RESYNC;
        }
    }
}

/// The first time comes earlier, for each kind another: so they keep out of each other's way for good.
fn first_resync(kind: Kind) -> Duration {
    RESYNC / Kind::COUNT * (kind as u32 + 1)
}

/// Why following ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is time to list anew.
    Resync,
    /// A write was not seen.
    Asked,
    /// Nothing was heard while listing.
    Silence,
}

pub(super) async fn follow<K: Followed>(
    index: &Index,
    watch: impl Stream<Item = watcher::Result<Event<K>>>,
    pauses: &mut DefaultBackoff,
    resync: Instant,
) -> End {
    let (mut watch, mut asked) = (pin!(watch), pin!(asked(index, K::KIND)));
    let mut listing = true;
    loop {
        let patience = if listing { PAGE_DEADLINE } else { 2 * RESYNC };
        let heard = tokio::select! {
            biased; // which of two that are ready counts is not left to chance
            () = tokio::time::sleep_until(resync) => return End::Resync,
            () = &mut asked => return End::Asked,
            heard = tokio::time::timeout(patience, watch.next()) => heard,
        };
        match heard {
            Ok(Some(Ok(event))) => listing = index.take(&event),
            Ok(Some(Err(error))) => pause(index, K::KIND, chain(&error), pauses).await,
            Ok(None) | Err(_) => {
                let why = format!("no answer within {} s", patience.as_secs());
                pause(index, K::KIND, why, pauses).await;
                return End::Silence;
            }
        }
    }
}

/// Returns when a list anew is asked for, but not soon after the one that has just begun.
async fn asked(index: &Index, kind: Kind) {
    tokio::time::sleep(RELIST_PAUSE).await;
    index.0.relist[kind as usize].notified().await;
}

async fn pause(index: &Index, kind: Kind, why: String, pauses: &mut DefaultBackoff) {
    tracing::debug!(kind = %kind, error = why, "a watch broke off and is begun again");
    index.state().progress_mut(kind).failed(why, Instant::now());
    tokio::time::sleep(pauses.next().unwrap_or(PAGE_DEADLINE)).await;
}

impl Index {
    /// Takes an event into the picture; whether more of a list is to come.
    fn take<K: Followed>(&self, event: &Event<K>) -> bool {
        let mut state = self.state();
        let changed = match event {
            Event::Init => {
                state.begin(K::KIND);
                return true;
            }
            Event::InitApply(object) => {
                state.put(object);
                return true;
            }
            Event::InitDone => {
                state.complete(K::KIND);
                true
            }
            Event::Apply(object) => state.put(object),
            Event::Delete(object) => state.remove(object),
        };
        state.progress_mut(K::KIND).goes_on();
        drop(state);
        if changed {
            self.0.changed.notify_one();
        }
        false
    }
}
