//! `POST /internal/restore-creds`.

use crate::world::{Reply, address, renewed_token, request_for, token, world, world_that_checks_addresses};
use contract::broker::CREDENTIALS_PATH;
use futures::future::join_all;
use http::StatusCode;
use operator::canopy::{CanopyError, Endpoint};
use serde_json::{Value, json};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};
use tokio::time::advance;

fn problem(reply: &Reply) -> Value {
    assert_eq!(reply.headers["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(problem["status"], reply.status.as_u16());
    problem
}

#[tokio::test]
async fn a_restore_pod_gets_its_credentials_and_never_the_repository_password() {
    let world = world();
    let reply = world.ask(1, 1).await;
    assert_eq!(reply.status, StatusCode::OK);
    let body: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(body["credentials"]["SecretAccessKey"], "secret");
    assert!(!reply.body.contains("canary"), "{body}");
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert!(world.metrics.encode().unwrap().contains("pgro_credentials_issued_total{result=\"granted\"} 1"));
}

#[tokio::test]
async fn fault_c16_without_a_token_the_cluster_knows_nobody_gets_anything() {
    let world = world();
    let body = request_for(1).to_string();
    let unknown = token(9);
    for token in [None, Some(""), Some("x"), Some("a.b.c"), Some(unknown.as_str())] {
        let reply = world.post(CREDENTIALS_PATH, token, body.clone()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{token:?}");
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
        problem(&reply);
    }
    assert_eq!(world.cluster.reviewed.load(SeqCst), 1, "only what could be a token is reviewed");
    assert_eq!(world.canopy.calls.load(SeqCst), 0);
}

#[tokio::test]
async fn fault_c17_a_body_that_names_another_replica_is_refused_before_canopy_is_asked() {
    let world = world();
    for wanted in [2, 9] {
        assert_eq!(world.ask(1, wanted).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(world.canopy.calls.load(SeqCst), 0);
}

#[tokio::test]
async fn fault_c10_a_renewed_token_costs_no_call_to_canopy() {
    let world = world();
    for token in [token(1), renewed_token(1), token(1)] {
        let reply = world.post(CREDENTIALS_PATH, Some(&token), request_for(1).to_string()).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    assert_eq!(world.canopy.calls.load(SeqCst), 1);
}

#[tokio::test]
async fn fault_c18_a_captured_token_is_good_for_nothing_once_its_pod_was_replaced() {
    let world = world();
    assert_eq!(world.ask(1, 1).await.status, StatusCode::OK);
    *world.cluster.replaced.lock().unwrap() = "-anew";
    assert_eq!(world.ask(1, 1).await.status, StatusCode::FORBIDDEN);
    let renewed = renewed_token(1);
    let reply = world.post(CREDENTIALS_PATH, Some(&renewed), request_for(1).to_string()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_replica_of_another_installation_gets_nothing_and_canopy_is_not_asked() {
    let world = world();
    *world.cluster.owner.lock().unwrap() = "pgro-staging";
    let reply = world.ask(1, 1).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    problem(&reply);
    assert_eq!(world.canopy.calls.load(SeqCst), 0);
}

#[tokio::test]
async fn fault_c16_refusals_tell_nothing_about_what_exists() {
    let world = world();
    let (existing, missing) = (world.ask(1, 2).await, world.ask(1, 9).await);
    assert_eq!(existing.body, missing.body);
    let unknown = world.ask(9, 1).await;
    assert_eq!(unknown.body, world.post(CREDENTIALS_PATH, None, "").await.body);
}

#[tokio::test]
async fn canopys_refusal_is_mirrored_and_its_breakage_is_a_bad_gateway() {
    let endpoint = Endpoint::Credentials;
    let detail = "canary".to_owned();
    for (error, status) in [
        (CanopyError::Refused { endpoint, status: 403, detail: detail.clone() }, 403),
        (CanopyError::Refused { endpoint, status: 409, detail: detail.clone() }, 409),
        (CanopyError::Refused { endpoint, status: 429, detail: detail.clone() }, 429),
        (CanopyError::Upstream { endpoint, status: 503, detail: detail.clone() }, 502),
        (CanopyError::Unreachable { endpoint, why: detail.clone() }, 502),
        (CanopyError::Unreadable { endpoint, why: detail.clone() }, 502),
    ] {
        let world = world();
        *world.canopy.fails.lock().unwrap() = Some(error);
        let reply = world.ask(1, 1).await;
        assert_eq!(reply.status.as_u16(), status);
        assert!(!problem(&reply).to_string().contains("canary"));
    }
}

#[tokio::test]
async fn after_canopys_refusal_the_next_request_asks_again() {
    let world = world();
    let (endpoint, detail) = (Endpoint::Credentials, String::new());
    *world.canopy.fails.lock().unwrap() = Some(CanopyError::Refused { endpoint, status: 403, detail });
    assert_eq!(world.ask(1, 1).await.status, StatusCode::FORBIDDEN);
    *world.canopy.fails.lock().unwrap() = None;
    assert_eq!(world.ask(1, 1).await.status, StatusCode::OK);
    assert_eq!(world.ask(1, 1).await.status, StatusCode::OK);
    assert_eq!(world.canopy.calls.load(SeqCst), 2);
}

#[tokio::test]
async fn a_body_of_another_shape_or_size_is_refused() {
    let world = world();
    for body in ["", "{}", "[]", "{\"group\":\"7\",\"type\":\"t\"}"] {
        let reply = world.post(CREDENTIALS_PATH, Some(&token(1)), body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let mut long = request_for(1);
    long["x"] = json!("y".repeat(5_000));
    let reply = world.post(CREDENTIALS_PATH, Some(&token(1)), long.to_string()).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(start_paused = true)]
async fn fault_c15_while_the_api_server_is_down_who_was_known_a_minute_ago_is_served_and_nobody_else() {
    let world = world();
    assert_eq!(world.ask(1, 1).await.status, StatusCode::OK);
    *world.cluster.down.lock().unwrap() = true;
    advance(Duration::from_secs(59)).await;
    assert_eq!(world.ask(1, 1).await.status, StatusCode::OK);
    assert_eq!(world.ask(1, 2).await.status, StatusCode::FORBIDDEN, "known is not trusted with all");
    let stranger = world.ask(2, 2).await;
    assert_eq!(stranger.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(stranger.headers.contains_key("retry-after"));
    advance(Duration::from_secs(2)).await;
    assert_eq!(
        world.ask(1, 1).await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "what is served is not prolonged"
    );
}

#[tokio::test(start_paused = true)]
async fn fault_c15_who_is_known_is_served_while_reviews_hang() {
    let world = world();
    assert_eq!(world.ask(1, 1).await.status, StatusCode::OK);
    world.cluster.gate.forget_permits(1_000);
    assert_eq!(world.ask(1, 1).await.status, StatusCode::OK);
    assert_eq!(world.ask(2, 2).await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn fault_g20_a_flood_of_plausible_tokens_from_one_pod_leaves_the_api_server_to_the_others() {
    let world = world();
    let flood = join_all((0..300).map(|_| world.ask_from(address(9), 9))).await;
    let slowed = flood.iter().filter(|reply| reply.status == StatusCode::SERVICE_UNAVAILABLE).count();
    let reviewed = world.cluster.reviewed.load(SeqCst);
    assert!(reviewed < 50 && slowed + reviewed == 300, "{reviewed} reviews, {slowed} slowed down");
    assert_eq!(world.ask_from(address(1), 1).await.status, StatusCode::OK);
}

#[tokio::test]
async fn fault_c18_where_addresses_are_checked_a_token_is_good_from_its_own_pod_alone() {
    let world = world_that_checks_addresses();
    assert_eq!(world.ask_from(address(1), 1).await.status, StatusCode::OK);
    assert_eq!(world.ask_from("::ffff:10.0.0.1".parse().unwrap(), 1).await.status, StatusCode::OK);
    assert_eq!(world.ask_from(address(2), 1).await.status, StatusCode::FORBIDDEN);
    *world.cluster.down.lock().unwrap() = true;
    assert_eq!(world.ask_from(address(2), 1).await.status, StatusCode::FORBIDDEN, "from memory neither");
}

#[tokio::test(start_paused = true)]
async fn fault_c15_g20_a_slow_api_server_sees_a_bounded_number_of_reviews() {
    let world = world();
    world.cluster.gate.forget_permits(1_000);
    let replies = join_all((0..100).map(|_| world.ask(1, 1))).await;
    assert!(replies.iter().all(|reply| reply.status == StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(world.cluster.most_at_once.load(SeqCst), 16);
}
