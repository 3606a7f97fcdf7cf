//! Asks S3 until it answers with something that is not for the proxy to mend.
//!
//! Input: a request, and how long it has been held already. Output: a good head with its body to come, or a refusal that
//! is the client's to know. Must not: count tries: how long to go on is [`Patience`](super::patience::Patience)'s matter.

use super::{
    Forwarder, answer,
    patience::Held,
    setback::Setback,
    skew,
    verdict::{Verdict, verdict},
};
use crate::{admit::Admitted, credentials::Issued, errors_xml::S3Error};
use http::{Response, StatusCode, response::Parts};
use hyper::body::Incoming;
use jiff::SignedDuration;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// While there is nothing to sign with, this often it is said that nothing goes on.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// What S3 said at last.
pub enum Fetched {
    /// 2xx or 304.
    Good(Parts, Incoming),
    /// The truth about this request.
    Refused(Parts, S3Error),
}

/// No progress for too long.
#[derive(Debug)]
pub struct GaveUp;

/// What one try is signed with.
struct Stamp {
    issued: Arc<Issued>,
    skew: SignedDuration,
}

impl Forwarder {
    /// The answer, or nothing when patience is at an end.
    pub(super) async fn fetch(&self, wanted: &Admitted, hold: &mut Held) -> Result<Fetched, GaveUp> {
        loop {
            let now = Instant::now();
            let ends = self.patience.ends(hold.since, now);
            if now >= ends {
                self.gave_up(wanted, hold);
                return Err(GaveUp);
            }
            match timeout_at(ends, self.attempt(wanted)).await {
                Ok(Ok(fetched)) => return Ok(fetched),
                Ok(Err(setback)) => self.held_up(wanted, hold, setback).await,
                // Whether that was all is asked anew: another request may have got somewhere meanwhile.
                Err(_) => {}
            }
        }
    }

    /// A try came to nothing: that is noted, and the next one waits.
    pub(super) async fn held_up(&self, wanted: &Admitted, hold: &mut Held, setback: Setback) {
        let now = Instant::now();
        self.patience.setback(now);
        if setback.is_overload() {
            self.gate.cut(now);
        }
        if let Some(nth) = self.told.tell() {
            let verb = wanted.verb.as_str();
            tracing::warn!(%setback, setback.nth = nth, verb, path = %wanted.path, "S3 did not answer as hoped: trying again");
        }
        sleep(hold.pause(setback, (self.random)())).await;
    }

    fn gave_up(&self, wanted: &Admitted, hold: &Held) {
        self.patience.setback(Instant::now());
        if let Some(nth) = self.told.tell() {
            let setback =
                hold.last.as_ref().map_or_else(|| "no usable credentials".to_owned(), ToString::to_string);
            let (verb, held_s) = (wanted.verb.as_str(), hold.since.elapsed().as_secs());
            tracing::error!(setback, setback.nth = nth, held_s, verb, path = %wanted.path, "gave up on a request");
        }
    }

    async fn attempt(&self, wanted: &Admitted) -> Result<Fetched, Setback> {
        let stamp = Stamp { issued: self.credentials().await, skew: self.skew.get() };
        let _leave = self.gate.enter().await;
        let request =
            self.outgoing.write(wanted, &stamp.issued, self.clock.now().saturating_add(stamp.skew)?)?;
        let bound = self.limits.first_byte;
        let sent = timeout(bound, self.upstream.send(request)).await;
        let answer = sent.map_err(|_| Setback::Slow(bound))?.map_err(|error| Setback::send(&error))?;
        let status = answer.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            let (head, body) = answer.into_parts();
            return Ok(Fetched::Good(head, body));
        }
        self.judge(wanted, answer, &stamp).await
    }

    async fn credentials(&self) -> Arc<Issued> {
        loop {
            match timeout(HEARTBEAT, self.vault.usable()).await {
                Ok(issued) => return issued,
                Err(_) => self.patience.setback(Instant::now()),
            }
        }
    }

    /// An error (or redirect): to be mended here, or the client's to know.
    async fn judge(
        &self,
        wanted: &Admitted,
        answer: Response<Incoming>,
        stamp: &Stamp,
    ) -> Result<Fetched, Setback> {
        let (head, body) = answer.into_parts();
        let status = head.status;
        let read = answer::read_error(body, &self.traffic, self.limits.first_byte).await;
        let error = answer::scrubbed(read, &stamp.issued);
        let skew = skew::learned(&head.headers, self.clock.now(), stamp.skew);
        match verdict(status, &error.code, wanted.verb, skew.is_some()) {
            Verdict::Refresh => {
                self.vault.refuse(stamp.issued.generation);
                Err(Setback::Credentials { status, code: error.code })
            }
            Verdict::Clock => {
                let by = skew.unwrap_or_default();
                self.skew.set(by);
                Err(Setback::Clock { by })
            }
            Verdict::Retry => Err(Setback::Status { status, code: error.code }),
            Verdict::Pass => Ok(Fetched::Refused(head, error)),
        }
    }
}
