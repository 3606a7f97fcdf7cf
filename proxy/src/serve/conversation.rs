//! One connection, from its first head to its close: request after request.
//!
//! Input: a client's stream. Output: answers, in order. Must not: outlive a word to stop by more than the request it is
//! at, or take what follows a refused request for another one.

use super::{
    Handler,
    client::{Client, NoHead},
    handler::Request,
};
use crate::{limits::Limits, upstream::Io};
use std::{pin::pin, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Serves one client to the end.
pub async fn converse(io: Box<dyn Io>, handler: Arc<Handler>, limits: Limits, stop: CancellationToken) {
    let mut client = Client::new(io, &limits);
    let mut stopped = pin!(stop.cancelled());
    loop {
        let request = match client.next_head(&limits, stopped.as_mut()).await {
            Err(NoHead::Gone) => break,
            Err(NoHead::Refused(refusal)) => Request::refused(refusal),
            Ok(length) => {
                let request = handler.read(client.head(length), &limits);
                client.done(length);
                request
            }
        };
        match handler.answer(request, &mut client, stop.is_cancelled()).await {
            Ok(true) => client.rests(&limits),
            Ok(false) => break,
            // Cut, not closed: nothing may look like an end.
            Err(_) => return,
        }
    }
    client.close().await;
}
