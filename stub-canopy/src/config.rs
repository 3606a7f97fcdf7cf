//! What a stub is started with, as values.
//!
//! Input: built by a test, or by `settings` from flags and environment. Output: the parts the server is made of.
//! Must not: read files or the environment.

use crate::{
    clock::{self, Clock},
    tls::Enrolled,
    worklist::Entry,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use url::Url;

/// The life credentials are declared to have unless another is asked for: the longest Canopy gives.
pub(crate) const LONGEST_LIFE: Duration = Duration::from_hours(1);

/// Everything a stub is started with.
pub struct Config {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The worklist it starts with.
    pub worklist: Vec<Entry>,
    /// The credentials it hands out where there is no STS.
    pub keys: Keys,
    /// Where real credentials come from.
    pub sts: Option<StsConfig>,
    /// The life it declares for credentials.
    pub credential_life: Duration,
    /// The repository password it hands out.
    pub repo_password: SecretString,
    /// Serve TLS.
    pub tls: Option<TlsConfig>,
    /// What time it is.
    pub clock: Clock,
}

impl Config {
    /// A stub for a test: plain HTTP on a free loopback port, empty worklist, static credentials.
    pub fn loopback() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            worklist: Vec::new(),
            keys: Keys::placeholder(),
            sts: None,
            credential_life: LONGEST_LIFE,
            repo_password: SecretString::from("stub-repo-password"),
            tls: None,
            clock: clock::system(),
        }
    }
}

/// Keys of a session at S3.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Public half.
    pub access_key_id: String,
    /// Secret half.
    pub secret_access_key: SecretString,
    /// The session they belong to.
    pub session_token: SecretString,
}

impl Keys {
    /// Keys that open nothing, for clients that only want an answer of the right shape.
    pub fn placeholder() -> Self {
        Self {
            access_key_id: "STUBACCESSKEYID".to_owned(),
            secret_access_key: SecretString::from("stub-secret-access-key"),
            session_token: SecretString::from("stub-session-token"),
        }
    }
}

/// Where real credentials come from: `AssumeRole` at `MinIO`, or another STS that speaks like it.
#[derive(Debug, Clone)]
pub struct StsConfig {
    /// Its address.
    pub endpoint: Url,
    /// Who asks.
    pub access_key: String,
    /// The asker's secret.
    pub secret_key: SecretString,
}

/// How TLS is served.
#[derive(Debug)]
pub struct TlsConfig {
    /// The server's certificate, and those between it and a root.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
    /// The device the four endpoints are for; without one they ask for no certificate.
    pub device: Option<Enrolled>,
}
