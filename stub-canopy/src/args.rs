//! Flags and environment of the binary; the only place that reads the environment.
//!
//! Input: the command line and the process environment. Output: a lookup from variable to text.
//! Must not: interpret values (that is `settings`), or take a secret as a flag.

use crate::settings::name;
use clap::Parser;

const SECRETS: &str = "Secrets come from the environment only:
  STUB_S3_ACCESS_KEY, STUB_S3_SECRET_KEY   who asks for credentials at STUB_S3_ENDPOINT
  STUB_STATIC_ACCESS_KEY_ID, STUB_STATIC_SECRET_ACCESS_KEY, STUB_STATIC_SESSION_TOKEN
                                           the credentials handed out without STUB_S3_ENDPOINT
  STUB_REPO_PASSWORD                       the repository password handed out
RUST_LOG filters the logs (default: info).";

/// Canopy for tests and demos: scripted, strict, records everything.
#[derive(Debug, Parser)]
#[command(name = "stub-canopy", version, after_help = SECRETS)]
pub struct Args {
    /// Where to listen [default: [::]:8787]
    #[arg(long, env = name::LISTEN_ADDR)]
    listen_addr: Option<String>,
    /// JSON array of worklist entries to start from
    #[arg(long, env = name::WORKLIST_FILE)]
    worklist_file: Option<String>,
    /// MinIO or another STS to get real credentials from [default: hand out static ones]
    #[arg(long, env = name::S3_ENDPOINT)]
    s3_endpoint: Option<String>,
    /// Declared life of credentials, seconds [default: 3600]
    #[arg(long, env = name::CREDENTIAL_TTL_SECS)]
    credential_ttl_secs: Option<String>,
    /// PEM file with the server's certificate chain: serve TLS
    #[arg(long, env = name::TLS_CERT)]
    tls_cert: Option<String>,
    /// PEM file with the server's key
    #[arg(long, env = name::TLS_KEY)]
    tls_key: Option<String>,
    /// PEM file with one certificate of the enrolled device: demand one of its key and name
    #[arg(long, env = name::CLIENT_CA)]
    client_ca: Option<String>,
}

impl Args {
    /// The value of a variable, by flag or environment.
    pub fn lookup(&self, variable: &str) -> Option<String> {
        match variable {
            name::LISTEN_ADDR => self.listen_addr.clone(),
            name::WORKLIST_FILE => self.worklist_file.clone(),
            name::S3_ENDPOINT => self.s3_endpoint.clone(),
            name::CREDENTIAL_TTL_SECS => self.credential_ttl_secs.clone(),
            name::TLS_CERT => self.tls_cert.clone(),
            name::TLS_KEY => self.tls_key.clone(),
            name::CLIENT_CA => self.client_ca.clone(),
            secret => std::env::var(secret).ok(),
        }
    }
}
