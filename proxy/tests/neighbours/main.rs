//! Real neighbours: kopia restores from MinIO through `canopy-proxy`, over a link that makes trouble.
//!
//! Input: a Docker API (`DOCKER_HOST`) and the names of two images in it; `just neighbours` sees to all three. Output:
//! what was restored is what was backed up, and kopia's log is free of errors. Kopia, MinIO and the proxy are the very
//! programs of a restore pod; Canopy is the stub, whose credentials are real sessions of MinIO's STS, confined to the
//! prefix. The link alone is ours, and so is the broker's part, which hands those credentials on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod broker;
mod containers;
mod files;
#[expect(dead_code, reason = "shared with the tests of behaviour, which use all of it")]
#[path = "../behaviour/support/http.rs"]
mod http;
mod kopia;
mod link;
mod neighbourhood;
mod sidecar;

use link::{Link, Trouble};
use neighbourhood::{Neighbourhood, SMALL};
use std::time::Duration;

/// Every kind of trouble, again and again, and most requests unharmed. Stalls and refused credentials cost seconds each,
/// so there are few of them.
fn every_trouble(nth: usize) -> Option<Trouble> {
    match nth {
        20 | 23 | 26 => Some(Trouble::Stall),
        2 | 60 => Some(Trouble::Expired),
        _ => match nth % 14 {
            1 => Some(Trouble::Overload),
            3 | 5 => Some(Trouble::Reset),
            7 | 13 => Some(Trouble::EndShort),
            9 | 11 => Some(Trouble::Torn),
            _ => None,
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kopia_connects_lists_and_restores_under_every_trouble_and_sees_none() {
    let there = Neighbourhood::of(SMALL, |minio| Link::troubled(minio, every_trouble)).await;
    let proxy = there.proxy().await;
    let guest = there.guest(proxy.address());
    guest.connect().await;
    assert!(guest.list().await.contains(&there.snapshot), "the snapshot is not listed");
    guest.restore(&there.snapshot, "restored").await;
    there.is_restored("restored").await;
    let borne = there.link.borne();
    println!("borne: {borne:?}, {} grants", there.broker.issued());
    for trouble in Trouble::ALL {
        assert!(borne.get(&trouble).is_some_and(|times| *times > 1), "{trouble:?} was not tried: {borne:?}");
    }
    let complaints = guest.complaints();
    assert!(complaints.is_empty(), "kopia saw trouble: {complaints:#?}");
}

/// As a kubelet restarts a native sidecar: the same environment, the same files, so the same port.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_d19_a_restore_outlives_a_proxy_that_is_killed_every_five_seconds() {
    let there = Neighbourhood::of(SMALL, |minio| Link::slow(minio, neighbourhood::SLOW)).await;
    let mut proxy = there.proxy().await;
    let guest = there.guest(proxy.address());
    guest.connect().await;
    let kills = proxy.killed_every(Duration::from_secs(5), guest.restore(&there.snapshot, "restored")).await;
    there.is_restored("restored").await;
    println!("killed {kills} times; kopia noticed {} times", guest.complaints().len());
    assert!(kills >= 3, "the restore was over after {kills} kills: the link is too fast");
}
