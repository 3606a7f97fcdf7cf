//! Server-side apply.

use crate::world::{MAP, MAPS, map, world};
use serde_json::json;

#[tokio::test]
async fn applying_makes_what_is_not_there() {
    let world = world();
    let made = world.apply(MAP, "me", &map("m")).await;
    assert_eq!((made.code.as_u16(), &made.body["data"]["key"]), (201, &json!("1")));
}

#[tokio::test]
async fn applying_the_same_again_writes_nothing() {
    let world = world();
    let made = world.apply(MAP, "me", &map("m")).await;
    let same = world.apply(MAP, "me", &map("m")).await;
    assert_eq!((same.code.as_u16(), same.revision()), (200, made.revision()));
}

#[tokio::test]
async fn another_owner_is_a_conflict_unless_it_is_overruled() {
    let world = world();
    world.post(MAPS, &map("m")).await;
    let mine = json!({ "data": { "key": "mine" } });
    let refused = world.apply(MAP, "me", &mine).await;
    assert_eq!(refused.reason(), (409, "Conflict"));
    assert!(refused.body["message"].as_str().unwrap().contains(".data.key"));
    assert_eq!(world.apply_by_force(MAP, "me", &mine).await.body["data"]["key"], "mine");
    assert_eq!(world.apply(MAP, "me", &json!({ "data": { "key": "again" } })).await.code, 200);
}

#[tokio::test]
async fn what_another_changed_since_is_contested_again() {
    let world = world();
    world.apply(MAP, "me", &map("m")).await;
    world.merge(MAP, &json!({ "data": { "key": "theirs" } })).await;
    assert_eq!(world.apply(MAP, "me", &map("m")).await.reason(), (409, "Conflict"));
}

#[tokio::test]
async fn fields_of_others_are_left_alone() {
    let world = world();
    world.apply(MAP, "me", &map("m")).await;
    world.merge(MAP, &json!({ "data": { "theirs": "2" } })).await;
    let applied = world.apply(MAP, "me", &json!({ "data": { "key": "3" } })).await;
    assert_eq!(applied.body["data"], json!({ "key": "3", "theirs": "2" }));
}

#[tokio::test]
async fn what_is_no_longer_named_goes_with_its_owner_alone() {
    let world = world();
    world.apply(MAP, "me", &json!({ "data": { "mine": "1", "ours": "1" } })).await;
    world.apply(MAP, "you", &json!({ "data": { "ours": "1" } })).await;
    let applied = world.apply(MAP, "me", &json!({ "data": {} })).await;
    assert_eq!(applied.body["data"], json!({ "ours": "1" }));
}

#[tokio::test]
async fn an_applied_revision_that_is_old_is_a_conflict() {
    let world = world();
    let old = world.apply(MAP, "me", &map("m")).await.revision().to_owned();
    world.merge(MAP, &json!({ "data": { "theirs": "2" } })).await;
    let mut body = map("m");
    body["metadata"]["resourceVersion"] = old.into();
    assert_eq!(world.apply_by_force(MAP, "me", &body).await.reason(), (409, "Conflict"));
}

#[tokio::test]
async fn an_applied_uid_fits_one_object_only() {
    let world = world();
    let mut body = map("m");
    body["metadata"]["uid"] = "gone".into();
    let absent = world.apply(MAP, "me", &body).await;
    assert_eq!(absent.reason(), (409, "Conflict"));
    assert!(absent.body["message"].as_str().unwrap().contains("uid mismatch"));
    world.apply(MAP, "me", &map("m")).await;
    assert_eq!(world.apply(MAP, "me", &body).await.reason(), (422, "Invalid"));
}

#[tokio::test]
async fn a_revision_alone_does_not_keep_an_absent_object_from_being_made() {
    let world = world();
    let mut body = map("m");
    body["metadata"]["resourceVersion"] = "7".into();
    assert_eq!(world.apply(MAP, "me", &body).await.code, 201);
}
