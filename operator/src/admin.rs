//! The metrics port: probes, metrics, and the status of the last pass.
//!
//! Input: what others hand in through [`Admin`]. Output: HTTP. Must not: depend on Canopy or the API server being up,
//! or a probe would restart a process that only waits.

use crate::{
    lead::Leadership,
    metrics::{CONTENT_TYPE, Metrics},
    tell::Status,
};
use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde::Serialize;
use std::sync::{Arc, Weak};
use tokio::sync::watch;

/// What the metrics port shows.
#[derive(Debug, Clone)]
pub struct Admin {
    /// All metrics.
    pub metrics: Metrics,
    /// The status of the last pass.
    pub status: watch::Receiver<Option<Arc<Status>>>,
    /// The task without which nothing is done; none where Canopy is off.
    pub task: Option<Pulse>,
    /// Who leads; none where Canopy is off.
    pub leadership: Option<watch::Receiver<Leadership>>,
}

/// Held by a task as long as it lives, whichever way it ends.
#[derive(Debug)]
pub struct Heart(#[expect(dead_code, reason = "what counts is that it is dropped")] Arc<()>);

/// Tells whether the holder of a [`Heart`] lives.
#[derive(Debug, Clone)]
pub struct Pulse(Weak<()>);

/// A heart for a task, and the pulse for its watchers.
pub fn heart() -> (Heart, Pulse) {
    let heart = Arc::new(());
    let pulse = Pulse(Arc::downgrade(&heart));
    (Heart(heart), pulse)
}

impl Pulse {
    /// Whether the task lives.
    pub fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// Everything the metrics port serves, beside what else is merged into it.
pub fn router(admin: Admin) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status.json", get(status))
        .with_state(Arc::new(admin))
}

async fn ready(State(admin): State<Arc<Admin>>) -> Response {
    if admin.task.as_ref().is_none_or(Pulse::is_alive) {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the reconcile task has ended\n").into_response()
    }
}

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    match admin.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "failed to encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Who leads, and of the leader what it did last: what another process decided is not known here.
async fn status(State(admin): State<Arc<Admin>>) -> Response {
    let last = admin.status.borrow().clone();
    let Some(leadership) = &admin.leadership else { return Json(last.as_deref()).into_response() };
    let leadership = leadership.borrow().clone();
    let last = last.filter(|_| leadership.leading);
    Json(Shown { leadership: &leadership, last: last.as_deref() }).into_response()
}

/// All of it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    leadership: &'a Leadership,
    #[serde(flatten)]
    last: Option<&'a Status>,
}

#[cfg(test)]
mod tests {
    use super::{Admin, Pulse, heart, router};
    use crate::{
        lead::Leadership,
        metrics::Metrics,
        plan::{Guard, Plan},
        tell::{Before, Pass, Status},
    };
    use axum::body::Body;
    use http::{Request, StatusCode, header};
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use std::sync::Arc;
    use tokio::sync::watch;
    use tower::ServiceExt;

    fn admin(task: Option<Pulse>) -> (Admin, watch::Sender<Option<Arc<Status>>>) {
        let (tell, status) = watch::channel(None);
        (Admin { metrics: Metrics::default(), status, task, leadership: None }, tell)
    }

    /// That of a pass over nothing, and what is shown of it.
    fn a_status() -> (Option<Arc<Status>>, Value) {
        let (plan, now) = (Arc::new(Plan::default()), "2026-01-01T00:00:00Z".parse().unwrap());
        let (before, guard, home) = (Before::default(), Guard::default(), "pgro-system".parse().unwrap());
        let pass = Pass { plan: &plan, before: &before, guard: &guard, outcomes: &[], now, home: &home };
        let teardown = json!({"held": false, "absent": 0});
        let shown = json!({"at": "2026-01-01T00:00:00Z", "teardown": teardown, "replicas": {}});
        (Some(Arc::new(Status::of(&pass, Arc::clone(&plan)))), shown)
    }

    async fn get(admin: &Admin, path: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(admin.clone()).oneshot(request).await.unwrap();
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn without_canopy_the_process_is_ready_as_soon_as_it_serves() {
        let (admin, _tell) = admin(None);
        assert_eq!(get(&admin, "/readyz").await.0, StatusCode::OK);
        assert_eq!(get(&admin, "/livez").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn readiness_ends_with_the_task_and_liveness_does_not() {
        let (heart, pulse) = heart();
        let (admin, _tell) = admin(Some(pulse));
        assert_eq!(get(&admin, "/readyz").await.0, StatusCode::OK);
        drop(heart);
        assert_eq!(get(&admin, "/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(get(&admin, "/livez").await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn metrics_are_served_in_the_format_scrapers_ask_for() {
        let (admin, _tell) = admin(None);
        let (status, kind, text) = get(&admin, "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert!(kind.starts_with("application/openmetrics-text"));
        assert!(text.contains("pgro_build_info{") && text.ends_with("# EOF\n"), "{text}");
    }

    #[tokio::test]
    async fn the_status_is_the_last_one_that_was_told() {
        let (admin, tell) = admin(None);
        assert_eq!(get(&admin, "/status.json").await.2, "null");
        let (status, shown) = a_status();
        tell.send_replace(status);
        let (_, kind, text) = get(&admin, "/status.json").await;
        assert_eq!(kind, "application/json");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), shown);
    }

    #[tokio::test]
    async fn the_status_says_who_leads_and_only_the_leader_what_was_done() {
        let (mut admin, tell) = admin(None);
        let (status, mut shown) = a_status();
        tell.send_replace(status);
        let (lead, leadership) = watch::channel(Leadership { leading: false, leader: Some("b_1".into()) });
        admin.leadership = Some(leadership);
        let follower: Value = serde_json::from_str(&get(&admin, "/status.json").await.2).unwrap();
        assert_eq!(follower, json!({"leading": false, "leader": "b_1"}));
        lead.send_replace(Leadership { leading: true, leader: Some("a_1".into()) });
        let leader: Value = serde_json::from_str(&get(&admin, "/status.json").await.2).unwrap();
        shown
            .as_object_mut()
            .unwrap()
            .extend([("leading".into(), true.into()), ("leader".into(), "a_1".into())]);
        assert_eq!(leader, shown);
    }
}
