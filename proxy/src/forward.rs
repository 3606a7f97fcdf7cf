//! One admitted request, from signing to the first byte of an answer.
//!
//! Input: an [`Admitted`] request. Output: S3's answer, streamed; or, when patience is at an end, a 503 that tells
//! kopia to try again. Must not: let an expired token be seen (kopia gives up on it for good), replay once a body byte
//! was delivered, or end an answer short.

pub mod answer;
pub mod outgoing;
pub mod relay;
pub mod setback;
pub mod verdict;

use crate::{
    admit::{Admitted, Verb},
    backoff,
    clock::Clock,
    credentials::{Issued, Vault},
    limits::Limits,
    sparse::Sparse,
    stats::Traffic,
    upstream::S3Client,
};
use answer::Answer;
use http::{Response, StatusCode};
use hyper::body::Incoming;
use outgoing::Outgoing;
use relay::Relay;
use setback::Setback;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use verdict::{Verdict, verdict};

/// Generations of credentials one request may see refused before it is answered 503: fresh tokens are sometimes
/// unknown to S3 for a moment, but a broker that keeps handing out dead ones must not hold a request for minutes.
const REFUSALS: u32 = 8;

/// Sends admitted requests to S3.
pub struct Forwarder {
    /// The pooled client.
    pub client: S3Client,
    /// How requests are written and signed.
    pub outgoing: Outgoing,
    /// Where credentials come from.
    pub vault: Arc<Vault>,
    /// Stamps each try anew.
    pub clock: Clock,
    /// Deadlines.
    pub limits: Limits,
    /// Where bytes are counted.
    pub traffic: Arc<Traffic>,
    /// Jitter, in 0..1.
    pub random: fn() -> f64,
    /// Keeps the log of setbacks short.
    pub told: Sparse,
}

impl Forwarder {
    /// The answer of S3, or 503 when patience is at an end.
    pub async fn forward(&self, wanted: &Admitted) -> Response<Answer> {
        let mut last = None;
        let tries = self.until_answered(wanted, &mut last);
        let answered = timeout(self.limits.patience, tries).await;
        answered.ok().flatten().unwrap_or_else(|| self.give_up(wanted, last.as_ref()))
    }

    /// None: refused too often. Waits for ever otherwise; the caller brings the deadline.
    async fn until_answered(
        &self,
        wanted: &Admitted,
        last: &mut Option<Setback>,
    ) -> Option<Response<Answer>> {
        let (mut failures, mut refusals) = (0, 0);
        loop {
            let issued = self.vault.usable().await;
            let setback = match self.attempt(wanted, &issued).await {
                Ok(answer) => return Some(answer),
                Err(setback) => setback,
            };
            self.tell(wanted, &setback);
            let is_refusal = matches!(setback, Setback::Credentials { .. });
            *last = Some(setback);
            if is_refusal {
                refusals += 1;
                self.vault.refuse(issued.generation);
            } else {
                failures += 1;
                tokio::time::sleep(backoff::S3.pause(failures, (self.random)())).await;
            }
            if refusals == REFUSALS {
                return None;
            }
        }
    }

    async fn attempt(&self, wanted: &Admitted, issued: &Issued) -> Result<Response<Answer>, Setback> {
        let request = self.outgoing.write(wanted, issued, self.clock.now())?;
        let bound = self.limits.first_byte;
        let sent = timeout(bound, self.client.request(request)).await;
        let answer = sent.map_err(|_| Setback::Slow(bound))?.map_err(|error| Setback::send(&error))?;
        match answer.status() {
            status if status.is_success() || status == StatusCode::NOT_MODIFIED => {
                self.pass(wanted.verb, answer).await
            }
            _ => self.refused(wanted.verb, answer, issued).await,
        }
    }

    /// An answer with a body of its own, once its first byte is here.
    async fn pass(&self, verb: Verb, answer: Response<Incoming>) -> Result<Response<Answer>, Setback> {
        let (mut head, body) = answer.into_parts();
        if !answer::is_framed(&head, verb) {
            return Err(Setback::Unframed);
        }
        let mut relay = Relay::new(body, Arc::clone(&self.traffic), self.limits.stall);
        let bound = self.limits.first_byte;
        let begun = timeout(bound, relay.begin()).await.map_err(|_| Setback::Slow(bound))?;
        begun.map_err(|error| Setback::Broken(error.to_string()))?;
        answer::strip(&mut head.headers);
        Ok(Response::from_parts(head, Answer::Stream(relay)))
    }

    /// An error (or redirect): to be mended here, or passed on with its document rewritten.
    async fn refused(
        &self,
        verb: Verb,
        answer: Response<Incoming>,
        issued: &Issued,
    ) -> Result<Response<Answer>, Setback> {
        let (mut head, body) = answer.into_parts();
        let status = head.status;
        let read = answer::read_error(body, &self.traffic, self.limits.first_byte).await;
        let error = answer::scrubbed(read, issued);
        match verdict(status, &error.code, verb) {
            Verdict::Refresh => Err(Setback::Credentials { status, code: error.code }),
            Verdict::Retry => Err(Setback::Status { status, code: error.code }),
            Verdict::Pass => {
                if self.told.tell().is_some() {
                    setback::explain(&head, &error);
                }
                answer::strip_error(&mut head.headers);
                Ok(answer::document(head, &error, verb))
            }
        }
    }

    fn tell(&self, wanted: &Admitted, setback: &Setback) {
        if let Some(nth) = self.told.tell() {
            let verb = wanted.verb.as_str();
            tracing::warn!(%setback, setback.nth = nth, verb, path = %wanted.path, "S3 did not answer as hoped: trying again");
        }
    }

    fn give_up(&self, wanted: &Admitted, last: Option<&Setback>) -> Response<Answer> {
        let patience: Duration = self.limits.patience;
        let setback = last.map_or_else(|| "no usable credentials".to_owned(), ToString::to_string);
        let verb = wanted.verb.as_str();
        tracing::error!(setback, patience_s = patience.as_secs(), verb, path = %wanted.path, "gave up on a request");
        answer::unavailable(wanted.verb)
    }
}
