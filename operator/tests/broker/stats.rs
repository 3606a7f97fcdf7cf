//! `POST /api/v1/canopy-stats/{namespace}/{job}`.

use crate::world::{token, world};
use contract::broker::{AnswerStats, ProxyStats, RequestStats, ResignStats, TrafficStats, stats_path};
use http::StatusCode;
use serde_json::json;

fn figures() -> (TrafficStats, String) {
    let stats = TrafficStats { s3_received_payload_bytes: 300, ..TrafficStats::default() };
    (stats, json!(stats).to_string())
}

#[tokio::test]
async fn the_figures_of_a_jobs_own_proxy_are_kept_with_the_job() {
    let world = world();
    let (stats, body) = figures();
    let reply = world.post(&stats_path("replica-1", "restore-a"), Some(&token(1)), body).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let kept = world.sink.0.lock().unwrap().clone();
    assert_eq!(kept, [("replica-1".to_owned(), "restore-a".to_owned(), stats)]);
}

#[tokio::test]
async fn what_a_proxy_tells_of_its_requests_is_counted_once_it_is_kept() {
    let world = world();
    let answers = |body: String| async {
        let path = stats_path("replica-1", "restore-a");
        world.post(&path, Some(&token(1)), body).await.status
    };
    let told = ProxyStats {
        traffic: figures().0,
        requests: RequestStats {
            get: AnswerStats { success: 5, ..AnswerStats::default() },
            ..RequestStats::default()
        },
        resign_retries: ResignStats { credentials: 2, clock: 0 },
    };
    assert_eq!(answers(json!(told).to_string()).await, StatusCode::NO_CONTENT);
    assert_eq!(answers(figures().1).await, StatusCode::NO_CONTENT, "the four figures of an older proxy");
    let text = world.metrics.encode().unwrap();
    for line in [
        "pgro_proxy_requests_total{method=\"GET\",code=\"2xx\"} 5",
        "pgro_proxy_resign_retries_total{cause=\"credentials\"} 2",
        "pgro_proxy_bytes_total{direction=\"received\",kind=\"payload\"} 600",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn figures_for_anothers_job_or_without_a_token_are_not_kept() {
    let world = world();
    let (_, body) = figures();
    for (path, token, status) in [
        (stats_path("replica-2", "restore-a"), Some(token(1)), StatusCode::FORBIDDEN),
        (stats_path("replica-1", "restore-b"), Some(token(1)), StatusCode::FORBIDDEN),
        (stats_path("replica-1", "..%2Fx"), Some(token(1)), StatusCode::FORBIDDEN),
        (stats_path("replica-1", "restore-a"), Some(token(9)), StatusCode::UNAUTHORIZED),
        (stats_path("replica-1", "restore-a"), None, StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(world.post(&path, token.as_deref(), body.clone()).await.status, status, "{path}");
    }
    assert!(world.sink.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn figures_of_another_shape_are_not_kept() {
    let world = world();
    let path = stats_path("replica-1", "restore-a");
    let reply = world.post(&path, Some(&token(1)), "{\"s3_sent_raw_bytes\":-1}").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.sink.0.lock().unwrap().is_empty());
}
