//! The same seed gives the same cluster, revision by revision.

use crate::world::{job, world};
use fake_apiserver::Outcome;
use serde_json::json;

/// What three Jobs have come to after so many steps in the order of a seed.
fn history(seed: u64, steps: usize) -> Vec<String> {
    let mut world = world();
    for name in ["x", "y", "z"] {
        let mut one = job(&json!({}));
        one["metadata"]["name"] = name.into();
        world.create("jobs", one);
    }
    world.actors = fake_apiserver::Controllers::new(&world.server).seeded(seed);
    world.actors.script(|_| Outcome::done("main", ""));
    let line =
        |world: &crate::world::World| format!("{:?} {:?}", world.server.list("jobs", ""), world.pods());
    let mut lines = Vec::new();
    for _ in 0..steps {
        world.actors.step();
        lines.push(line(&world));
    }
    lines
}

#[test]
fn a_seed_decides_the_order_and_nothing_else_does() {
    assert_eq!(history(1, 20), history(1, 20));
    assert_ne!(history(1, 20), history(2, 20));
}

#[test]
fn at_rest_nothing_is_written() {
    let mut world = world();
    world.create("jobs", job(&json!({})));
    world.actors.settle();
    let revision = world.server.revision();
    assert!(!world.actors.step());
    world.pass(30);
    assert_eq!((world.actors.settle(), world.server.revision()), (0, revision));
}
