//! What `canopy-proxy` is told of the restore beside it: where it says how far it is, and who wants to know.

use crate::env::{self, EnvError, EnvPairs, optional};
use std::path::PathBuf;
use url::Url;

/// From where to where progress is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaySpec {
    /// The file the restore leaves it in.
    pub file: PathBuf,
    /// Where it is posted.
    pub url: Url,
}

impl RelaySpec {
    /// As variables of the container.
    pub fn to_env(&self) -> EnvPairs {
        vec![
            (env::PROGRESS_FILE, self.file.display().to_string()),
            (env::PROGRESS_CALLBACK_URL, self.url.to_string()),
        ]
    }

    /// From variables; none, unless both are set.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, EnvError> {
        let file = optional(&lookup, env::PROGRESS_FILE, "a file path")?;
        let url = optional(&lookup, env::PROGRESS_CALLBACK_URL, "an http(s) URL")?;
        Ok(file.zip(url).map(|(file, url)| Self { file, url }))
    }
}
