//! How to get in: the Secrets with role, password and address, for the superuser and for guests who only read.

use super::{Component, Place, Site, meta::Meta, service::PORT};
use contract::{
    names::{NamespaceName, objects},
    secret::{ExposeSecret, SecretString},
};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::{collections::BTreeMap, fmt};

/// Key of the password.
const PASSWORD_KEY: &str = "password";

/// What stays as it is in a part of a URI: the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Who gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// May do everything.
    Superuser,
    /// May read everything.
    Analytics,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.username())
    }
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Superuser, Self::Analytics];

    /// The name in PostgreSQL.
    pub fn username(self) -> &'static str {
        match self {
            Self::Superuser => objects::roles::SUPERUSER,
            Self::Analytics => objects::roles::ANALYTICS,
        }
    }

    /// Where the Secret of a run holds its password.
    pub(super) fn key_in_run(self) -> &'static str {
        match self {
            Self::Superuser => "superuser-password",
            Self::Analytics => "analytics-password",
        }
    }

    /// The name of its Secret.
    pub fn secret(self) -> &'static str {
        match self {
            Self::Superuser => objects::SUPERUSER_SECRET,
            Self::Analytics => objects::ANALYTICS_SECRET,
        }
    }
}

/// Everything a client needs to connect.
#[derive(Debug, Clone)]
pub struct Access {
    /// As whom.
    pub username: String,
    /// With which password: made once, and kept over all refreshes.
    pub password: SecretString,
    /// Where to.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// To which database.
    pub dbname: String,
}

impl Access {
    /// Access of `role` to `database` through the Service in `namespace`.
    pub fn of(role: Role, namespace: &NamespaceName, password: SecretString, database: &str) -> Self {
        Self {
            username: role.username().to_owned(),
            password,
            host: format!("{}.{namespace}.svc", objects::SERVICE),
            port: PORT,
            dbname: database.to_owned(),
        }
    }

    fn uri(&self) -> String {
        let part = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let Self { username, password, host, port, dbname } = self;
        let (user, password) = (part(username), part(password.expose_secret()));
        format!("postgresql://{user}:{password}@{host}:{port}/{}", part(dbname))
    }

    fn data(&self) -> BTreeMap<String, ByteString> {
        [
            ("username", self.username.clone()),
            (PASSWORD_KEY, self.password.expose_secret().to_owned()),
            ("host", self.host.clone()),
            ("port", self.port.to_string()),
            ("dbname", self.dbname.clone()),
            ("uri", self.uri()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), ByteString(value.into_bytes())))
        .collect()
    }
}

/// The Secret of `role`.
pub fn access_secret(site: &Site, place: Place<'_>, role: Role, access: &Access) -> Secret {
    Secret { data: Some(access.data()), ..empty_access_secret(site, place, role) }
}

/// The same without what it holds, to find it by.
pub fn empty_access_secret(site: &Site, place: Place<'_>, role: Role) -> Secret {
    Secret {
        metadata: Meta::stable(site, place, Component::Postgres).named(role.secret()),
        type_: Some("Opaque".to_owned()),
        ..Secret::default()
    }
}

/// The password in a Secret made by [`access_secret`]; none where it is missing, empty or no text.
pub fn password_of(secret: &Secret) -> Option<SecretString> {
    password_in(secret, PASSWORD_KEY)
}

/// The password under `key`; none where it is missing, empty or no text.
pub(super) fn password_in(secret: &Secret, key: &str) -> Option<SecretString> {
    let ByteString(bytes) = secret.data.as_ref()?.get(key)?;
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
    Some(SecretString::from(text))
}

#[cfg(test)]
mod tests;
