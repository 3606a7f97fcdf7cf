//! Short-lived S3 credentials and the repository password, in the shape of an AWS credential process.

use crate::{
    ids::{BackupType, GroupId, RunId},
    secret::{Reveal, SecretString},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Body of `POST /restore-credentials`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialsRequest {
    /// Whose repository.
    pub group: GroupId,
    /// Which kind of backup.
    #[serde(rename = "type")]
    pub backup_type: BackupType,
    /// For which attempt, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
}

/// Credentials of at most an hour. Not `Serialize`: see [`Credentials::reveal`].
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    /// Format version, always 1.
    pub version: u8,
    /// Public half; a secret too, as it names the grant.
    pub access_key_id: String,
    /// Secret half.
    pub secret_access_key: SecretString,
    /// The session they belong to.
    pub session_token: SecretString,
    /// When S3 begins to refuse them.
    pub expiration: Timestamp,
}

impl Credentials {
    /// The serialisable form, for the two places that hand credentials on: broker and stub.
    pub fn reveal(&self) -> RevealedCredentials<'_> {
        RevealedCredentials {
            version: self.version,
            access_key_id: &self.access_key_id,
            secret_access_key: Reveal(&self.secret_access_key),
            session_token: Reveal(&self.session_token),
            expiration: self.expiration,
        }
    }
}

/// Credentials on their way out of this process.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RevealedCredentials<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: Reveal<'a>,
    session_token: Reveal<'a>,
    expiration: Timestamp,
}

/// Canopy's answer to a [`CredentialsRequest`]. Not `Serialize`: see [`CredentialsAnswer::reveal`].
#[derive(Debug, Clone, Deserialize)]
pub struct CredentialsAnswer {
    /// For S3.
    pub credentials: Credentials,
    /// For kopia; never handed on by the broker.
    pub repo_password: SecretString,
}

impl CredentialsAnswer {
    /// The serialisable form, for a server that plays Canopy.
    pub fn reveal(&self) -> RevealedAnswer<'_> {
        RevealedAnswer { credentials: self.credentials.reveal(), repo_password: Reveal(&self.repo_password) }
    }
}

/// The whole answer on its way out of this process.
#[derive(Serialize)]
pub struct RevealedAnswer<'a> {
    credentials: RevealedCredentials<'a>,
    repo_password: Reveal<'a>,
}
