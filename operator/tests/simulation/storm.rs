//! The storm: everything fails, people interfere, operators die, and what is wanted changes all the time.

use crate::{
    dice::Dice,
    faults,
    process::Process,
    replica,
    truth::{BUCKETS, Poison},
    universe::Universe,
};
use contract::names::annotations;
use fake_apiserver::Object;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Ticks of one storm, of about four seconds. Events are dropped in the first half only: what was not told is made up
/// for by the resync, within ten minutes.
const TICKS: u64 = 400;

/// Entries there are at first.
const ENTRIES: u64 = 4;

/// Rages.
pub(crate) async fn rage(universe: &mut Universe) {
    let (dice, old) = (universe.dice.clone(), Arc::new(AtomicU64::new(0)));
    for _ in 0..ENTRIES {
        universe.truth.lock().add(&dice);
    }
    for poison in [Poison::Impossible, Poison::BadBackup] {
        universe.truth.lock().add_poison(&dice, poison);
    }
    faults::begin(&universe.server, Dice::of(universe.seed, 4), Arc::clone(&old));
    start_all(universe);
    for tick in 0..TICKS {
        if dice.percent(30) {
            old.store(universe.server.revision(), Ordering::Relaxed);
        }
        strike(universe, &dice, tick).await;
        universe.tick(Duration::from_millis(dice.within(100..8000)), dice.within(0..40)).await;
    }
}

fn start_all(universe: &mut Universe) {
    for name in ["operator-a", "operator-b"] {
        universe.operators.push(Process::start(&universe.around, name));
    }
}

/// Something happens that nobody wants, or a person wants something else.
async fn strike(universe: &mut Universe, dice: &Dice, tick: u64) {
    match dice.below(60) {
        0..6 => universe.truth.change(dice, universe.clock.now()),
        6 => crash(universe, dice).await,
        7 => force_refresh(universe, dice),
        8 => delete_namespace(universe, dice),
        9 => lose_pod(universe, dice),
        10 => universe.server.compact(),
        11 => universe.server.expire_watches(),
        12 => universe.server.break_watches(),
        13 if tick < TICKS / 2 => {
            let kind = dice.one_of(&["namespaces", "jobs", "pods"]).unwrap();
            universe.server.drop_events(kind, 3);
        }
        14..16 => universe.storage.lock().turn(dice.one_of(&BUCKETS).unwrap()),
        _ => {}
    }
}

async fn crash(universe: &mut Universe, dice: &Dice) {
    let which = usize::try_from(dice.below(universe.operators.len() as u64)).unwrap();
    let operator = universe.operators.remove(which);
    if dice.percent(70) {
        operator.die().await;
    } else {
        operator.end().await;
    }
    universe.figures.crashes += 1;
    let name = format!("operator-{}", universe.figures.crashes);
    universe.operators.push(Process::start(&universe.around, &name));
}

fn any_replica(universe: &Universe, dice: &Dice) -> Option<Arc<Object>> {
    let ours = replica::namespaces(&universe.server);
    dice.one_of(&ours).cloned()
}

fn force_refresh(universe: &Universe, dice: &Dice) {
    let Some(namespace) = any_replica(universe, dice) else { return };
    universe.server.edit("namespaces", "", namespace.name(), |value| {
        value["metadata"]["annotations"][annotations::FORCE_REFRESH] = "please".into();
    });
}

/// A person deletes a replica's namespace by hand.
fn delete_namespace(universe: &Universe, dice: &Dice) {
    let Some(namespace) = any_replica(universe, dice) else { return };
    let stamp = universe.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    universe.server.edit("namespaces", "", namespace.name(), |value| {
        value["metadata"]["deletionTimestamp"] = stamp.into();
        value["status"]["phase"] = "Terminating".into();
    });
}

fn lose_pod(universe: &Universe, dice: &Dice) {
    let pods = universe.server.list("pods", "");
    let Some(pod) = dice.one_of(&pods) else { return };
    universe.server.remove("pods", pod.namespace(), pod.name());
}
