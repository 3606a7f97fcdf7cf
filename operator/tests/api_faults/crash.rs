//! Every write of every scenario, and death before and after it is committed, with one process and with two.
//!
//! Input: scenarios. Output: for each of their writes the same end as without a death: the same objects, each made and
//! removed the same number of times, the same reports. Must not: leave a point out.

mod digest;
mod scenarios;

use crate::world::{OPERATOR, Stands, World};
use digest::Digest;
use fake_apiserver::{Fault, Harm};
use scenarios::{SCENARIOS, Scenario};
use std::future::Future;

/// Fewer points than this would mean that scenarios have been lost.
const POINTS_MIN: usize = 900;

/// Who goes on after a death.
#[derive(Debug, Clone, Copy)]
enum Heir {
    /// A new process, which knows nothing yet.
    Newborn,
    /// A second process, which has followed the cluster all along.
    Standby,
}

/// One death.
#[derive(Debug, Clone)]
struct Death {
    /// Which of the scenario's writes.
    write: u64,
    harm: Harm,
    heir: Heir,
}

#[test]
fn fault_a1_fault_a2_death_at_any_write_ends_in_the_same_cluster() {
    let explored: usize = std::thread::scope(|scope| {
        let explorers: Vec<_> = SCENARIOS.iter().map(|scenario| scope.spawn(|| explore(scenario))).collect();
        explorers.into_iter().map(|explorer| explorer.join().unwrap()).sum()
    });
    println!("{explored} points explored");
    assert!(explored >= POINTS_MIN);
}

/// All deaths of a scenario; how many there were.
fn explore(scenario: &Scenario) -> usize {
    let stands = alone(stands(scenario));
    let (alive, writes) = alone(live(scenario, &stands, None));
    let harms = [Harm::DieBefore, Harm::DieAfter];
    let ways = harms.iter().flat_map(|harm| [Heir::Newborn, Heir::Standby].map(|heir| (harm.clone(), heir)));
    let deaths =
        ways.flat_map(|(harm, heir)| (0..writes).map(move |write| Death { write, harm: harm.clone(), heir }));
    let mut points = 0;
    for death in deaths {
        let (dead, _) = alone(live(scenario, &stands, Some(death.clone())));
        alive.assert_same(&dead, &format!("{}: {death:?}", scenario.name));
        points += 1;
    }
    println!("{}: {writes} writes, {points} points", scenario.name);
    points
}

/// On a runtime of its own, whose time begins anew.
fn alone<T>(run: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(run)
}

/// What a scenario begins with: made once, as nobody dies of it.
async fn stands(scenario: &Scenario) -> Stands {
    let mut world = World::thorough();
    (scenario.prepare)(&mut world).await;
    world.stands()
}

/// A scenario from what stands to rest, and what came of it; how many writes there were.
async fn live(scenario: &Scenario, stands: &Stands, death: Option<Death>) -> (Digest, u64) {
    let mut world = match death.as_ref().map(|death| death.heir) {
        Some(Heir::Standby) => World::from(stands).with_standby(),
        Some(Heir::Newborn) | None => World::from(stands),
    };
    if let Some(death) = &death {
        world.strike(Fault::new(death.harm.clone()).writes().skip(death.write).times(1));
    }
    (scenario.happen)(&mut world).await;
    world.rest().await;
    assert_eq!(world.deaths, usize::from(death.is_some()), "{}: {death:?}", scenario.name);
    let is_write = |entry: &&fake_apiserver::Entry| {
        entry.call.user == OPERATOR && entry.call.verb.is_write() && entry.call.kind.stored
    };
    let writes = world.server.audit(|audit| audit.entries().filter(is_write).count());
    (Digest::of(&world), u64::try_from(writes).unwrap())
}
