//! One admitted request, from signing to the last byte of its answer.
//!
//! Input: an [`Admitted`] request. Output: S3's answer, streamed; or, when patience is at an end, a 503 that tells
//! kopia to try again. Must not: let an expired token be seen (kopia gives up on it for good), or end an answer short.

pub mod answer;
pub mod fetch;
pub mod listing;
pub mod outgoing;
pub mod patience;
pub mod relay;
pub mod resume;
pub mod setback;
pub mod skew;
pub mod verdict;
pub mod window;

use crate::{
    admit::{Admitted, Verb},
    clock::{Clock, Skew},
    credentials::Vault,
    limits::Limits,
    sparse::Sparse,
    stats::Traffic,
    transfer::{Facts, Transfer, wish::Wish},
    upstream::Upstream,
};
use answer::Answer;
use fetch::{Fetched, GaveUp};
use http::{Response, StatusCode, header::RANGE, response::Parts};
use hyper::body::Incoming;
use outgoing::Outgoing;
use patience::{Held, Patience};
use relay::Relay;
use setback::Setback;
use std::sync::Arc;
use tokio::time::{Instant, timeout};
use window::Gate;

/// Sends admitted requests to S3.
pub struct Forwarder {
    /// The way to S3.
    pub upstream: Arc<dyn Upstream>,
    /// How requests are written and signed.
    pub outgoing: Outgoing,
    /// Where credentials come from.
    pub vault: Arc<Vault>,
    /// Stamps each try anew, together with the skew.
    pub clock: Clock,
    /// What S3's answers taught about that clock.
    pub skew: Skew,
    /// Deadlines.
    pub limits: Limits,
    /// How long requests are held.
    pub patience: Patience,
    /// How many of them S3 is asked at a time.
    pub gate: Gate,
    /// Where lists are kept.
    pub lists: listing::Room,
    /// Where bytes are counted.
    pub traffic: Arc<Traffic>,
    /// Jitter, in 0..1.
    pub random: fn() -> f64,
    /// Keeps the log of setbacks short.
    pub told: Sparse,
}

impl Forwarder {
    /// The answer of S3, or 503 when patience is at an end.
    pub async fn forward(self: &Arc<Self>, wanted: Admitted) -> Response<Answer> {
        let (wanted, mut hold) = (Arc::new(wanted), Held::since(Instant::now()));
        loop {
            let setback = match self.fetch(&wanted, &mut hold).await {
                Err(GaveUp) => return answer::unavailable(wanted.verb),
                Ok(Fetched::Refused(head, error)) => return self.refused(wanted.verb, head, &error),
                Ok(Fetched::Good(head, body)) => match self.pass(&wanted, head, body).await {
                    Ok(answer) => return answer,
                    Err(setback) => setback,
                },
            };
            self.held_up(&wanted, &mut hold, setback).await;
        }
    }

    /// An answer with a body of its own: a list once it is whole, an object once its first byte is here.
    async fn pass(
        self: &Arc<Self>,
        wanted: &Arc<Admitted>,
        mut head: Parts,
        body: Incoming,
    ) -> Result<Response<Answer>, Setback> {
        let facts = Facts::of(&head);
        if !answer::is_framed(&head, wanted.verb) {
            return Err(Setback::Unframed);
        }
        if !is_as_asked(wanted, &facts) {
            return Err(Setback::OtherPart);
        }
        let answer = if wanted.is_of_bucket() {
            listing::strip(&mut head.headers);
            Answer::Listing(self.lists.collect(body, &self.traffic, self.limits.first_byte).await?)
        } else {
            answer::strip(&mut head.headers);
            Answer::Stream(Box::new(self.begun(wanted, &facts, body).await?))
        };
        self.went_well();
        Ok(Response::from_parts(head, answer))
    }

    async fn begun(
        self: &Arc<Self>,
        wanted: &Arc<Admitted>,
        facts: &Facts,
        body: Incoming,
    ) -> Result<Relay, Setback> {
        let transfer = (wanted.verb == Verb::Get).then(|| Transfer::begin(facts)).flatten();
        let mut relay = Relay::new(Arc::clone(self), Arc::clone(wanted), transfer, body);
        let bound = self.limits.first_byte;
        let begun = timeout(bound, relay.begin()).await.map_err(|_| Setback::Slow(bound))?;
        begun.map_err(|error| Setback::Broken(error.to_string()))?;
        Ok(relay)
    }

    /// The client's to know, its document rewritten.
    fn refused(&self, verb: Verb, mut head: Parts, error: &crate::errors_xml::S3Error) -> Response<Answer> {
        self.went_well();
        if self.told.tell().is_some() {
            setback::explain(&head, error);
        }
        answer::strip_error(&mut head.headers);
        answer::document(head, error, verb)
    }

    fn went_well(&self) {
        self.patience.success();
        self.gate.widen();
    }
}

/// Whether a part is the one that the client's range asks for, and of the length it should have.
fn is_as_asked(wanted: &Admitted, facts: &Facts) -> bool {
    if facts.status != StatusCode::PARTIAL_CONTENT {
        return true;
    }
    let range = wanted.headers.get(RANGE).and_then(|range| range.to_str().ok());
    let Some(wish) = range.and_then(Wish::parse) else { return range.is_some() };
    let has_its_length = |bytes| facts.length.is_none_or(|length| length == bytes);
    facts.part.is_some_and(|part| wish.is_met_by(part) && has_its_length(part.bytes()))
}
