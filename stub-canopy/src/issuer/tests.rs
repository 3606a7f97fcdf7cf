use super::{IssueError, Issuer};
use crate::{
    config::{Config, StsConfig},
    tls::use_ring,
    worklist::Place,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use std::{collections::BTreeSet, time::Duration};

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn places(prefix: &str) -> BTreeSet<Place> {
    [Place { bucket: "b1".to_owned(), prefix: prefix.to_owned(), region: "r".to_owned() }].into()
}

fn issuer(change: impl FnOnce(&mut Config)) -> Issuer {
    use_ring();
    let mut config = Config::loopback();
    change(&mut config);
    Issuer::new(&config).unwrap()
}

#[tokio::test]
async fn without_an_sts_the_fixed_keys_are_handed_out_with_the_password() {
    let issuer = issuer(|config| {
        config.keys.access_key_id = "AK".to_owned();
        config.repo_password = SecretString::from("pw");
    });
    let answer = issuer.issue(&places("a/"), now()).await.unwrap();
    assert_eq!((answer.credentials.version, answer.credentials.access_key_id.as_str()), (1, "AK"));
    assert_eq!(answer.repo_password.expose_secret(), "pw");
}

#[tokio::test]
async fn the_declared_life_begins_now_and_may_be_seconds() {
    let issuer = issuer(|config| config.credential_life = Duration::from_secs(20));
    let answer = issuer.issue(&places("a/"), now()).await.unwrap();
    assert_eq!(answer.credentials.expiration.to_string(), "2026-01-02T03:04:25Z");
}

#[tokio::test]
async fn a_place_no_policy_can_be_confined_to_gets_no_credentials() {
    let issuer = issuer(|config| {
        let endpoint = "http://127.0.0.1:1".parse().unwrap();
        config.sts =
            Some(StsConfig { endpoint, access_key: "ak".to_owned(), secret_key: SecretString::from("sk") });
    });
    let error = issuer.issue(&places("*"), now()).await.unwrap_err();
    assert!(matches!(error, IssueError::WritePolicy(_)), "{error:?}");
    assert!(error.chain().contains("the prefix \"*\" holds a character"), "{}", error.chain());
}
