//! A cluster that is taken as it is, to go on from in another.

use crate::world::{MAP, MAPS, map, world};
use fake_apiserver::{Fault, Harm};
use serde_json::json;

#[tokio::test]
async fn a_fork_begins_with_what_there_is_and_goes_its_own_way() {
    let first = world();
    let made = first.post(MAPS, &map("m")).await;
    first.server.faults(|faults| faults.add(Fault::new(Harm::status(500))));
    let fork = first.fork();
    let found = fork.get(MAP).await;
    assert_eq!((found.code.as_u16(), &found.body), (200, &made.body), "no fault is taken along");
    let later = fork.post(MAPS, &map("n")).await;
    assert_ne!(later.revision(), made.revision());
    assert_ne!(later.body["metadata"]["uid"], made.body["metadata"]["uid"]);
    assert!(first.server.get("configmaps", "a", "n").is_none());
    first.server.edit("configmaps", "a", "m", |value| value["data"] = json!({}));
    assert_eq!(fork.get(MAP).await.body, made.body);
    let calls = |server: &fake_apiserver::ApiServer| server.audit(|audit| audit.entries().count());
    assert_eq!((calls(&first.server), calls(&fork.server)), (1, 3), "each counts its own calls");
}
