//! A list of keys, kept until it is whole: it has no version by which it could be gone on with, and kopia does not ask
//! for one again that broke off.
//!
//! Input: the body of a LIST. Output: the same bytes, all of them. Must not: keep more than a few lists at a time, or
//! one that is longer than any S3 sends.

use super::setback::Setback;
use crate::{
    stats::Traffic,
    upstream::{Body, Pool},
};
use std::{future::poll_fn, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// A page has a thousand keys of at most three kilobytes, encoded, and a kilobyte about each of them.
const LONGEST: usize = 4 << 20;
/// Kopia asks for five at a time.
const SEATS: usize = 8;

/// Room for lists.
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SEATS)))
    }
}

/// A whole list on its way to the client.
pub struct Listing {
    list: Vec<u8>,
    _seat: OwnedSemaphorePermit,
}

impl Listing {
    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.list
    }
}

impl Room {
    /// Reads `body` to its end, within `deadline`.
    pub async fn collect(
        &self,
        body: Body,
        pool: &Pool,
        traffic: &Traffic,
        deadline: Duration,
    ) -> Result<Listing, Setback> {
        let collecting = async {
            let seat = Arc::clone(&self.0).acquire_owned().await.map_err(|error| Setback::broken(&error))?;
            Ok(Listing { list: read(body, pool, traffic).await?, _seat: seat })
        };
        timeout(deadline, collecting).await.map_err(|_| Setback::Slow(deadline))?
    }
}

async fn read(mut body: Body, pool: &Pool, traffic: &Traffic) -> Result<Vec<u8>, Setback> {
    let mut list = Vec::new();
    while let Some(bytes) =
        poll_fn(|cx| body.poll_piece(cx, u64::MAX)).await.map_err(|error| Setback::broken(&error))?
    {
        traffic.received_payload(bytes);
        list.extend_from_slice(body.lent());
        if list.len() > LONGEST {
            return Err(Setback::TooLong(LONGEST));
        }
    }
    body.done(pool);
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Listing, Room, SEATS};
    use crate::{
        forward::setback::Setback,
        http1::Framing,
        stats::Traffic,
        upstream::{Body, Connection, Dial, Pool, dial::Dialing},
    };
    use std::{io, sync::Arc, time::Duration};
    use tokio::io::{AsyncWriteExt, duplex};

    const DEADLINE: Duration = Duration::from_secs(30);

    /// No second connection is needed here.
    struct Nowhere;

    impl Dial for Nowhere {
        fn dial(&self) -> Dialing {
            Box::pin(std::future::ready(Err(io::ErrorKind::ConnectionRefused.into())))
        }
    }

    async fn collected(room: &Room, bytes: usize) -> Result<Listing, Setback> {
        let (near, mut far) = duplex(1 << 20);
        let body = Body::new(Connection::new(Box::new(near)), Framing::Length(bytes as u64), true);
        let pool = Pool::new(Arc::new(Nowhere), 1);
        let sending = async {
            // A reader that has had enough closes the pipe.
            let _ = far.write_all(&vec![7; bytes]).await;
        };
        let traffic = Traffic::default();
        let collecting = async {
            let collected = room.collect(body, &pool, &traffic, DEADLINE).await;
            drop(pool);
            collected
        };
        tokio::join!(collecting, sending).0
    }

    #[tokio::test]
    async fn a_list_comes_out_as_it_went_in() {
        let list = collected(&Room::default(), 200_000).await.unwrap();
        assert_eq!(list.bytes(), vec![7; 200_000]);
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
