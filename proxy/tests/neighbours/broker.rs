//! The broker's part: asks Canopy for credentials and hands them on, without the repository's password.
//!
//! Now and then it hands on a session token that MinIO will not know: what S3 says to that is MinIO's own word.

use crate::http::{FakeBody, Served, serve, whole};
use ::http::{Request, Response, StatusCode};
use contract::broker::CREDENTIALS_PATH;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use url::Url;

/// Serves until dropped.
pub(crate) struct Broker {
    issued: Arc<AtomicUsize>,
    served: Served,
}

impl Broker {
    pub(crate) async fn before(canopy: &Url) -> Self {
        let issued = Arc::new(AtomicUsize::new(0));
        let (counted, canopy) = (Arc::clone(&issued), canopy.join("restore-credentials").unwrap());
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let served = serve(move |request| {
            answer(client.clone(), canopy.clone(), counted.fetch_add(1, SeqCst), request)
        })
        .await;
        Self { issued, served }
    }

    pub(crate) fn url(&self) -> Url {
        format!("http://{}/", self.served.address).parse().unwrap()
    }

    /// How often credentials were issued.
    pub(crate) fn issued(&self) -> usize {
        self.issued.load(SeqCst)
    }
}

async fn answer(
    client: reqwest::Client,
    canopy: Url,
    nth: usize,
    request: Request<Incoming>,
) -> Response<FakeBody> {
    assert_eq!(request.uri().path(), CREDENTIALS_PATH);
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let asked = client.post(canopy).header("x-version", "0").header("content-type", "application/json");
    let answer = asked.body(body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "Canopy refuses credentials");
    let mut credentials = answer.json::<Value>().await.unwrap()["credentials"].take();
    if nth % 3 == 1 {
        credentials["SessionToken"] = json!("nobodys.session.token");
    }
    Response::new(whole(json!({ "credentials": credentials }).to_string()))
}
