//! One call of `AssumeRole`.
//!
//! Input: a session policy, region, life and time. Output: keys of a session confined to it.
//! Must not: follow redirects, wait for ever, or put an answer's body into an error.

use super::{
    answer,
    sign::{SignError, Signer, signed_form},
};
use crate::config::Keys;
use jiff::Timestamp;
use reqwest::redirect;
use secrecy::SecretString;
use std::time::Duration;
use url::{Url, form_urlencoded};

/// The shortest session `MinIO` and AWS give.
const SHORTEST_SESSION: Duration = Duration::from_mins(15);

/// STS answers in milliseconds, or is down.
const DEADLINE: Duration = Duration::from_secs(15);

/// An STS, and who asks there.
pub(super) struct Sts {
    endpoint: Url,
    access_key: String,
    secret_key: SecretString,
    http: reqwest::Client,
}

/// A session that was not granted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StsError {
    #[error("failed to write the request")]
    Write(#[from] SignError),
    #[error("failed to reach {endpoint}")]
    Reach { endpoint: Url, source: reqwest::Error },
    #[error("{endpoint} refused with {status}: {code} {message}")]
    Refused { endpoint: Url, status: u16, code: String, message: String },
    #[error("the answer of {endpoint} holds no keys")]
    ReadKeys { endpoint: Url },
}

impl Sts {
    pub(super) fn new(
        endpoint: Url,
        access_key: String,
        secret_key: SecretString,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(DEADLINE)
            .build()?;
        Ok(Self { endpoint, access_key, secret_key, http })
    }

    /// Keys of a session confined by `policy`.
    pub(super) async fn assume(
        &self,
        policy: &str,
        region: &str,
        life: Duration,
        now: Timestamp,
    ) -> Result<Keys, StsError> {
        let signer = Signer { access_key: &self.access_key, secret_key: &self.secret_key, region, now };
        let request = signed_form(&self.endpoint, form(policy, life), &signer)?;
        let (status, body) = self.send(request).await.map_err(|source| self.unreached(source))?;
        if !status.is_success() {
            return Err(self.refused(status, &body));
        }
        answer::keys(&body).ok_or_else(|| StsError::ReadKeys { endpoint: self.endpoint.clone() })
    }

    async fn send(&self, request: http::Request<String>) -> reqwest::Result<(http::StatusCode, String)> {
        let response = self.http.execute(request.try_into()?).await?;
        Ok((response.status(), response.text().await?))
    }

    fn unreached(&self, source: reqwest::Error) -> StsError {
        StsError::Reach { endpoint: self.endpoint.clone(), source: source.without_url() }
    }

    fn refused(&self, status: http::StatusCode, body: &str) -> StsError {
        let answer::StsProblem { code, message } = answer::problem(body);
        StsError::Refused { endpoint: self.endpoint.clone(), status: status.as_u16(), code, message }
    }
}

/// The call's form. Role and session name are demanded by AWS and ignored by `MinIO`.
fn form(policy: &str, life: Duration) -> String {
    let seconds = life.max(SHORTEST_SESSION).as_secs().to_string();
    form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "AssumeRole")
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", "arn:aws:iam::000000000000:role/stub-canopy")
        .append_pair("RoleSessionName", "stub-canopy")
        .append_pair("DurationSeconds", &seconds)
        .append_pair("Policy", policy)
        .finish()
}

#[cfg(test)]
mod tests;
