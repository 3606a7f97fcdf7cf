//! Where in the volume the data directory lies.

use crate::ids::InvalidId;
use serde::{Deserialize, Serialize};
use std::{fmt, path::Path, str::FromStr};

/// A relative path inside the volume: no leading slash, no `.` or `..` part, at most 512 bytes, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataDir(Box<str>);

impl DataDir {
    /// The path, relative to the volume.
    pub fn as_path(&self) -> &Path {
        Path::new(&*self.0)
    }
}

impl FromStr for DataDir {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let parts = text.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let valid = parts && text.len() <= 512 && !text.chars().any(char::is_control);
        let expected = "a relative path inside the volume, at most 512 bytes";
        valid.then(|| Self(text.into())).ok_or_else(|| InvalidId::new("data directory", text, expected))
    }
}

impl TryFrom<String> for DataDir {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<DataDir> for String {
    fn from(dir: DataDir) -> Self {
        dir.0.into()
    }
}

impl fmt::Display for DataDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
