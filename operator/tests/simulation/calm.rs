//! The calm after it: all is to be as wanted within ten minutes, and then nothing is written for an hour.

use crate::{faults::OPERATOR, laws::Laws, replica, universe::Universe};
use fake_apiserver::ApiServer;
use jiff::SignedDuration;
use std::{sync::atomic::Ordering, time::Duration};

/// Within this after the last fault, all is as wanted.
const CONVERGED: SignedDuration = SignedDuration::from_mins(10);

/// Then nothing is written for so long.
const QUIET: SignedDuration = SignedDuration::from_hours(1);

/// Actions of controllers in one tick: as many as there is to do.
const ALL: u64 = 10_000;

/// Settles: first all but the bad backup, which must not keep others waiting; then that one, too, once it is mended.
pub(crate) async fn settle(universe: &mut Universe) {
    universe.server.faults(fake_apiserver::Faults::clear);
    universe.stormy.store(false, Ordering::Relaxed);
    universe.canopy.stormy.store(false, Ordering::Relaxed);
    universe.storage.lock().answer_all();
    universe.controllers.look_again();
    converge(universe, "I3 and I14").await;
    universe.truth.heal();
    converge(universe, "I3").await;
    stay(universe).await;
    Laws::hold_at_the_end(universe);
}

/// All is as wanted soon.
async fn converge(universe: &mut Universe, law: &str) {
    let begun = universe.clock.now();
    loop {
        universe.tick(Duration::from_secs(1), ALL).await;
        let since = universe.clock.now().duration_since(begun);
        let Err(why) = replica::all_well(&universe.server, &universe.truth, &universe.canopy) else {
            universe.figures.slowest = universe.figures.slowest.max(since);
            return;
        };
        assert!(since < CONVERGED, "seed {}: {law}: {since:#} after the last fault: {why}", universe.seed);
    }
}

/// Nothing is written, by nobody but those who hold the Lease.
async fn stay(universe: &mut Universe) {
    universe.tick(Duration::from_secs(15), ALL).await;
    let (until, before) = (universe.clock.now() + QUIET, writes(&universe.server));
    while universe.clock.now() < until {
        universe.tick(Duration::from_secs(5), ALL).await;
    }
    let after = writes(&universe.server);
    assert!(
        before.len() == after.len(),
        "seed {}: I3: written at rest: {:?}",
        universe.seed,
        &after[before.len()..]
    );
}

/// What operators have changed, but for the Lease.
fn writes(server: &ApiServer) -> Vec<String> {
    server.audit(|audit| {
        let changed = audit.commits().filter(|entry| entry.call.user.starts_with(OPERATOR));
        let changed = changed.filter(|entry| entry.call.kind.resource != "leases");
        changed.map(|entry| format!("{:?}", entry.call)).collect()
    })
}
