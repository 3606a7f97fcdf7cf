//! One admitted request, from signing to the last byte of its answer.
//!
//! Input: an [`Admitted`] request. Output: S3's answer, streamed; or, when patience is at an end, a 503 that tells
//! kopia to try again. Must not: let an expired token be seen (kopia gives up on it for good), or end an answer short.

pub mod ahead;
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
    admit::{Admitted, Precondition, Verb},
    clock::{Clock, Skew},
    credentials::Vault,
    errors_xml::S3Error,
    http1::{Framing, ResponseHead, framing::announced},
    limits::Limits,
    sparse::Sparse,
    stats::Traffic,
    transfer::{Facts, Part, Transfer, wish::Wish},
    upstream::{Body, Pool},
};
use ahead::{Ahead, Parked, Seat};
use answer::Said;
use fetch::{Fetched, GaveUp};
use http::StatusCode;
use listing::Listing;
use outgoing::Outgoing;
use patience::{Held, Patience};
use relay::{Relay, Surplus};
use setback::Setback;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use window::Gate;

/// Sends admitted requests to S3.
pub struct Forwarder {
    /// The way to S3.
    pub pool: Pool,
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
    /// What is read ahead.
    pub ahead: Ahead,
    /// Where lists are kept.
    pub lists: listing::Room,
    /// Where bytes are counted.
    pub traffic: Arc<Traffic>,
    /// Jitter, in 0..1.
    pub random: fn() -> f64,
    /// Keeps the log of setbacks short.
    pub told: Sparse,
}

/// What a client is to be answered with.
pub enum Answer<'f> {
    /// An object whose first bytes are here.
    Object(ResponseHead, Said, Box<Relay<'f>>),
    /// A whole list.
    List(ResponseHead, Listing),
    /// The client's to know, its document rewritten.
    Refused(ResponseHead, S3Error),
    /// Patience is at an end.
    Unavailable,
}

impl Answer<'_> {
    /// As the client will see it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Object(head, ..) | Self::List(head, _) | Self::Refused(head, _) => head.status,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Forwarder {
    /// The answer of S3, or none when patience is at an end.
    pub async fn forward<'f>(&'f self, wanted: &'f Admitted) -> Answer<'f> {
        if let Some(parked) = self.ahead.take(wanted)
            && let Some(answer) = self.go_on_with(wanted, parked).await
        {
            return answer;
        }
        let (wider, mut seat) = self.ahead.wider(wanted).unzip();
        let mut asked = wider.as_ref().unwrap_or(wanted);
        let mut hold = Held::since(Instant::now());
        loop {
            let setback = match self.fetch(asked, &mut hold).await {
                Err(GaveUp) => return Answer::Unavailable,
                Ok(Fetched::Refused(head, error)) => return self.refused(head, error),
                Ok(Fetched::Good(head, framing, body)) => {
                    match self.pass(wanted, asked, head, framing, body, &mut seat).await {
                        Ok(answer) => return answer,
                        Err(setback) => setback,
                    }
                }
            };
            // What S3 does not do with a longer range it may do with the client's own.
            asked = wanted;
            self.held_up(wanted, &mut hold, setback).await;
        }
    }

    /// The next range of a stream that stands where it begins; none where that has come to its end meanwhile.
    async fn go_on_with<'f>(&'f self, wanted: &'f Admitted, parked: Parked) -> Option<Answer<'f>> {
        let Parked { head, facts, body, seat, .. } = parked;
        let (mine, relay) = self.shared(wanted, &head, facts, body, &mut Some(seat))?;
        self.begun(head, Said::Part(mine), relay, self.limits.stall).await.ok()
    }

    /// An answer with a body of its own: a list once it is whole, an object once its first byte is here.
    async fn pass<'f>(
        &'f self,
        wanted: &'f Admitted,
        asked: &Admitted,
        head: ResponseHead,
        framing: Framing,
        body: Body,
        seat: &mut Option<Seat>,
    ) -> Result<Answer<'f>, Setback> {
        let facts = Facts::of(&head);
        let said = said(&head, framing)?;
        if !is_as_asked(asked, &facts) {
            return Err(Setback::OtherPart);
        }
        if wanted.is_of_bucket() {
            let deadline = self.limits.first_byte;
            let list = self.lists.collect(body, &self.pool, &self.traffic, deadline).await?;
            self.went_well();
            return Ok(Answer::List(head, list));
        }
        if is_as_asked(wanted, &facts) {
            let transfer = (wanted.verb == Verb::Get).then(|| Transfer::begin(&facts)).flatten();
            let relay = Relay::new(self, wanted, transfer, body, None);
            return self.begun(head, said, relay, self.limits.first_byte).await;
        }
        let (mine, relay) = self.shared(wanted, &head, facts, body, seat).ok_or(Setback::OtherPart)?;
        self.begun(head, Said::Part(mine), relay, self.limits.first_byte).await
    }

    /// The client's share of a part that may reach further.
    fn shared<'f>(
        &'f self,
        wanted: &'f Admitted,
        head: &ResponseHead,
        facts: Facts,
        body: Body,
        seat: &mut Option<Seat>,
    ) -> Option<(Part, Relay<'f>)> {
        let (_, last) = ahead::plain_range(wanted)?;
        let (mine, surplus) = match ahead::shared_out(&facts, last) {
            None => {
                // All of what was asked for ahead was of use.
                if let Some(seat) = seat {
                    seat.owes(0);
                }
                (facts, None)
            }
            Some((mine, facts)) => {
                let mut seat = seat.take()?;
                seat.owes(facts.length.unwrap_or_default());
                (mine, Some(Surplus { head: head.clone(), facts, seat }))
            }
        };
        // A part that ends before the client's range does has to end where the object does.
        let part = mine.part.filter(|part| part.last == last || part.total == part.last.checked_add(1))?;
        let transfer = Some(Transfer::begin(&mine)?);
        Some((part, Relay::new(self, wanted, transfer, body, surplus)))
    }

    /// Once its first bytes are here.
    async fn begun<'f>(
        &self,
        head: ResponseHead,
        said: Said,
        mut relay: Relay<'f>,
        bound: Duration,
    ) -> Result<Answer<'f>, Setback> {
        relay.begin(bound).await?;
        self.went_well();
        Ok(Answer::Object(head, said, Box::new(relay)))
    }

    fn refused(&self, head: ResponseHead, error: S3Error) -> Answer<'_> {
        self.went_well();
        if self.told.tell().is_some() {
            setback::explain(&head, &error);
        }
        Answer::Refused(head, error)
    }

    fn went_well(&self) {
        self.patience.success();
        self.gate.widen();
    }
}

/// What is said of the length: what S3 said.
fn said(head: &ResponseHead, framing: Framing) -> Result<Said, Setback> {
    match framing {
        Framing::Length(bytes) => Ok(Said::Bytes(bytes)),
        Framing::Chunked => Ok(Said::Chunked),
        Framing::Unframed => Err(Setback::Unframed),
        Framing::Empty if head.has("transfer-encoding") => Ok(Said::Nothing),
        Framing::Empty => {
            let length = announced(head).map_err(|error| Setback::broken(&error))?;
            Ok(length.map_or(Said::Nothing, Said::Bytes))
        }
    }
}

/// Whether a part is the one that the client's range asks for, and of the length it should have.
fn is_as_asked(wanted: &Admitted, facts: &Facts) -> bool {
    if facts.status != StatusCode::PARTIAL_CONTENT {
        return true;
    }
    let range = wanted.headers.get(Precondition::Range);
    let Some(wish) = range.and_then(Wish::parse) else { return range.is_some() };
    let has_its_length = |bytes| facts.length.is_none_or(|length| length == bytes);
    facts.part.is_some_and(|part| wish.is_met_by(part) && has_its_length(part.bytes()))
}
