//! Leaving the document the operator reads.
//!
//! Input: a document and the path of the container's termination message. Output: the file, written in place, since
//! kubelet mounts that one file. Must not: fail the work; a document that cannot be left is logged.

use contract::pods::TerminationDocument;
use std::{fs, path::Path};

/// Where kubelet looks unless the pod says otherwise.
pub const DEFAULT_PATH: &str = "/dev/termination-log";

/// Writes `document` to `path` and to the log.
pub fn leave(path: &Path, document: &impl TerminationDocument) {
    match document.to_termination_message() {
        Ok(text) => {
            tracing::info!(document = %text, "leaving the result");
            if let Err(error) = fs::write(path, text) {
                tracing::error!(path = %path.display(), %error, "failed to write the termination message");
            }
        }
        Err(error) => tracing::error!(%error, "failed to put the result into JSON"),
    }
}

#[cfg(test)]
mod tests {
    use super::leave;
    use contract::pods::{Failure, FailureReason, RestoreResult, TerminationDocument};

    #[test]
    fn the_document_replaces_what_an_earlier_container_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, "x".repeat(9000)).unwrap();
        let result = RestoreResult::Failed(Failure {
            reason: FailureReason::NoSpace,
            message: "volume is full".into(),
        });
        leave(&path, &result);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(RestoreResult::from_termination_message(&text), Ok(result));
    }
}
