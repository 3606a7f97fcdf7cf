//! A list of keys, kept until it is whole: it has no version by which it could be gone on with, and kopia does not ask
//! for one again that broke off.
//!
//! Input: the body of a LIST. Output: the same bytes, all of them. Must not: keep more than a few lists at a time, or
//! one that is longer than any S3 sends.

use super::{answer, setback::Setback};
use crate::{post::chain, stats::Traffic};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header::CONTENT_LENGTH};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A page has a thousand keys of at most three kilobytes, encoded, and a kilobyte about each of them.
const LONGEST: usize = 4 << 20;
/// Kopia asks for five at a time.
const SEATS: usize = 8;
/// What goes to the client at a time.
const PIECE: usize = 64 << 10;

/// Room for lists.
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SEATS)))
    }
}

/// A whole list on its way to the client.
pub struct Listing {
    rest: Bytes,
    _seat: OwnedSemaphorePermit,
}

impl Room {
    /// Reads `body` to its end, within `deadline`.
    pub async fn collect<B>(&self, body: B, traffic: &Traffic, deadline: Duration) -> Result<Listing, Setback>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::error::Error,
    {
        let collecting = async {
            let seat = Arc::clone(&self.0)
                .acquire_owned()
                .await
                .map_err(|error| Setback::Broken(error.to_string()))?;
            Ok(Listing { rest: read(body, traffic).await?, _seat: seat })
        };
        timeout(deadline, collecting).await.map_err(|_| Setback::Slow(deadline))?
    }
}

/// Its length is known now.
pub fn strip(headers: &mut HeaderMap) {
    answer::strip(headers);
    headers.remove(CONTENT_LENGTH);
}

async fn read<B>(mut body: B, traffic: &Traffic) -> Result<Bytes, Setback>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error,
{
    let mut list = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|error| Setback::Broken(chain(&error)))?.into_data() else { continue };
        traffic.received_payload(piece.len());
        list.extend_from_slice(&piece);
        if list.len() > LONGEST {
            return Err(Setback::TooLong(LONGEST));
        }
    }
    Ok(list.freeze())
}

impl Body for Listing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Listing, Room, SEATS};
    use crate::{forward::setback::Setback, stats::Traffic};
    use bytes::Bytes;
    use http_body_util::{BodyExt, Full};
    use std::time::Duration;

    const DEADLINE: Duration = Duration::from_secs(30);

    async fn collected(room: &Room, bytes: usize) -> Result<Listing, Setback> {
        let body = Full::new(Bytes::from(vec![7; bytes]));
        room.collect(body, &Traffic::default(), DEADLINE).await
    }

    #[tokio::test]
    async fn a_list_comes_out_as_it_went_in() {
        let list = collected(&Room::default(), 200_000).await.unwrap();
        assert_eq!(list.collect().await.unwrap().to_bytes(), vec![7; 200_000]);
    }

    #[tokio::test]
    async fn fault_g16_a_list_without_an_end_is_refused() {
        let refused = collected(&Room::default(), LONGEST + 1).await;
        assert!(matches!(refused, Err(Setback::TooLong(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_lists_are_kept_at_a_time() {
        let room = Room::default();
        let mut kept = Vec::new();
        for _ in 0..SEATS {
            kept.push(collected(&room, 1).await.unwrap());
        }
        assert!(matches!(collected(&room, 1).await, Err(Setback::Slow(_))));
        kept.pop();
        assert!(collected(&room, 1).await.is_ok());
    }
}
