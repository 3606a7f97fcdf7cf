//! Which kind of failure kopia's last words tell of.
//!
//! Input: the tail of its stderr. Output: a reason the operator can act on. Must not: guess; what is not recognised is
//! an incomplete restore, with the text beside it.

use contract::pods::{FailureReason, OUTAGE_MESSAGE};

/// Phrases of kopia 0.22, the proxy and the system, most specific first: in an outage kopia calls the repository
/// unreadable in the same line.
const PHRASES: [(&str, FailureReason); 23] = [
    ("invalid repository password", FailureReason::RepositoryPassword),
    ("no space left on device", FailureReason::NoSpace),
    ("disk quota exceeded", FailureReason::NoSpace),
    ("file too large", FailureReason::NoSpace),
    (OUTAGE_MESSAGE, FailureReason::StorageUnavailable),
    ("500 Internal Server Error", FailureReason::StorageUnavailable),
    ("502 Bad Gateway", FailureReason::StorageUnavailable),
    ("503 Service Unavailable", FailureReason::StorageUnavailable),
    ("504 Gateway Timeout", FailureReason::StorageUnavailable),
    ("object not found", FailureReason::SnapshotNotFound),
    ("unable to parse object", FailureReason::SnapshotNotFound),
    ("no snapshots contain data", FailureReason::SnapshotNotFound),
    ("connection refused", FailureReason::ProxyUnavailable),
    ("connection reset by peer", FailureReason::ProxyUnavailable),
    ("no such host", FailureReason::ProxyUnavailable),
    ("i/o timeout", FailureReason::ProxyUnavailable),
    ("BLOB not found", FailureReason::RepositoryUnreadable),
    ("unexpected content error", FailureReason::RepositoryUnreadable),
    ("repository not initialized", FailureReason::RepositoryUnreadable),
    ("repository upgrade in progress", FailureReason::RepositoryUnreadable),
    ("can't connect to storage", FailureReason::RepositoryUnreadable),
    ("unable to open repository", FailureReason::RepositoryUnreadable),
    (": not found", FailureReason::SnapshotNotFound),
];

/// The reason in `tail`: of all phrases in its last telling line, the most specific.
pub(super) fn classify(tail: &str) -> FailureReason {
    let reason_in =
        |line: &str| PHRASES.iter().find(|(phrase, _)| line.contains(phrase)).map(|(_, reason)| *reason);
    tail.lines().rev().find_map(reason_in).unwrap_or(FailureReason::RestoreIncomplete)
}

#[cfg(test)]
mod tests {
    use super::{FailureReason, classify};

    /// Last words of kopia 0.22.3, provoked one by one, paths and names shortened.
    const HEARD: [(&str, FailureReason); 12] = [
        (
            "open repository: unable to open repository: unable to create format manager: invalid repository password",
            FailureReason::RepositoryPassword,
        ),
        (
            "error restoring: restore error: error copying: copy file: error creating file: unable to open snapshot \
             file for /o: unable to open object: 0123456789abcdef0123456789abcdef: content \
             0123456789abcdef0123456789abcdef not found: object not found",
            FailureReason::SnapshotNotFound,
        ),
        (
            "error getting metadata for \"0123456789abcdef0123456789abcdef\": manifest \
             0123456789abcdef0123456789abcdef: not found",
            FailureReason::SnapshotNotFound,
        ),
        (
            "error restoring: restore error: copy file: error creating file: cannot write data to file \"/o/base/1\": \
             write /o/base/1: no space left on device",
            FailureReason::NoSpace,
        ),
        (
            "error restoring: restore error: copy file: error creating file: unable to open snapshot file for \
             /o/base/1: unable to open object: a136: unexpected content error: invalid checksum at p297 offset 95 \
             length 3000028/3000028: decrypt: unable to decrypt content: cipher: message authentication failed",
            FailureReason::RepositoryUnreadable,
        ),
        (
            "error restoring: restore error: copy file: error creating file: unable to open snapshot file for \
             /o/PG_VERSION: unable to open object: ca57: unexpected content error: error getting cached content from \
             blob \"p297\": BLOB not found",
            FailureReason::RepositoryUnreadable,
        ),
        (
            "can't connect to storage: error retrieving storage config from bucket \"abc\": Get \
             \"http://127.0.0.1:1/abc/.storageconfig\": dial tcp 127.0.0.1:1: connect: connection refused",
            FailureReason::ProxyUnavailable,
        ),
        (
            "open repository: unable to open repository: cannot open storage: cannot access storage path",
            FailureReason::RepositoryUnreadable,
        ),
        (
            "can't connect to storage: error retrieving storage config from bucket \"backups\": S3 or credentials for it \
             cannot be had at the moment.",
            FailureReason::StorageUnavailable,
        ),
        (
            "error restoring: restore error: copy file: error creating file: unable to open snapshot file for /o/a: \
             unable to open object: a268: unexpected content error: error getting cached content from blob \"p19e\": \
             unable to complete GetBlob(p19e,3000060,3000028) despite 10 retries: S3 or credentials for it cannot be \
             had at the moment.",
            FailureReason::StorageUnavailable,
        ),
        (
            "error restoring: restore error: copy file: error creating file: unable to open snapshot file for /o/b: \
             unable to open object: 0d0d: unexpected content error: error getting cached content from blob \"p19e\": \
             unable to complete GetBlob(p19e,32,3000028) despite 10 retries: 502 Bad Gateway",
            FailureReason::StorageUnavailable,
        ),
        ("signal: killed", FailureReason::RestoreIncomplete),
    ];

    #[test]
    fn every_failure_that_was_heard_has_its_reason() {
        for (text, reason) in HEARD {
            assert_eq!(classify(text), reason, "{text}");
        }
    }

    #[test]
    fn the_last_telling_line_counts() {
        let tail = "retrying: connection refused\nwrite /o: no space left on device\n";
        assert_eq!(classify(tail), FailureReason::NoSpace);
    }
}
