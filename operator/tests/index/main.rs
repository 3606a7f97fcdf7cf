//! The index against an API server: what it asks for, and how it fares when that lies, forgets or breaks off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod rig;

use fake_apiserver::{Fault, Harm, Verb};
use operator::observe::{Blind, Kind, PAGE};
use rig::{Rig, namespace};
use std::time::Duration;

const MANY: usize = 2 * PAGE as usize + 1;

#[tokio::test(start_paused = true)]
async fn a_cold_start_is_one_paged_list_and_one_watch_of_each_kind() {
    let rig = Rig::with_replicas(MANY);
    rig.follow();
    rig.until("all replicas are seen", |seen| seen.is_ok_and(|seen| seen.namespaces.len() == MANY)).await;
    rig.until_watched().await;
    for kind in Kind::ALL {
        let pages = if kind == Kind::Namespace { 3 } else { 1 };
        assert_eq!((rig.count(Verb::List, kind), rig.count(Verb::Watch, kind)), (pages, 1), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_installation_owns_is_never_seen() {
    let rig = Rig::with_replicas(1);
    let mut theirs = namespace(7);
    theirs["metadata"]["labels"]["pgro.bes.au/owner"] = "pgro-staging".into();
    rig.api.put("namespaces", theirs);
    rig.follow();
    rig.until("one replica is seen", |seen| seen.is_ok_and(|seen| seen.namespaces.len() == 1)).await;
}

#[tokio::test(start_paused = true)]
async fn fault_a27_a_list_that_expires_between_pages_is_begun_anew_and_never_shown_in_part() {
    let rig = Rig::with_replicas(MANY);
    let expired = Fault::new(Harm::status(410)).on(Verb::List, "namespaces").skip(1).times(2);
    rig.api.faults(|faults| faults.add(expired));
    rig.follow();
    rig.until("all replicas are seen", |seen| match seen {
        Ok(seen) => {
            assert_eq!(seen.namespaces.len(), MANY, "a part was shown");
            true
        }
        Err(blind) => {
            assert!(matches!(blind, Blind::NotListed { .. }), "{blind}");
            false
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn fault_a6_an_event_no_watch_told_of_is_found_by_the_next_list() {
    let rig = Rig::with_replicas(1);
    rig.follow();
    rig.until_watched().await;
    rig.api.drop_events("namespaces", 1);
    rig.api.put("namespaces", namespace(1));
    assert_eq!(rig.seen(), 1);
    let lost = tokio::time::Instant::now();
    rig.until("the lost replica is seen", |seen| seen.is_ok_and(|seen| seen.namespaces.len() == 2)).await;
    assert!(lost.elapsed() <= Duration::from_mins(10), "{:?}", lost.elapsed());
}

#[tokio::test(start_paused = true)]
async fn fault_a7_a_storm_of_410_is_survived_without_a_storm_of_lists() {
    let rig = Rig::with_replicas(1);
    rig.follow();
    rig.until_watched().await;
    for _ in 0..600 {
        rig.api.expire_watches();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(
        rig.count(Verb::List, Kind::Pod) < 60,
        "{} lists in ten minutes",
        rig.count(Verb::List, Kind::Pod)
    );
    rig.api.put("namespaces", namespace(1));
    rig.until("a replica made after the storm is seen", |seen| {
        seen.is_ok_and(|seen| seen.namespaces.len() == 2)
    })
    .await;
}
