//! What an earlier pod of this run found, so that a restarted pod does not do it all again.
//!
//! Input: the volume's mount point and the run. Output: the report, kept beside the data, not in it.
//! Must not: answer for another run, or outlive a report that could be different next time.

use contract::{
    names::RunName,
    pods::{FailureReason, PrepareReport},
};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

/// The file, below the mount point.
const PREPARED: &str = ".pgro-prepared.json";

#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    run: RunName,
    report: PrepareReport,
}

/// The report of `run`, if it is there.
pub(super) fn read(volume: &Path, run: &RunName) -> Option<PrepareReport> {
    let marker: Marker = serde_json::from_slice(&fs::read(volume.join(PREPARED)).ok()?).ok()?;
    (marker.run == *run).then_some(marker.report)
}

/// Keeps `report` if it is final.
pub(super) fn write(volume: &Path, run: &RunName, report: &PrepareReport) -> io::Result<()> {
    if !is_final(report) {
        return Ok(());
    }
    let marker = Marker { run: run.clone(), report: report.clone() };
    let temporary = volume.join(format!("{PREPARED}.new"));
    fs::write(&temporary, serde_json::to_vec(&marker)?)?;
    fs::rename(temporary, volume.join(PREPARED))
}

/// Data that failed a check stays failed; a pod that was stopped or ran out of time may do better next time.
fn is_final(report: &PrepareReport) -> bool {
    report.failure.as_ref().is_none_or(|failure| failure.reason == FailureReason::CheckFailed)
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use contract::{
        names::RunName,
        pods::{Failure, FailureReason, PrepareReport},
    };

    fn failed(reason: FailureReason) -> PrepareReport {
        let failure = Some(Failure { reason, message: "m".into() });
        PrepareReport { failure, ..PrepareReport::default() }
    }

    #[test]
    fn a_report_is_found_again_by_the_same_run_only() {
        let dir = tempfile::tempdir().unwrap();
        let report = PrepareReport { databases: vec!["a\nb".into()], ..PrepareReport::default() };
        write(dir.path(), &RunName::of("s", 1), &report).unwrap();
        assert_eq!(read(dir.path(), &RunName::of("s", 1)), Some(report));
        assert_eq!(read(dir.path(), &RunName::of("s", 2)), None);
    }

    #[test]
    fn damage_is_remembered_and_a_lack_of_time_is_not() {
        let (dir, run) = (tempfile::tempdir().unwrap(), RunName::of("s", 1));
        write(dir.path(), &run, &failed(FailureReason::Deadline)).unwrap();
        assert_eq!(read(dir.path(), &run), None);
        write(dir.path(), &run, &failed(FailureReason::CheckFailed)).unwrap();
        assert!(read(dir.path(), &run).is_some());
    }

    #[test]
    fn nonsense_in_its_place_counts_as_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(".pgro-prepared.json"), "{").unwrap();
        assert_eq!(read(dir.path(), &RunName::of("s", 1)), None);
    }
}
