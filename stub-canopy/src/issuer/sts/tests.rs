use super::{Sts, StsError};
use crate::tls::use_ring;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use std::{collections::HashMap, time::Duration};
use url::{Url, form_urlencoded};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

const GRANTED: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
    <Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>SK</SecretAccessKey><SessionToken>T</SessionToken>\
    <Expiration>2026-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

fn sts(endpoint: &str) -> Sts {
    use_ring();
    Sts::new(Url::parse(endpoint).unwrap(), "ak".to_owned(), SecretString::from("canary-key")).unwrap()
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

async fn assume(server: &MockServer, life_secs: u64) -> Result<crate::config::Keys, StsError> {
    let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    sts(&server.uri()).assume("{\"policy\":1}", "eu-1", Duration::from_secs(life_secs), now).await
}

async fn form(server: &MockServer) -> HashMap<String, String> {
    let request = server.received_requests().await.unwrap().pop().unwrap();
    form_urlencoded::parse(&request.body).into_owned().collect()
}

#[tokio::test]
async fn a_session_is_asked_for_with_its_policy_and_a_signature() {
    let server = answering(ResponseTemplate::new(200).set_body_string(GRANTED)).await;
    let keys = assume(&server, 3600).await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.session_token.expose_secret()), ("AK", "T"));
    let form = form(&server).await;
    assert_eq!(form["Action"], "AssumeRole");
    assert_eq!(form["Policy"], "{\"policy\":1}");
    assert_eq!(form["DurationSeconds"], "3600");
    let request = server.received_requests().await.unwrap().pop().unwrap();
    let signature = request.headers["authorization"].to_str().unwrap();
    assert!(signature.contains("Credential=ak/20260102/eu-1/sts/aws4_request"), "{signature}");
}

#[tokio::test]
async fn a_declared_life_of_seconds_still_asks_for_the_shortest_session_there_is() {
    let server = answering(ResponseTemplate::new(200).set_body_string(GRANTED)).await;
    assume(&server, 20).await.unwrap();
    assert_eq!(form(&server).await["DurationSeconds"], "900");
}

#[tokio::test]
async fn a_refusal_is_told_with_status_code_and_message_and_without_secrets() {
    let xml =
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>";
    let server = answering(ResponseTemplate::new(403).set_body_string(xml)).await;
    let error = assume(&server, 20).await.unwrap_err();
    assert!(error.to_string().ends_with("refused with 403: AccessDenied not you"), "{error}");
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn a_success_without_keys_is_an_error_that_does_not_repeat_the_answer() {
    let server = answering(ResponseTemplate::new(200).set_body_string("<html>canary</html>")).await;
    let error = assume(&server, 20).await.unwrap_err();
    assert!(matches!(error, StsError::ReadKeys { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn fault_b17_a_redirect_is_not_followed() {
    let elsewhere = answering(ResponseTemplate::new(200).set_body_string(GRANTED)).await;
    let redirect = ResponseTemplate::new(307).insert_header("location", elsewhere.uri());
    let server = answering(redirect).await;
    assert!(matches!(assume(&server, 20).await, Err(StsError::Refused { status: 307, .. })));
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_sts_that_is_down_is_named() {
    let gone = sts("http://127.0.0.1:1");
    let error = gone.assume("{}", "r", Duration::from_secs(1), Timestamp::UNIX_EPOCH).await.unwrap_err();
    assert_eq!(error.to_string(), "failed to reach http://127.0.0.1:1/");
}
