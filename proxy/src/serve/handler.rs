//! One request: admitted and forwarded, or refused; and its answer, sent.
//!
//! Input: a request of a client. Output: an answer, always, unless the client goes away. Must not: read a body, tell more
//! of a refused request than its kind, or end an answer in a way that could be taken for its end where it is not.

use super::client::{Client, Gone};
use crate::{
    admit::{Admitted, Refusal, Territory, Verb, method},
    errors_xml::S3Error,
    forward::{
        Answer, Forwarder,
        answer::{self, Said},
        relay::Relay,
    },
    http1::RequestHead,
    limits::Limits,
    sparse::Sparse,
};
use http::StatusCode;
use std::{io::IoSlice, pin::pin};

/// Answers requests.
pub struct Handler {
    territory: Territory,
    forwarder: Forwarder,
    refusals: Sparse,
}

/// What a head asks for.
pub struct Request {
    /// The wish, if it is granted.
    wanted: Result<Admitted, Refusal>,
    /// None where it is neither GET nor HEAD.
    verb: Option<Verb>,
    /// Whether it is the last one of its connection.
    is_last: bool,
}

impl Handler {
    /// Forwards what lies within `territory`.
    pub fn new(territory: Territory, forwarder: Forwarder) -> Self {
        Self { territory, forwarder, refusals: Sparse::default() }
    }

    /// Closes what rests for too long, for ever.
    pub async fn keep_house(&self) {
        tokio::join!(self.forwarder.pool.sweep(), self.forwarder.ahead.sweep());
    }

    /// Reads a whole head.
    pub fn read(&self, head: &[u8], limits: &Limits) -> Request {
        match RequestHead::parse(head, limits.headers) {
            Err(error) => Request::refused(error.into()),
            Ok(head) => Request {
                wanted: self.territory.admit(&head),
                verb: method::verb(head.method).ok(),
                is_last: head.lists("connection", "close"),
            },
        }
    }

    /// Sends the answer to one request; true if another one may follow.
    pub async fn answer(&self, request: Request, client: &mut Client, is_last: bool) -> Result<bool, Gone> {
        let Request { wanted, verb, is_last: asked_for } = request;
        let (is_last, mut head) = (is_last || asked_for, Vec::with_capacity(1024));
        match wanted {
            Ok(wanted) => {
                tracing::debug!(verb = wanted.verb.as_str(), path = wanted.path, "request");
                let answer = client.while_here(pin!(self.forwarder.forward(&wanted))).await?;
                self.answered(verb, answer.status());
                deliver(answer, wanted.verb, client, is_last, &mut head).await?;
                Ok(!is_last)
            }
            Err(refusal) => {
                self.refuse(refusal, verb, &mut head);
                client.send(&mut [IoSlice::new(&head)]).await?;
                Ok(false)
            }
        }
    }

    /// The connection is closed: after a refusal, where the next request begins is the client's claim only.
    fn refuse(&self, refusal: Refusal, verb: Option<Verb>, out: &mut Vec<u8>) {
        self.answered(verb, refusal.status());
        if let Some(nth) = self.refusals.tell() {
            let status = refusal.status().as_u16();
            tracing::warn!(refusal.nth = nth, status, "refused a request: {refusal}");
        }
        let error = S3Error::of(refusal.code(), &refusal.to_string());
        let field = if refusal == Refusal::Method { "allow: GET, HEAD\r\n" } else { "" };
        answer::put_local(out, refusal.status(), field, &error, verb.unwrap_or(Verb::Get), true);
    }

    fn answered(&self, verb: Option<Verb>, status: StatusCode) {
        self.forwarder.traffic.requests.answer(verb, status);
    }
}

impl Request {
    /// What is no request.
    pub fn refused(refusal: Refusal) -> Self {
        Self { wanted: Err(refusal), verb: None, is_last: true }
    }
}

async fn deliver(
    answer: Answer<'_>,
    verb: Verb,
    client: &mut Client,
    is_last: bool,
    head: &mut Vec<u8>,
) -> Result<(), Gone> {
    match answer {
        Answer::Object(of, said, relay) => {
            answer::put_head(head, &of, said, is_last);
            drop(of);
            return stream(head, said, relay, client).await;
        }
        Answer::List(of, list) => {
            let said = Said::Bytes(list.bytes().len() as u64);
            answer::put_head(head, &of, said, is_last);
            return client.send(&mut [IoSlice::new(head), IoSlice::new(list.bytes())]).await;
        }
        Answer::Refused(of, error) => answer::put_refused(head, &of, &error, verb, is_last),
        Answer::Unavailable => answer::put_unavailable(head, verb, is_last),
    }
    client.send(&mut [IoSlice::new(head)]).await
}

/// Head and first piece together, then piece by piece. An answer that cannot be ended is cut: the connection closes
/// before what the head promised.
async fn stream(head: &[u8], said: Said, mut relay: Box<Relay<'_>>, client: &mut Client) -> Result<(), Gone> {
    let mut head = head;
    loop {
        if !head.is_empty() || !relay.piece().is_empty() {
            send_piece(std::mem::take(&mut head), relay.piece(), said, client).await?;
        }
        let next = client.while_here(pin!(relay.next())).await?;
        match next {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(%error, path = relay.path(), "cut a client's connection");
                return Err(Gone);
            }
        }
    }
    if said == Said::Chunked { client.send(&mut [IoSlice::new(b"0\r\n\r\n")]).await } else { Ok(()) }
}

async fn send_piece(head: &[u8], piece: &[u8], said: Said, client: &mut Client) -> Result<(), Gone> {
    if said != Said::Chunked || piece.is_empty() {
        return client.send(&mut [IoSlice::new(head), IoSlice::new(piece)]).await;
    }
    let size = format!("{:x}\r\n", piece.len());
    let pieces = [head, size.as_bytes(), piece, b"\r\n"];
    client.send(&mut pieces.map(IoSlice::new)).await
}
