use super::{ControlData, ControlDataError, Limits};
use proptest::prelude::*;

pub(in crate::prepare) fn source() -> ControlData {
    ControlData {
        system: 7_300_000_000_000_000_001,
        state: "in production".into(),
        limits: Limits {
            connections: 300,
            worker_processes: 8,
            prepared_transactions: 2,
            locks_per_transaction: 64,
        },
        track_commit_timestamp: false,
        wal_segment_bytes: 16 << 20,
        checksums: true,
        timeline: 3,
        redo: 0x1_6000_0028,
        replayed: 0,
    }
}

fn output(data: &ControlData) -> String {
    let ControlData {
        system,
        state,
        limits,
        track_commit_timestamp,
        wal_segment_bytes,
        checksums,
        timeline,
        redo,
        replayed,
    } = data;
    format!(
        "pg_control version number:            1300\n\
         Database system identifier:           {system}\n\
         Database cluster state:               {state}\n\
         Latest checkpoint's REDO location:    {:X}/{:X}\n\
         Latest checkpoint's TimeLineID:       {timeline}\n\
         Minimum recovery ending location:     {:X}/{:X}\n\
         wal_level setting:                    replica\n\
         max_connections setting:              {}\n\
         max_worker_processes setting:         {}\n\
         max_wal_senders setting:              10\n\
         max_prepared_xacts setting:           {}\n\
         max_locks_per_xact setting:           {}\n\
         track_commit_timestamp setting:       {}\n\
         Bytes per WAL segment:                {wal_segment_bytes}\n\
         Data page checksum version:           {}\n",
        redo >> 32,
        redo & 0xffff_ffff,
        replayed >> 32,
        replayed & 0xffff_ffff,
        limits.connections,
        limits.worker_processes,
        limits.prepared_transactions,
        limits.locks_per_transaction,
        if *track_commit_timestamp { "on" } else { "off" },
        u8::from(*checksums),
    )
}

#[test]
fn fault_f10_a_torn_control_file_is_not_trusted_in_the_words_of_any_version() {
    for warning in [
        "WARNING: Calculated CRC checksum does not match value stored in file.",
        "pg_controldata: warning: calculated CRC checksum does not match value stored in control file",
    ] {
        let text = format!("{}{warning}\n", output(&source()));
        assert_eq!(ControlData::parse(&text), Err(ControlDataError::Trust), "{warning}");
    }
}

#[test]
fn what_is_missing_or_no_number_is_named() {
    let error = ControlData::parse("").unwrap_err();
    assert_eq!(error, ControlDataError::Read { key: "Database system identifier", found: None });
    let error = ControlData::parse(&output(&source()).replace(" 300", " many")).unwrap_err();
    assert_eq!(error, ControlDataError::Read { key: "max_connections setting", found: Some("many".into()) });
}

proptest! {
    #[test]
    fn whatever_the_source_ran_with_is_read(
        system: u64, connections: u32, worker_processes: u32, prepared_transactions: u32, locks_per_transaction: u32,
        track_commit_timestamp: bool, checksums: bool, segment in 20..30_u32, timeline: u32, redo: u64, replayed: u64,
    ) {
        let limits = Limits { connections, worker_processes, prepared_transactions, locks_per_transaction };
        let wal_segment_bytes = 1 << segment;
        let data = ControlData {
            system,
            state: "shut down".into(), limits, track_commit_timestamp, wal_segment_bytes, checksums,
            timeline, redo, replayed,
        };
        prop_assert_eq!(ControlData::parse(&output(&data)), Ok(data));
    }

    #[test]
    fn no_output_breaks_the_parser(text in "([A-Za-z ]{0,30}:? ?[0-9a-z]{0,9}\n){0,12}") {
        let _ = ControlData::parse(&text);
    }
}
