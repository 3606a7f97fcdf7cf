//! Reading on behind what a client asked for, within one object. Kopia asks for one range of a pack after the other, and
//! waits for S3's first byte each time.
//!
//! Input: requests for ranges. Output: requests that reach further than the client's, and streams that stand where the
//! next range begins. Must not: hold bytes (a stream that waits is held back by TCP, and what has arrived lies in the
//! kernel), keep more streams than its seats, serve another version than the one it stands in, or go on when what it
//! reads is of no use.

pub mod ledger;

use crate::{
    admit::{Admitted, Precondition, Verb},
    http1::ResponseHead,
    transfer::{Facts, Part, wish::Wish},
    upstream::{Body, Receive},
};
use ledger::Ledger;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// Shorter ranges are of small files, which do not lie one behind the other.
const LEAST: u64 = 512 << 10;
/// How much further than the client a request reaches: a pack has 20 to 30 MiB. It costs nothing that TCP holds back.
const REACH: u64 = 32 << 20;
/// A worker that comes back for the next range does so sooner.
const UNUSED: Duration = Duration::from_secs(10);

/// What is read ahead, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Streams at a time.
    pub seats: usize,
    /// What the kernel receives ahead of us for one stream at most.
    pub in_kernel: u64,
    /// The shortest range that is read on behind.
    pub least: u64,
    /// How much further than the client's range a request reaches.
    pub reach: u64,
}

impl Bounds {
    /// Of ranges of packs, over connections that receive so much: all that is read ahead lies in the kernel's buffers.
    pub fn of(receive: Receive) -> Self {
        Self { seats: receive.seats, in_kernel: receive.most, least: LEAST, reach: REACH }
    }
}

/// Streams that may be of use.
pub struct Ahead(Option<Arc<Shared>>);

struct Shared {
    bounds: Bounds,
    seats: Arc<Semaphore>,
    ledger: Mutex<Ledger>,
    parked: Mutex<Vec<Parked>>,
}

/// Leave to read ahead with one stream.
pub struct Seat {
    shared: Arc<Shared>,
    /// Bytes that were asked for and nobody took.
    left: u64,
    _permit: OwnedSemaphorePermit,
}

/// A stream that stands where a client's range ended.
pub struct Parked {
    /// Of which object.
    pub path: String,
    /// S3's head, of which all but the range holds for the next one too.
    pub head: ResponseHead,
    /// Version, and the part that is still to come.
    pub facts: Facts,
    /// The stream.
    pub body: Body,
    /// Its place among the others.
    pub seat: Seat,
    since: Instant,
}

impl Ahead {
    /// With nothing in store; without bounds it is switched off.
    pub fn new(bounds: Option<Bounds>) -> Self {
        let shared = |bounds: Bounds| Shared {
            bounds,
            seats: Arc::new(Semaphore::new(bounds.seats)),
            ledger: Mutex::default(),
            parked: Mutex::default(),
        };
        Self(bounds.map(|bounds| Arc::new(shared(bounds))))
    }

    /// A request that reaches further than the client's, if that is likely to be of use.
    pub fn wider(&self, wanted: &Admitted) -> Option<(Admitted, Seat)> {
        let shared = self.0.as_ref()?;
        let (first, last) = plain_range(wanted)?;
        let bytes = (last - first).checked_add(1)?;
        let may = shared.ledger().asked(bytes) && bytes >= shared.bounds.least;
        let permit = may.then(|| Arc::clone(&shared.seats).try_acquire_owned().ok())??;
        let mut headers = wanted.headers.clone();
        headers.set(
            Precondition::Range,
            Some(format!("bytes={first}-{}", last.checked_add(shared.bounds.reach)?)),
        );
        let seat = Seat { shared: Arc::clone(shared), left: 0, _permit: permit };
        Some((Admitted { headers, ..wanted.clone() }, seat))
    }

    /// The stream that stands where this request begins, in the version it asks for.
    pub fn take(&self, wanted: &Admitted) -> Option<Parked> {
        let shared = self.0.as_ref()?;
        let (first, last) = plain_range(wanted)?;
        let mut parked = shared.parked();
        let nth = parked.iter().position(|parked| parked.is_for(wanted, first))?;
        let parked = parked.swap_remove(nth);
        let _ = shared.ledger().asked((last - first).saturating_add(1));
        Some(parked)
    }

    /// Keeps a stream for the next request.
    pub fn park(&self, parked: Parked) {
        if let Some(shared) = &self.0 {
            shared.parked().push(parked);
        }
    }

    /// Closes what nobody came back for, for ever.
    pub async fn sweep(&self) {
        let Some(shared) = &self.0 else { return std::future::pending().await };
        let mut ticks = tokio::time::interval(UNUSED / 4);
        loop {
            ticks.tick().await;
            let (kept, unused): (Vec<_>, Vec<_>) =
                shared.parked().drain(..).partition(|parked| parked.since.elapsed() < UNUSED);
            shared.parked().extend(kept);
            drop(unused);
        }
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn parked(&self) -> MutexGuard<'_, Vec<Parked>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// So many bytes behind the client's range were asked for.
    pub fn owes(&mut self, bytes: u64) {
        self.left = bytes;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.ledger().wasted(self.left.min(self.shared.bounds.in_kernel));
    }
}

impl Parked {
    /// From now on.
    pub fn new(path: String, head: ResponseHead, facts: Facts, body: Body, seat: Seat) -> Self {
        Self { path, head, facts, body, seat, since: Instant::now() }
    }

    fn is_for(&self, wanted: &Admitted, first: u64) -> bool {
        let tag = self.facts.tag.as_ref().and_then(|tag| tag.to_str().ok());
        let is_version = wanted.headers.get(Precondition::IfMatch).is_none_or(|asked| Some(asked) == tag);
        is_version && self.facts.part.is_some_and(|part| part.first == first) && self.path == wanted.path
    }
}

/// One range with both ends, asked for without a condition that S3 would have to judge anew.
pub fn plain_range(wanted: &Admitted) -> Option<(u64, u64)> {
    use Precondition::{IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince, Range};
    let range = wanted.headers.get(Range)?;
    let is_free = |name| wanted.headers.get(name).is_none();
    let is_plain = [IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince].into_iter().all(is_free);
    match Wish::parse(range) {
        Some(Wish::Between(first, last)) if is_plain && wanted.verb == Verb::Get && first <= last => {
            Some((first, last))
        }
        _ => None,
    }
}

/// The client's share of a part that reaches further, and what is left of it.
pub fn shared_out(facts: &Facts, last: u64) -> Option<(Facts, Facts)> {
    let whole = facts.part.filter(|part| part.first <= last && last < part.last)?;
    facts.tag.as_ref()?;
    let of = |part: Part| Facts { length: Some(part.bytes()), part: Some(part), ..facts.clone() };
    Some((of(Part { last, ..whole }), of(Part { first: last + 1, ..whole })))
}

#[cfg(test)]
mod tests;
