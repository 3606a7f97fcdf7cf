//! Passes on how far the restore beside us is: it has no token, we have.
//!
//! Input: a file the restore writes anew, by rename. Output: a post about once a minute, where something changed. Must
//! not: be fatal, repeat a post that failed, or pass on what is no progress.

use crate::post::Poster;
use contract::{broker::RestoreProgress, pods::RelaySpec};
use std::{path::Path, time::Duration};
use tokio::time::sleep;

/// People look at it; more often than once a minute nobody does.
const INTERVAL: Duration = Duration::from_mins(1);
/// Progress is a hundred bytes or two; whatever is longer is something else.
const LARGEST: u64 = 4096;

/// Passes on for ever.
pub async fn relay(spec: RelaySpec, poster: Poster) {
    let mut told = None;
    loop {
        sleep(INTERVAL).await;
        let Some(progress) = read(&spec.file).await.filter(|progress| told != Some(*progress)) else {
            continue;
        };
        told = Some(progress);
        tell(&spec, &poster, progress).await;
    }
}

async fn tell(spec: &RelaySpec, poster: &Poster, progress: RestoreProgress) {
    let Ok(json) = serde_json::to_vec(&progress) else { return };
    match poster.post(&spec.url, json).await {
        Ok((status, _)) if status.is_success() => tracing::debug!(%status, "progress passed on"),
        Ok((status, _)) => tracing::debug!(%status, url = %spec.url, "the operator does not take progress"),
        Err(error) => tracing::debug!(%error, url = %spec.url, "failed to pass progress on"),
    }
}

async fn read(file: &Path) -> Option<RestoreProgress> {
    let length = tokio::fs::metadata(file).await.ok()?.len();
    let text = if length <= LARGEST { tokio::fs::read(file).await.ok()? } else { return None };
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::read;
    use contract::broker::RestoreProgress;

    const HALFWAY: &str =
        r#"{"bytes_done":1,"bytes_total":2,"files_done":3,"files_total":4,"bytes_per_second":5}"#;

    async fn read_back(text: &str) -> Option<RestoreProgress> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("restore.json");
        std::fs::write(&file, text).unwrap();
        read(&file).await
    }

    #[tokio::test]
    async fn progress_is_read_and_nothing_else() {
        assert_eq!(read_back(HALFWAY).await.unwrap().bytes_total, 2);
        let padded = format!("{HALFWAY}{}", " ".repeat(5000));
        for other in ["", "{}", "[1]", "{\"bytes_done\": -1}", padded.as_str()] {
            assert_eq!(read_back(other).await, None, "{other:?}");
        }
    }

    #[tokio::test]
    async fn a_restore_that_has_told_nothing_yet_is_no_trouble() {
        assert_eq!(read("/absent/restore.json".as_ref()).await, None);
    }
}
