//! Credentials for the places a group's declarations name: real ones of an STS, or fixed ones.
//!
//! Input: places, the time. Output: an answer as Canopy gives it. Must not: grant more than those places, or
//! declare a longer life than it was told.

mod answer;
mod policy;
mod sign;
mod sts;

use crate::{
    config::{Config, Keys, StsConfig},
    worklist::Place,
};
use contract::canopy::{Credentials, CredentialsAnswer};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use std::{collections::BTreeSet, error::Error, time::Duration};

/// Where credentials come from, and what is said about them.
pub(crate) struct Issuer {
    source: Source,
    life: Duration,
    repo_password: SecretString,
}

enum Source {
    Fixed(Keys),
    Sts(sts::Sts),
}

/// No credentials could be issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    #[error("failed to write a session policy for the declared places")]
    WritePolicy(#[from] policy::PolicyError),
    #[error("failed to assume a role at STS")]
    AssumeRole(#[from] sts::StsError),
    #[error("the declared life ends beyond the end of time")]
    DeclareExpiry(#[from] jiff::Error),
}

impl IssueError {
    /// The error and what caused it, in one line.
    pub(crate) fn chain(&self) -> String {
        let causes = std::iter::successors(self.source(), |error| (*error).source());
        causes.fold(self.to_string(), |chain, cause| format!("{chain}: {cause}"))
    }
}

impl Issuer {
    pub(crate) fn new(config: &Config) -> Result<Self, reqwest::Error> {
        let source = match &config.sts {
            None => Source::Fixed(config.keys.clone()),
            Some(StsConfig { endpoint, access_key, secret_key }) => {
                Source::Sts(sts::Sts::new(endpoint.clone(), access_key.clone(), secret_key.clone())?)
            }
        };
        Ok(Self { source, life: config.credential_life, repo_password: config.repo_password.clone() })
    }

    /// Credentials that read `places` and nothing else, and the repository password.
    pub(crate) async fn issue(
        &self,
        places: &BTreeSet<Place>,
        now: Timestamp,
    ) -> Result<CredentialsAnswer, IssueError> {
        let keys = match &self.source {
            Source::Fixed(keys) => keys.clone(),
            Source::Sts(sts) => sts.assume(&policy::reading(places)?, region(places), self.life, now).await?,
        };
        let expiration = now.checked_add(SignedDuration::try_from(self.life)?)?;
        Ok(CredentialsAnswer {
            credentials: Credentials {
                version: 1,
                access_key_id: keys.access_key_id,
                secret_access_key: keys.secret_access_key,
                session_token: keys.session_token,
                expiration,
            },
            repo_password: self.repo_password.clone(),
        })
    }
}

/// The region the request to STS is signed for: a look-alike has one, the same for buckets and STS.
fn region(places: &BTreeSet<Place>) -> &str {
    places.first().map_or("us-east-1", |place| place.region.as_str())
}

#[cfg(test)]
mod tests;
