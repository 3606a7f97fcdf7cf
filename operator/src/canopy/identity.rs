//! The device certificate that opens Canopy, from a Secret in the operator's namespace.
//!
//! Input: the Secret's `tls.crt`, `tls.key` and perhaps `ca.crt`. Output: a [`DeviceIdentity`], read anew each time a
//! connection to Canopy is built, so that a renewed certificate is taken up. Must not: show the key.

use crate::args::ObjectName;
use contract::{
    names::NamespaceName,
    secret::{ExposeSecret, SecretString},
};
use futures::future::BoxFuture;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{Api, Client};
use std::collections::BTreeMap;

/// Who the operator is to Canopy, in PEM.
#[derive(Debug, Clone)]
pub struct DeviceIdentity {
    certificate: String,
    key: SecretString,
    authority: Option<String>,
}

/// Why there is no device identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The API server did not hand the Secret over.
    #[error(
        "failed to read Secret {secret} with the device certificate ({why}); create it, and grant `get` on it"
    )]
    Read {
        /// The Secret, with its namespace.
        secret: String,
        /// What the API server said.
        why: String,
    },
    /// A key of the Secret is missing or no text.
    #[error("failed to take {key} from the Secret with the device certificate: it is {what}; expected PEM")]
    Take {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl DeviceIdentity {
    /// An identity from the data of a Secret.
    pub fn from_secret(data: &BTreeMap<String, ByteString>) -> Result<Self, IdentityError> {
        let missing = |key| IdentityError::Take { key, what: "missing" };
        Ok(Self {
            certificate: pem(data, "tls.crt")?.ok_or(missing("tls.crt"))?,
            key: pem(data, "tls.key")?.ok_or(missing("tls.key"))?.into(),
            authority: pem(data, "ca.crt")?,
        })
    }

    /// Certificate and key in one PEM text, as TLS clients take them.
    pub(super) fn bundle(&self) -> SecretString {
        format!("{}\n{}", self.certificate, self.key.expose_secret()).into()
    }

    /// The only authority Canopy's own certificate may come from; none: those the system trusts.
    pub(super) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }
}

fn pem(data: &BTreeMap<String, ByteString>, key: &'static str) -> Result<Option<String>, IdentityError> {
    let Some(ByteString(bytes)) = data.get(key) else { return Ok(None) };
    match str::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN ") => Ok(Some(text.to_owned())),
        _ => Err(IdentityError::Take { key, what: "not PEM" }),
    }
}

/// Where the device identity comes from.
pub trait IdentitySource: Send + Sync + 'static {
    /// The identity as it is now.
    fn identity(&self) -> BoxFuture<'_, Result<DeviceIdentity, IdentityError>>;
}

/// The device identity in a Secret of the cluster.
#[derive(Clone)]
pub struct SecretIdentity {
    secrets: Api<Secret>,
    namespace: NamespaceName,
    name: ObjectName,
}

impl SecretIdentity {
    /// The identity in Secret `name` of `namespace`.
    pub fn new(client: Client, namespace: NamespaceName, name: ObjectName) -> Self {
        Self { secrets: Api::namespaced(client, namespace.as_str()), namespace, name }
    }

    async fn read(&self) -> Result<DeviceIdentity, IdentityError> {
        let secret = self.secrets.get(self.name.as_str()).await.map_err(|error| IdentityError::Read {
            secret: format!("{}/{}", self.namespace, self.name),
            why: error.to_string(),
        })?;
        DeviceIdentity::from_secret(&secret.data.unwrap_or_default())
    }
}

impl IdentitySource for SecretIdentity {
    fn identity(&self) -> BoxFuture<'_, Result<DeviceIdentity, IdentityError>> {
        Box::pin(self.read())
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceIdentity, IdentityError};
    use k8s_openapi::ByteString;
    use std::collections::BTreeMap;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----canary";

    fn identity(pairs: &[(&str, &str)]) -> Result<DeviceIdentity, IdentityError> {
        let data: BTreeMap<_, _> =
            pairs.iter().map(|(k, v)| ((*k).to_owned(), ByteString(v.as_bytes().to_vec()))).collect();
        DeviceIdentity::from_secret(&data)
    }

    #[test]
    fn certificate_and_key_are_enough() {
        let identity = identity(&[("tls.crt", CERTIFICATE), ("tls.key", KEY)]).unwrap();
        assert_eq!(identity.authority(), None);
    }

    #[test]
    fn a_missing_or_garbled_part_is_named() {
        let take = |key, what| IdentityError::Take { key, what };
        assert_eq!(identity(&[("tls.crt", CERTIFICATE)]).unwrap_err(), take("tls.key", "missing"));
        assert_eq!(identity(&[("tls.key", KEY)]).unwrap_err(), take("tls.crt", "missing"));
        assert_eq!(identity(&[("tls.crt", "x"), ("tls.key", KEY)]).unwrap_err(), take("tls.crt", "not PEM"));
    }

    #[test]
    fn fault_g6_neither_debug_nor_errors_show_the_key() {
        let whole = identity(&[("tls.crt", CERTIFICATE), ("tls.key", KEY)]).unwrap();
        assert!(!format!("{whole:?}").contains("canary"));
        let garbled = identity(&[("tls.crt", CERTIFICATE), ("tls.key", "canary")]).unwrap_err();
        assert!(!format!("{garbled:?} {garbled}").contains("canary"));
    }
}
