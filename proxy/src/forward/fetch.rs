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
    window::Leave,
};
use crate::{
    admit::Admitted,
    credentials::Issued,
    errors_xml::{LONGEST_DOCUMENT, S3Error},
    http1::{Framing, ResponseHead},
    stats::requests::Resigned,
    upstream::{AskError, Body, Connection},
};
use http::StatusCode;
use jiff::SignedDuration;
use std::{future::poll_fn, io, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// While there is nothing to sign with, this often it is said that nothing goes on.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// What S3 said at last.
pub enum Fetched {
    /// 2xx or 304.
    Good(ResponseHead, Framing, Body),
    /// The truth about this request.
    Refused(ResponseHead, S3Error),
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
            match self.attempt(wanted, ends).await {
                Ok(Some(fetched)) => return Ok(fetched),
                Err(setback) => self.held_up(wanted, hold, setback).await,
                // Whether that was all is asked anew: another request may have got somewhere meanwhile.
                Ok(None) => {}
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

    /// Nothing where the end came first.
    async fn attempt(&self, wanted: &Admitted, ends: Instant) -> Result<Option<Fetched>, Setback> {
        let Some((issued, _leave)) = self.enter(ends).await else { return Ok(None) };
        let stamp = Stamp { issued, skew: self.skew.get() };
        let now = self.clock.now().saturating_add(stamp.skew)?;
        let request = self.outgoing.write(wanted, &stamp.issued, now);
        let bound = self.limits.first_byte;
        let (head, connection) = match self.ask(&request, ends.min(Instant::now() + bound)).await {
            Ok(answered) => answered,
            Err(AskError::Late(_)) if Instant::now() >= ends => return Ok(None),
            Err(AskError::Late(_)) => return Err(Setback::Slow(bound)),
            Err(error @ (AskError::Io(_) | AskError::Closed)) => return Err(Setback::send(&error)),
            Err(error) => return Err(Setback::broken(&error)),
        };
        let framing = Framing::of(&head, wanted.verb).map_err(|error| Setback::broken(&error))?;
        let body = Body::new(connection, framing, head.keeps_alive());
        if head.status.is_success() || head.status == StatusCode::NOT_MODIFIED {
            return Ok(Some(Fetched::Good(head, framing, body)));
        }
        self.judge(wanted, head, body, &stamp).await.map(Some)
    }

    /// Something to sign with, and leave to send; nothing where the end came first. Mostly both are there, and no timer is
    /// made.
    async fn enter(&self, ends: Instant) -> Option<(Arc<Issued>, Leave<'_>)> {
        if let Some(issued) = self.vault.present()
            && let Some(leave) = self.gate.try_enter()
        {
            return Some((issued, leave));
        }
        timeout_at(ends, async { (self.credentials().await, self.gate.enter().await) }).await.ok()
    }

    /// Over a connection at rest, if one still stands. One that was closed just as it was taken is no setback: what it
    /// was asked is asked again over a new one.
    async fn ask(&self, request: &[u8], deadline: Instant) -> Result<(ResponseHead, Connection), AskError> {
        if let Some(mut connection) = self.pool.reused() {
            match connection.ask(request, deadline).await {
                Ok(head) => return Ok((head, connection)),
                Err(AskError::Io(_) | AskError::Closed) if connection.arrived().is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        let dialed = timeout_at(deadline, self.pool.fresh()).await;
        let mut connection = dialed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        Ok((connection.ask(request, deadline).await?, connection))
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
        head: ResponseHead,
        body: Body,
        stamp: &Stamp,
    ) -> Result<Fetched, Setback> {
        let status = head.status;
        let (error, is_whole) = self.read_error(body).await;
        let error = answer::scrubbed(error, &stamp.issued);
        let date = head.only("date");
        let skew = date.and_then(|date| skew::learned(date, self.clock.now(), stamp.skew));
        match verdict(status, &error.code, wanted.verb, skew.is_some()) {
            Verdict::Refresh => {
                self.traffic.requests.resign(Resigned::Credentials);
                self.vault.refuse(stamp.issued.generation);
                Err(Setback::Credentials { status, code: error.code })
            }
            Verdict::Clock => {
                let by = skew.unwrap_or_default();
                self.traffic.requests.resign(Resigned::Clock);
                self.skew.set(by);
                Err(Setback::Clock { by })
            }
            Verdict::Retry => Err(Setback::Status { status, code: error.code }),
            // What it was about is not known: an expired token, perhaps.
            Verdict::Pass if !is_whole && error.code.is_empty() => {
                Err(Setback::Broken(format!("the document of a {status} ended early")))
            }
            Verdict::Pass => Ok(Fetched::Refused(head, error)),
        }
    }

    /// What an error document says as far as it came, and whether it came to its end or to as much as is read of one.
    async fn read_error(&self, mut body: Body) -> (S3Error, bool) {
        let mut document = Vec::new();
        let reading = async {
            loop {
                match poll_fn(|cx| body.poll_piece(cx, u64::MAX)).await {
                    Ok(Some(bytes)) => self.traffic.received_payload(bytes),
                    Ok(None) => return true,
                    Err(_) => return false,
                }
                document.extend_from_slice(body.lent());
                if document.len() >= LONGEST_DOCUMENT {
                    return true;
                }
            }
        };
        // Out of time is as good as broken: what there is, is judged.
        let is_whole = timeout(self.limits.first_byte, reading).await.unwrap_or(false);
        body.done(&self.pool);
        (S3Error::read(&document), is_whole)
    }
}
