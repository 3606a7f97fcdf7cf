use super::{
    super::{
        Index, Kind,
        feed::{End, follow},
    },
    support::{Space, look, name, namespace},
};
use futures::{
    FutureExt, Stream, StreamExt,
    stream::{iter, pending, repeat_with},
};
use kube::{
    core::Status,
    runtime::watcher::{DefaultBackoff, Error, Event, Result},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::Instant;

fn listing(replicas: &[u32]) -> Vec<Result<Event<Space>>> {
    let objects = replicas.iter().map(|replica| Ok(Event::InitApply(namespace(*replica, 1))));
    [Ok(Event::Init)].into_iter().chain(objects).chain([Ok(Event::InitDone)]).collect()
}

fn gone() -> Result<Event<Space>> {
    Err(Error::WatchError(Box::new(Status { code: 410, ..Status::default() })))
}

/// An index that has listed all other kinds.
fn index() -> Index {
    let index = Index::default();
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Namespace) {
        index.state().begin(kind);
        index.state().complete(kind);
    }
    index
}

async fn fed(index: &Index, watch: impl Stream<Item = Result<Event<Space>>>) -> End {
    let resync = Instant::now() + Duration::from_mins(10);
    follow(index, watch, &mut DefaultBackoff::default(), resync).await
}

fn nudged(index: &Index) -> bool {
    index.changed().notified().now_or_never().is_some()
}

#[tokio::test(start_paused = true)]
async fn a_list_and_its_changes_come_to_a_picture_and_nudge() {
    let index = index();
    let changes = [Ok(Event::Apply(namespace(2, 2))), Ok(Event::Delete(namespace(1, 3)))];
    let watch = iter(listing(&[1]).into_iter().chain(changes)).chain(pending());
    assert!(!nudged(&index));
    assert_eq!(fed(&index, watch).await, End::Resync);
    assert!(nudged(&index));
    let seen = look(&mut index.state());
    assert_eq!(seen.namespaces.keys().collect::<Vec<_>>(), [&name(2)]);
}

#[tokio::test(start_paused = true)]
async fn fault_a7_a_storm_of_410_is_met_with_pauses_that_grow() {
    let (index, lists) = (index(), Arc::new(AtomicU32::new(0)));
    let counted = Arc::clone(&lists);
    let storm = repeat_with(move || {
        counted.fetch_add(1, SeqCst);
        iter(listing(&[1]).into_iter().chain([gone()]))
    });
    assert_eq!(fed(&index, storm.flatten()).await, End::Resync);
    let lists = lists.load(SeqCst);
    assert!((10..60).contains(&lists), "{lists} lists in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn fault_a7_a_single_410_is_answered_within_seconds() {
    let index = index();
    let start = Instant::now();
    let watch = iter(listing(&[1]).into_iter().chain([gone()]));
    let relisted = watch.chain(iter(listing(&[2])).inspect(move |_| {
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }));
    assert_eq!(fed(&index, relisted.chain(pending())).await, End::Resync);
    assert_eq!(look(&mut index.state()).namespaces.keys().collect::<Vec<_>>(), [&name(2)]);
}

#[tokio::test(start_paused = true)]
async fn fault_a6_every_kind_is_listed_anew_after_ten_minutes_of_quiet() {
    let (index, start) = (index(), Instant::now());
    assert_eq!(fed(&index, iter(listing(&[1])).chain(pending())).await, End::Resync);
    assert_eq!(start.elapsed().as_secs(), 600);
}

#[tokio::test(start_paused = true)]
async fn fault_a11_a_list_that_never_answers_is_begun_again_and_named() {
    let (index, start) = (index(), Instant::now());
    let hanging = iter([Ok(Event::Init)]).chain(pending());
    assert_eq!(fed(&index, hanging).await, End::Silence);
    assert!((60..120).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    let blind = index.look(|_| ()).unwrap_err().to_string();
    assert!(blind.contains("namespaces") && blind.contains("no answer"), "{blind}");
}

#[tokio::test(start_paused = true)]
async fn lists_that_are_asked_for_are_not_begun_right_after_each_other() {
    let (index, start) = (index(), Instant::now());
    index.0.relist[Kind::Namespace as usize].notify_one();
    assert_eq!(fed(&index, iter(listing(&[1])).chain(pending())).await, End::Asked);
    assert_eq!(start.elapsed().as_secs(), 30);
}
