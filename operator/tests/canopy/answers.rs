//! Answers that no Canopy gives.

use crate::clients::{credentials_request, direct, report};
use axum::{
    Router,
    body::{Body, Bytes},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use contract::canopy::Capabilities;
use futures::stream;
use http::{StatusCode, header};
use operator::canopy::{CanopyApi, CanopyError};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};

/// A server with one answer to everything.
async fn answering(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> String {
    serving(Router::new().fallback(any(|| async move { answer() }))).await
}

async fn serving(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

fn json(status: u16, body: impl Into<Body>) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

fn blanks_without_end() -> Body {
    let blanks = Bytes::from(vec![b' '; 65_536]);
    Body::from_stream(stream::repeat(Ok::<_, Infallible>(blanks)))
}

#[tokio::test]
async fn fault_b17_a_redirect_is_not_followed() {
    let visits = Arc::new(AtomicUsize::new(0));
    let visited = visits.clone();
    let elsewhere = answering(move || {
        visited.fetch_add(1, SeqCst);
        json(200, "[]")
    })
    .await;
    for status in [301, 302, 303, 307, 308] {
        let target = elsewhere.clone();
        let status = StatusCode::from_u16(status).unwrap();
        let base = answering(move || (status, [(header::LOCATION, target.clone())]).into_response()).await;
        let error = direct(&base).0.worklist().await.unwrap_err();
        assert!(matches!(error, CanopyError::Unreadable { .. }), "{error}");
    }
    assert_eq!(visits.load(SeqCst), 0);
}

#[tokio::test]
async fn fault_b3_a_list_of_another_content_type_is_worth_nothing() {
    for kind in ["text/html", "text/plain; charset=utf-8", "application/jsonp", ""] {
        let base = answering(move || ([(header::CONTENT_TYPE, kind)], "[]").into_response()).await;
        assert!(matches!(direct(&base).0.worklist().await, Err(CanopyError::Unreadable { .. })), "{kind}");
    }
    let base =
        answering(|| ([(header::CONTENT_TYPE, "Application/JSON; charset=utf-8")], "[]").into_response())
            .await;
    assert!(direct(&base).0.worklist().await.is_ok());
}

#[tokio::test]
async fn fault_b15_an_endless_answer_is_cut_off() {
    let endless = || json(200, blanks_without_end());
    let (client, _) = direct(&answering(endless).await);
    let error = client.worklist().await.unwrap_err();
    assert!(matches!(&error, CanopyError::Unreadable { why, .. } if why.contains("longer than")), "{error}");
    assert!(client.credentials(&credentials_request()).await.is_err());
}

#[tokio::test]
async fn an_endless_refusal_is_cut_off_and_not_canopys() {
    let endless = || json(409, blanks_without_end());
    let error = direct(&answering(endless).await).0.worklist().await.unwrap_err();
    assert!(matches!(error, CanopyError::Upstream { status: 409, .. }), "{error}");
    assert!(error.to_string().len() < 500);
}

#[tokio::test]
async fn a_refusal_that_is_no_problem_document_is_an_ingresss_and_retires_nothing() {
    let html = |status: u16| {
        let status = StatusCode::from_u16(status).unwrap();
        (status, [(header::CONTENT_TYPE, "text/html")], "<html>canary</html>").into_response()
    };
    for status in [400, 403, 404, 405, 409] {
        let plain = answering(move || html(status)).await;
        let other_json = answering(move || json(status, r#"{"message":"canary"}"#)).await;
        for base in [plain, other_json] {
            let (client, _) = direct(&base);
            let reported = client.report(&report(1)).await.unwrap_err();
            let asked = client.credentials(&credentials_request()).await.unwrap_err();
            for error in [reported, asked] {
                assert_eq!((error.is_final(), error.refusal()), (false, None), "{error}");
                assert!(!error.to_string().contains("canary"), "{error}");
            }
        }
    }
    let (client, _) = direct(&answering(move || html(401)).await);
    assert_eq!(client.worklist().await.unwrap_err().refusal(), Some(401), "passes, whoever says it");
}

#[tokio::test(start_paused = true)]
async fn fault_b2_a_call_that_is_never_answered_ends_within_its_deadline() {
    let silent = Router::new().route("/restore-worklist", get(std::future::pending::<()>));
    let (client, _) = direct(&serving(silent).await);
    let error = timeout(Duration::from_mins(1), client.worklist()).await.expect("no deadline").unwrap_err();
    assert!(matches!(error, CanopyError::Unreachable { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn fault_b2_an_answer_that_drips_ends_within_the_same_deadline() {
    let drip = || {
        let byte = |n: u32| async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), n + 1))
        };
        json(200, Body::from_stream(stream::unfold(0, byte)))
    };
    let (client, _) = direct(&answering(drip).await);
    let error = timeout(Duration::from_mins(1), client.worklist()).await.expect("no deadline").unwrap_err();
    assert!(matches!(error, CanopyError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn fault_b4_a_body_shorter_than_it_says_is_worth_nothing_even_where_it_is_json() {
    let short = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[]";
    let chunked =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n";
    for answer in [short, chunked] {
        let error = direct(&cutting(answer).await).0.worklist().await.unwrap_err();
        assert!(matches!(error, CanopyError::Unreachable { .. }), "{error}");
    }
}

/// A server that says this and hangs up.
async fn cutting(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    base
}

#[tokio::test]
async fn fault_c12_and_g6_unusable_credentials_are_refused_and_never_shown() {
    let with_newline = r#"{"repo_password":"canary","credentials":{"Version":1,"AccessKeyId":"canary",
        "SecretAccessKey":"canary\n","SessionToken":"canary","Expiration":"2999-01-01T00:00:00Z"}}"#;
    let of_wrong_shape = r#"{"repo_password":"canary","credentials":"canary"}"#;
    let of_wrong_type = r#"{"repo_password":["canary"],"credentials":{"Version":"canary"}}"#;
    for body in [with_newline, of_wrong_shape, of_wrong_type, "\"canary\"", "canary", "[]"] {
        let base = answering(move || json(200, body)).await;
        let error = direct(&base).0.credentials(&credentials_request()).await.unwrap_err();
        assert!(matches!(error, CanopyError::Unreadable { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn any_success_acknowledges_and_its_body_does_not_matter() {
    for status in [200, 202, 204] {
        let base = answering(move || (StatusCode::from_u16(status).unwrap(), "<html>").into_response()).await;
        assert!(direct(&base).0.register(&Capabilities { intents: vec![] }).await.is_ok(), "{status}");
    }
}
