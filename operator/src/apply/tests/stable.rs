//! What guests hold on to: the door and the keys stay the same from run to run.

use super::{
    late::{created, namespace, postgres, restore, run, serve},
    stage::Stage,
};
use crate::{apply::Applied, model::Reason, plan::Step};
use contract::names::{labels, objects};
use serde_json::Value;

const SECRETS: [&str; 2] = [objects::SUPERUSER_SECRET, objects::ANALYTICS_SECRET];

fn keys(stage: &Stage) -> [(Value, Value); 2] {
    SECRETS.map(|name| {
        let secret = stage.object("secrets", &namespace(), name).unwrap();
        (secret["metadata"]["uid"].clone(), secret["data"]["password"].clone())
    })
}

/// What the server of a run is told as passwords.
fn told(stage: &Stage, attempt: u32) -> [Value; 2] {
    let secret = stage.object("secrets", &namespace(), &run(attempt).repository_secret()).unwrap();
    ["superuser-password", "analytics-password"].map(|key| secret["data"][key].clone())
}

async fn take(stage: &Stage, steps: impl IntoIterator<Item = Step>) {
    for step in steps {
        stage.take(&step).await;
    }
}

#[tokio::test]
async fn the_service_and_both_passwords_outlive_a_refresh() {
    let stage = Stage::after(&[created(), restore(1), postgres(1), serve(1)]).await;
    let (before, door) = (keys(&stage), stage.object("services", &namespace(), objects::SERVICE).unwrap());
    take(&stage, [restore(2), postgres(2), serve(2)]).await;
    assert_eq!(keys(&stage), before);
    assert_eq!(told(&stage, 2), before.map(|(_, password)| password));
    let now = stage.object("services", &namespace(), objects::SERVICE).unwrap();
    assert_eq!(now["metadata"]["uid"], door["metadata"]["uid"]);
    assert_eq!(now["spec"]["selector"][labels::RUN], run(2).as_str());
}

#[tokio::test]
async fn guests_get_their_keys_when_they_are_let_in_and_what_the_database_knows() {
    let stage = Stage::after(&[created(), restore(1), restore(1), postgres(1), postgres(1)]).await;
    assert!(SECRETS.iter().all(|name| stage.object("secrets", &namespace(), name).is_none()));
    stage.take(&serve(1)).await;
    assert_eq!(told(&stage, 1), keys(&stage).map(|(_, password)| password));
}

#[tokio::test]
async fn a_key_that_was_removed_by_hand_is_made_anew_as_the_database_knows_it() {
    for name in SECRETS {
        let stage =
            Stage::after(&[created(), restore(1), postgres(1), serve(1), restore(2), postgres(2)]).await;
        let before = keys(&stage).map(|(_, password)| password);
        stage.remove("secrets", &namespace(), name);
        stage.take(&serve(2)).await;
        assert_eq!(keys(&stage).map(|(_, password)| password), before, "{name}");
    }
}

#[tokio::test]
async fn a_key_that_no_run_was_given_is_new_with_the_next_one_and_the_other_stays() {
    for (lost, name) in SECRETS.into_iter().enumerate() {
        let stage = Stage::after(&[created(), restore(1), postgres(1), serve(1)]).await;
        let before = keys(&stage);
        stage.remove("secrets", &namespace(), name);
        take(&stage, [restore(2), postgres(2), serve(2)]).await;
        let now = keys(&stage);
        assert_ne!(now[lost].1, before[lost].1);
        assert_eq!(now[1 - lost], before[1 - lost], "the other one stays");
        assert_eq!(told(&stage, 2), now.map(|(_, password)| password));
    }
}

#[tokio::test]
async fn a_run_whose_keys_are_nowhere_any_more_is_given_up_and_named() {
    let stage = Stage::after(&[created(), restore(1), postgres(1)]).await;
    stage.remove("secrets", &namespace(), &run(1).repository_secret());
    let taken = stage.new.take(&stage.decided(&serve(1))).await.unwrap();
    let Applied::Hindered { trouble, run: of, .. } = taken else { panic!("{taken:?}") };
    assert_eq!((trouble.reason, &of), (Reason::AccessLost, &run(1)));
    assert!(trouble.message.contains(&run(1).repository_secret()), "{trouble}");
}

#[tokio::test]
async fn a_run_of_a_version_that_kept_keys_with_guests_alone_goes_on_with_those() {
    let stage = Stage::after(&[created(), restore(1), postgres(1), serve(1), restore(2)]).await;
    let (before, repository) = (keys(&stage), run(2).repository_secret());
    let strip = |secret: &mut Value| {
        secret["data"].as_object_mut().unwrap().retain(|key, _| key == "password");
    };
    stage.edit("secrets", &namespace(), &repository, strip);
    take(&stage, [postgres(2), serve(2)]).await;
    assert_eq!(keys(&stage), before);
    assert_eq!(told(&stage, 2), before.map(|(_, password)| password));
    let secret = stage.object("secrets", &namespace(), &repository).unwrap();
    assert!(secret["data"]["password"].is_string(), "the repository's stays: {secret}");
    stage.remove("secrets", &namespace(), &repository);
    stage.remove("deployments", &namespace(), &run(2).deployment());
    stage.take(&postgres(2)).await;
    assert_eq!(told(&stage, 2), keys(&stage).map(|(_, password)| password));
    let owner =
        &stage.object("secrets", &namespace(), &repository).unwrap()["metadata"]["ownerReferences"][0];
    assert_eq!(owner["name"], run(2).pvc(), "it leaves with the volume");
}
