//! What guests hold on to: the door and the keys stay the same from run to run.

use super::{
    late::{created, namespace, postgres, run, serve},
    stage::Stage,
};
use contract::names::{labels, objects};
use serde_json::Value;

const SECRETS: [&str; 2] = [objects::SUPERUSER_SECRET, objects::ANALYTICS_SECRET];

fn keys(stage: &Stage) -> [(Value, Value); 2] {
    SECRETS.map(|name| {
        let secret = stage.object("secrets", &namespace(), name).unwrap();
        (secret["metadata"]["uid"].clone(), secret["data"]["password"].clone())
    })
}

#[tokio::test]
async fn the_service_and_both_passwords_outlive_a_refresh() {
    let stage = Stage::after(&[created(), postgres(1), serve(1)]).await;
    let (before, door) = (keys(&stage), stage.object("services", &namespace(), objects::SERVICE).unwrap());
    for step in [postgres(2), serve(2)] {
        stage.take(&step).await;
    }
    assert_eq!(keys(&stage), before);
    let now = stage.object("services", &namespace(), objects::SERVICE).unwrap();
    assert_eq!(now["metadata"]["uid"], door["metadata"]["uid"]);
    assert_eq!(now["spec"]["selector"][labels::RUN], run(2).as_str());
}

#[tokio::test]
async fn a_key_that_was_removed_by_hand_is_named_and_made_anew_with_the_next_run() {
    for (lost, name) in SECRETS.into_iter().enumerate() {
        let stage = Stage::after(&[created(), postgres(1), serve(1)]).await;
        let before = keys(&stage);
        stage.remove("secrets", &namespace(), name);
        let error = crate::reconcile::chain(&stage.new.take(&stage.decided(&serve(1))).await.unwrap_err());
        assert!(error.contains(name), "{error}");
        for step in [postgres(2), serve(2)] {
            stage.take(&step).await;
        }
        let now = keys(&stage);
        assert_ne!(now[lost].1, before[lost].1);
        assert_eq!(now[1 - lost], before[1 - lost], "the other one stays");
    }
}
