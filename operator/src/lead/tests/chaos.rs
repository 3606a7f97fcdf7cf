//! Links that change at random, processes that freeze at random, for a simulated half hour each time.

use super::rig::{Link, SECOND, rig};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const LINKS: [Link; 5] = [Link::Up, Link::Cut, Link::Hanging, Link::Deaf, Link::Stormy];

async fn half_an_hour(seed: u64) {
    let (rig, mut dice) = (rig(3), StdRng::seed_from_u64(seed));
    for _ in 0..60 {
        let process = &rig.processes[dice.random_range(0..3)];
        match dice.random_range(0..7) {
            0 => process.freezer.freeze(),
            1 => process.freezer.thaw(),
            n => process.set(LINKS[n - 2]),
        }
        rig.pass(dice.random_range(1..60) * SECOND).await;
    }
    for process in &rig.processes {
        process.freezer.thaw();
        process.set(Link::Up);
    }
    rig.pass(40 * SECOND).await;
    assert_eq!(rig.leaders().len(), 1, "seed {seed}: somebody leads again");
}

#[test]
fn fault_a14_whatever_happens_no_two_lead_and_afterwards_one_does() {
    for seed in 0..5 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(half_an_hour(seed));
    }
}
