//! The binary's variables as a [`Config`].
//!
//! Input: a lookup from variable to text, and the files it names. Output: a [`Config`], or one line that names the
//! variable, its value and what was expected. Must not: read the process environment itself.

use crate::{
    clock::Clock,
    config::{Config, Keys, LONGEST_LIFE, StsConfig, TlsConfig},
    tls::Enrolled,
    worklist::Entry,
};
use contract::env::{self, EnvError};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use secrecy::SecretString;
use std::{
    fmt::Display,
    fs,
    net::{Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use url::Url;

/// Names of the variables.
pub mod name {
    /// Where to listen.
    pub const LISTEN_ADDR: &str = "STUB_LISTEN_ADDR";
    /// Worklist to start from.
    pub const WORKLIST_FILE: &str = "STUB_WORKLIST_FILE";
    /// Where real credentials come from.
    pub const S3_ENDPOINT: &str = "STUB_S3_ENDPOINT";
    /// Who asks there.
    pub const S3_ACCESS_KEY: &str = "STUB_S3_ACCESS_KEY";
    /// The asker's secret.
    pub const S3_SECRET_KEY: &str = "STUB_S3_SECRET_KEY";
    /// Handed out without an STS.
    pub const STATIC_ACCESS_KEY_ID: &str = "STUB_STATIC_ACCESS_KEY_ID";
    /// Handed out without an STS.
    pub const STATIC_SECRET_ACCESS_KEY: &str = "STUB_STATIC_SECRET_ACCESS_KEY";
    /// Handed out without an STS.
    pub const STATIC_SESSION_TOKEN: &str = "STUB_STATIC_SESSION_TOKEN";
    /// Declared life of credentials.
    pub const CREDENTIAL_TTL_SECS: &str = "STUB_CREDENTIAL_TTL_SECS";
    /// Repository password handed out.
    pub const REPO_PASSWORD: &str = "STUB_REPO_PASSWORD";
    /// The server's certificate chain.
    pub const TLS_CERT: &str = "STUB_TLS_CERT";
    /// The server's key.
    pub const TLS_KEY: &str = "STUB_TLS_KEY";
    /// A certificate of the enrolled device.
    pub const CLIENT_CA: &str = "STUB_CLIENT_CA";
}

const PORT: u16 = 8787;

/// The variables, parsed; the files they name are still unread.
#[derive(Debug)]
pub struct Settings {
    listen: SocketAddr,
    worklist_file: Option<PathBuf>,
    sts: Option<StsConfig>,
    keys: Keys,
    credential_life: Duration,
    repo_password: SecretString,
    tls: Option<TlsFiles>,
}

#[derive(Debug)]
struct TlsFiles {
    cert: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

impl Settings {
    /// Reads the variables.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvError> {
        let lookup = &lookup;
        let everywhere = SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT));
        let listen = env::with_default(
            lookup,
            name::LISTEN_ADDR,
            "an address and port such as [::]:8787",
            everywhere,
        )?;
        let repo_password = text(lookup, name::REPO_PASSWORD)?;
        Ok(Self {
            listen,
            worklist_file: env::optional(lookup, name::WORKLIST_FILE, "a file")?,
            sts: sts(lookup)?,
            keys: keys(lookup)?,
            credential_life: credential_life(lookup)?,
            repo_password: SecretString::from(
                repo_password.unwrap_or_else(|| "stub-repo-password".to_owned()),
            ),
            tls: tls_files(lookup)?,
        })
    }

    /// Reads the files.
    pub fn load(self, clock: Clock) -> Result<Config, EnvError> {
        let Self { listen, worklist_file, sts, keys, credential_life, repo_password, tls } = self;
        let worklist = worklist_file.as_deref().map(load_worklist).transpose()?.unwrap_or_default();
        let tls = tls.as_ref().map(load_tls).transpose()?;
        Ok(Config { listen, worklist, keys, sts, credential_life, repo_password, tls, clock })
    }
}

fn text(lookup: &impl Fn(&str) -> Option<String>, name: &'static str) -> Result<Option<String>, EnvError> {
    env::optional(lookup, name, "a text")
}

fn sts(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<StsConfig>, EnvError> {
    let Some(endpoint) = env::optional::<Url>(lookup, name::S3_ENDPOINT, "an http or https URL")? else {
        return Ok(None);
    };
    if !matches!(endpoint.scheme(), "http" | "https") {
        let why = format!("its scheme is {}", endpoint.scheme());
        return Err(invalid(name::S3_ENDPOINT, endpoint, "an http or https URL", why));
    }
    let secret_key: String =
        env::required(lookup, name::S3_SECRET_KEY, "the secret key for STUB_S3_ENDPOINT")?;
    Ok(Some(StsConfig {
        endpoint,
        access_key: env::required(lookup, name::S3_ACCESS_KEY, "the access key for STUB_S3_ENDPOINT")?,
        secret_key: SecretString::from(secret_key),
    }))
}

fn keys(lookup: &impl Fn(&str) -> Option<String>) -> Result<Keys, EnvError> {
    let Keys { access_key_id, secret_access_key, session_token } = Keys::placeholder();
    Ok(Keys {
        access_key_id: text(lookup, name::STATIC_ACCESS_KEY_ID)?.unwrap_or(access_key_id),
        secret_access_key: text(lookup, name::STATIC_SECRET_ACCESS_KEY)?
            .map_or(secret_access_key, SecretString::from),
        session_token: text(lookup, name::STATIC_SESSION_TOKEN)?.map_or(session_token, SecretString::from),
    })
}

fn credential_life(lookup: &impl Fn(&str) -> Option<String>) -> Result<Duration, EnvError> {
    let expected = "1 to 3600 seconds";
    let longest = LONGEST_LIFE.as_secs();
    let seconds = env::with_default(lookup, name::CREDENTIAL_TTL_SECS, expected, longest)?;
    if (1..=longest).contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err(invalid(
            name::CREDENTIAL_TTL_SECS,
            seconds,
            expected,
            "Canopy's credentials live at most an hour",
        ))
    }
}

fn tls_files(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<TlsFiles>, EnvError> {
    let cert = env::optional(lookup, name::TLS_CERT, "a PEM file")?;
    let key = env::optional(lookup, name::TLS_KEY, "a PEM file")?;
    let client_ca = env::optional(lookup, name::CLIENT_CA, "a PEM file")?;
    let missing = |name, expected| Err(EnvError::Missing { name, expected });
    match (cert, key, client_ca) {
        (Some(cert), Some(key), client_ca) => Ok(Some(TlsFiles { cert, key, client_ca })),
        (None, None, None) => Ok(None),
        (None, _, _) => missing(name::TLS_CERT, "the certificate chain to serve TLS with"),
        (Some(_), None, _) => missing(name::TLS_KEY, "the key of STUB_TLS_CERT"),
    }
}

fn load_worklist(path: &Path) -> Result<Vec<Entry>, EnvError> {
    let expected = "a file with a JSON array of worklist entries";
    let wrong = |why: String| invalid(name::WORKLIST_FILE, path.display(), expected, why);
    let text = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))
}

fn load_tls(files: &TlsFiles) -> Result<TlsConfig, EnvError> {
    let TlsFiles { cert, key, client_ca } = files;
    let no_chain = |why| invalid(name::TLS_CERT, cert.display(), "a PEM file with certificates", why);
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|why| no_chain(why.to_string()))?;
    if chain.is_empty() {
        return Err(no_chain("it holds none".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key)
        .map_err(|why| invalid(name::TLS_KEY, key.display(), "a PEM file with a private key", why))?;
    Ok(TlsConfig { chain, key, device: client_ca.as_deref().map(load_device).transpose()? })
}

fn load_device(path: &Path) -> Result<Enrolled, EnvError> {
    let expected = "a PEM file with one certificate of the device";
    let wrong = |why: String| invalid(name::CLIENT_CA, path.display(), expected, why);
    let pem = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    Enrolled::from_pem(&pem).map_err(|error| wrong(error.to_string()))
}

fn invalid(name: &'static str, value: impl Display, expected: &'static str, why: impl Display) -> EnvError {
    EnvError::Invalid { name, value: value.to_string(), expected, why: why.to_string() }
}

#[cfg(test)]
mod tests;
