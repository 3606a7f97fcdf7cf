//! The kind of backup, a name Canopy chooses freely.

use super::InvalidId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// The `type` of a declaration, such as `tamanu-postgres`: 1 to 512 bytes without control characters.
/// Copies share the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BackupType(Arc<str>);

impl BackupType {
    /// The text, exactly as Canopy gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BackupType {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let valid = (1..=512).contains(&text.len()) && !text.chars().any(char::is_control);
        let expected = "1 to 512 bytes without control characters";
        valid.then(|| Self(text.into())).ok_or_else(|| InvalidId::new("type", text, expected))
    }
}

impl TryFrom<String> for BackupType {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<BackupType> for String {
    fn from(name: BackupType) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for BackupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
