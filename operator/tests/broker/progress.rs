//! `POST /api/v1/restore-progress/{namespace}/{job}`.

use crate::world::{token, world};
use contract::broker::{RestoreProgress, progress_path};
use http::StatusCode;
use serde_json::{Value, json};

fn halfway() -> String {
    let progress = RestoreProgress {
        bytes_done: 1,
        bytes_total: 2,
        files_done: 3,
        files_total: 4,
        bytes_per_second: 5,
        seconds_left: None,
    };
    json!(progress).to_string()
}

#[tokio::test]
async fn progress_is_shown_on_the_very_namespace_with_job_and_time_and_not_at_every_post() {
    let world = world();
    for _ in 0..3 {
        let reply = world.post(&progress_path("replica-1", "restore-a"), Some(&token(1)), halfway()).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
    }
    let shown = world.sink.1.lock().unwrap().clone();
    let [(namespace, uid, text)] = shown.as_slice() else { panic!("{shown:?}") };
    assert_eq!((namespace.as_str(), uid.as_str()), ("replica-1", "n1"));
    let told: Value = serde_json::from_str(text).unwrap();
    assert_eq!((&told["job"], &told["bytes_total"]), (&json!("restore-a"), &json!(2)));
    assert!(told["at"].is_string() && told.get("seconds_left").is_none());
}

#[tokio::test]
async fn progress_of_anothers_job_or_without_a_token_is_not_shown() {
    let world = world();
    for (path, token, status) in [
        (progress_path("replica-2", "restore-a"), Some(token(1)), StatusCode::FORBIDDEN),
        (progress_path("replica-1", "restore-b"), Some(token(1)), StatusCode::FORBIDDEN),
        (progress_path("replica-1", "restore-a"), None, StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(world.post(&path, token.as_deref(), halfway()).await.status, status, "{path}");
    }
    assert!(world.sink.1.lock().unwrap().is_empty());
}

#[tokio::test]
async fn progress_of_another_shape_is_not_shown() {
    let world = world();
    let path = progress_path("replica-1", "restore-a");
    let reply = world.post(&path, Some(&token(1)), "{\"bytes_done\": -1}").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.sink.1.lock().unwrap().is_empty());
}
