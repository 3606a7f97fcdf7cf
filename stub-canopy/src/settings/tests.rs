use super::{Settings, name};
use crate::{clock, config::Config};
use contract::env::EnvError;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use secrecy::ExposeSecret as _;
use std::fs;
use tempfile::TempDir;

fn settings(variables: &[(&str, &str)]) -> Result<Settings, EnvError> {
    let find = |wanted: &str| {
        variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
    };
    Settings::from_env(find)
}

fn load(variables: &[(&str, &str)]) -> Result<Config, EnvError> {
    settings(variables)?.load(clock::system())
}

fn refusal(variables: &[(&str, &str)]) -> String {
    load(variables).map(|_| "accepted").unwrap_err().to_string()
}

fn written(dir: &TempDir, file: &str, text: &str) -> String {
    let path = dir.path().join(file);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn without_any_variable_a_stub_starts_on_every_address_with_static_credentials() {
    let config = load(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "[::]:8787");
    assert_eq!(config.credential_life.as_secs(), 3600);
    assert!(config.worklist.is_empty() && config.sts.is_none() && config.tls.is_none());
    assert!(!config.keys.access_key_id.is_empty());
}

#[test]
fn static_credentials_and_password_are_those_of_the_environment() {
    let config = load(&[
        (name::STATIC_ACCESS_KEY_ID, "AK"),
        (name::STATIC_SECRET_ACCESS_KEY, "SK"),
        (name::STATIC_SESSION_TOKEN, "T"),
        (name::REPO_PASSWORD, "pw"),
        (name::CREDENTIAL_TTL_SECS, "20"),
    ])
    .unwrap();
    assert_eq!(config.keys.access_key_id, "AK");
    assert_eq!(config.keys.secret_access_key.expose_secret(), "SK");
    assert_eq!(config.keys.session_token.expose_secret(), "T");
    assert_eq!(config.repo_password.expose_secret(), "pw");
    assert_eq!(config.credential_life.as_secs(), 20);
}

#[test]
fn an_endpoint_for_real_credentials_needs_the_keys_to_ask_there() {
    let endpoint = (name::S3_ENDPOINT, "http://minio:9000");
    let (access, secret) = ((name::S3_ACCESS_KEY, "ak"), (name::S3_SECRET_KEY, "sk"));
    let sts = load(&[endpoint, access, secret]).unwrap().sts.unwrap();
    assert_eq!((sts.endpoint.as_str(), sts.access_key.as_str()), ("http://minio:9000/", "ak"));
    assert!(refusal(&[endpoint, access]).starts_with("STUB_S3_SECRET_KEY is not set"));
    assert!(refusal(&[endpoint, secret]).starts_with("STUB_S3_ACCESS_KEY is not set"));
}

#[test]
fn nonsense_is_refused_in_one_line_with_variable_value_and_expectation() {
    for (variable, value, expected) in [
        (name::LISTEN_ADDR, "8787", "an address and port"),
        (name::S3_ENDPOINT, "minio", "an http or https URL"),
        (name::S3_ENDPOINT, "ftp://minio/", "an http or https URL"),
        (name::CREDENTIAL_TTL_SECS, "soon", "1 to 3600 seconds"),
        (name::CREDENTIAL_TTL_SECS, "0", "1 to 3600 seconds"),
        (name::CREDENTIAL_TTL_SECS, "3601", "1 to 3600 seconds"),
        (name::WORKLIST_FILE, "/nonexistent", "a JSON array of worklist entries"),
    ] {
        let line = refusal(&[(variable, value)]);
        assert!(line.starts_with(&format!("{variable}={value:?} is not valid")), "{line}");
        assert!(line.contains(expected) && !line.contains('\n'), "{line}");
    }
}

#[test]
fn a_worklist_file_is_read_and_a_bad_one_is_shown_with_what_is_wrong() {
    let dir = TempDir::new().unwrap();
    let good = written(&dir, "good.json", "[]");
    assert!(load(&[(name::WORKLIST_FILE, &good)]).unwrap().worklist.is_empty());
    let bad = written(&dir, "bad.json", "[{\"replica_id\": 7}]");
    let line = refusal(&[(name::WORKLIST_FILE, &bad)]);
    assert!(line.contains(&bad) && line.contains("invalid type"), "{line}");
}

fn tls_files(dir: &TempDir) -> [String; 2] {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    [written(dir, "tls.crt", &cert.pem()), written(dir, "tls.key", &signing_key.serialize_pem())]
}

#[test]
fn tls_takes_certificate_key_and_the_enrolled_device() {
    let dir = TempDir::new().unwrap();
    let [cert, key] = tls_files(&dir);
    let tls = load(&[(name::TLS_CERT, &cert), (name::TLS_KEY, &key), (name::CLIENT_CA, &cert)])
        .unwrap()
        .tls
        .unwrap();
    assert_eq!(tls.chain.len(), 1);
    assert!(tls.device.is_some());
    let plain = load(&[(name::TLS_CERT, &cert), (name::TLS_KEY, &key)]).unwrap().tls.unwrap();
    assert!(plain.device.is_none());
}

#[test]
fn half_a_tls_configuration_names_the_missing_half() {
    let dir = TempDir::new().unwrap();
    let [cert, key] = tls_files(&dir);
    assert!(refusal(&[(name::TLS_CERT, &cert)]).starts_with("STUB_TLS_KEY is not set"));
    assert!(refusal(&[(name::TLS_KEY, &key)]).starts_with("STUB_TLS_CERT is not set"));
    assert!(refusal(&[(name::CLIENT_CA, &cert)]).starts_with("STUB_TLS_CERT is not set"));
}

#[test]
fn tls_files_that_hold_something_else_are_named() {
    let dir = TempDir::new().unwrap();
    let [cert, key] = tls_files(&dir);
    let wrong = [
        (name::TLS_CERT, [key.as_str(), &key, &cert]),
        (name::TLS_KEY, [cert.as_str(), &cert, &cert]),
        (name::CLIENT_CA, [cert.as_str(), &key, &key]),
    ];
    for (variable, [tls_cert, tls_key, device]) in wrong {
        let line =
            refusal(&[(name::TLS_CERT, tls_cert), (name::TLS_KEY, tls_key), (name::CLIENT_CA, device)]);
        assert!(line.starts_with(variable), "{line}");
    }
}
