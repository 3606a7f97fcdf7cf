//! How far the source's write-ahead log was written, seen from its files.
//!
//! Input: the data directory before any server starts on it, what its control file says. Output: where the log ends by
//! its own account, and files that are missing or short. Must not: read records; recovery does.
//!
//! A server notes a file as ready to be archived, and a standby one as done, once all of it is durable; and a standby
//! notes how far it replayed before it writes what it replayed.
//!
//! Recovery ends where it cannot read on, and takes that for the end. A file that is missing, torn or of another cluster
//! looks just the same to it; but the pages after it bear their own addresses, which those of recycled files do not.

use super::{
    controldata::ControlData,
    page::{SIZE, u16_at, u32_at},
};
use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

/// What is written at one time need not reach a disk in order; the server makes a log durable at this length.
const IN_FLIGHT: u64 = 1 << 20;

/// What the files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Log {
    /// Where the last page ends that bears its own address.
    written: u64,
    /// The first file that is not there, with others after it.
    missing: Option<String>,
    /// The first file that is shorter than all are made, and its length.
    short: Option<(String, u64)>,
    /// The first file that another cluster wrote.
    foreign: Option<String>,
    /// Where the last file ends that was complete when it was noted.
    complete: u64,
    /// Up to where a standby had replayed it.
    replayed: u64,
}

/// Where files are noted as complete, and how such notes end.
const NOTES: &str = "archive_status";
const NOTED: [&str; 2] = [".ready", ".done"];

/// Where in a file's first page its cluster's number stands.
const SYSTEM: usize = 24;

/// A file of the log.
struct Segment {
    number: u64,
    name: String,
    length: u64,
}

/// Looks at the files that recovery needs.
pub(super) fn look(data_dir: &Path, source: &ControlData) -> io::Result<Log> {
    let directory = data_dir.join("pg_wal");
    let first = source.redo / source.wal_segment_bytes.max(1);
    let mut segments = Vec::new();
    for entry in fs::read_dir(&directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(number) = number(&name, source).filter(|number| *number >= first) else { continue };
        segments.push(Segment { number, name, length: fs::metadata(entry.path())?.len() });
    }
    segments.sort_by_key(|segment| segment.number);
    let short = segments.iter().find(|segment| segment.length < source.wal_segment_bytes);
    let short = short.map(|short| (short.name.clone(), short.length));
    let complete = complete(&directory.join(NOTES), first, source)?;
    let mut log = Log { short, complete, replayed: source.replayed, ..Log::default() };
    for segment in &segments {
        if is_foreign(&directory.join(&segment.name), segment, source)? {
            log.foreign = Some(segment.name.clone());
            break;
        }
    }
    for segment in segments.iter().rev() {
        let written = last_own_page(&directory.join(&segment.name), segment, source.wal_segment_bytes)?;
        if let Some(written) = written {
            log.written = written;
            log.missing = missing(first..segment.number, &segments, source);
            break;
        }
    }
    Ok(log)
}

/// Where the last file ends that is noted as complete.
fn complete(notes: &Path, first: u64, source: &ControlData) -> io::Result<u64> {
    let entries = match fs::read_dir(notes) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut last = 0;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let of = NOTED.iter().find_map(|end| number(name.strip_suffix(end)?, source));
        last = of.filter(|number| *number >= first).map_or(last, |number| last.max(number + 1));
    }
    Ok(last * source.wal_segment_bytes)
}

/// Which file of this timeline it is: eight digits each for the timeline and two halves of a number.
fn number(name: &str, source: &ControlData) -> Option<u64> {
    let part = |from: usize| u64::from_str_radix(name.get(from..from + 8)?, 16).ok();
    let is_name = name.len() == 24 && part(0)? == u64::from(source.timeline);
    is_name.then_some(part(8)? * per_half(source) + part(16)?)
}

fn per_half(source: &ControlData) -> u64 {
    (1 << 32) / source.wal_segment_bytes.max(1)
}

fn missing(range: std::ops::Range<u64>, segments: &[Segment], source: &ControlData) -> Option<String> {
    let absent = range.into_iter().find(|number| segments.iter().all(|segment| segment.number != *number))?;
    let half = per_half(source);
    Some(format!("{:08X}{:08X}{:08X}", source.timeline, absent / half, absent % half))
}

/// Whether a file that is in its place, and not one of old that waits to be used again, bears another cluster's number.
fn is_foreign(path: &Path, segment: &Segment, source: &ControlData) -> io::Result<bool> {
    let mut header = [0; SYSTEM + 8];
    match File::open(path)?.read_exact_at(&mut header, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        other => other?,
    }
    let system = u64_at(&header, SYSTEM).unwrap_or(source.system);
    Ok(bears(&header, segment.number * source.wal_segment_bytes) && system != source.system)
}

/// Whether the page that begins with `header` says that it is at `address`.
fn bears(header: &[u8], address: u64) -> bool {
    u16_at(header, 0) != Some(0) && u64_at(header, 8) == Some(address)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32_at(bytes, at + 4)?) << 32 | u64::from(u32_at(bytes, at)?))
}

/// Where the last page ends that bears its own address, if the first one does.
fn last_own_page(path: &Path, segment: &Segment, size: u64) -> io::Result<Option<u64>> {
    let (file, start) = (File::open(path)?, segment.number * size);
    let mut header = [0; 16];
    let mut is_own = |page: u64| -> io::Result<bool> {
        file.read_exact_at(&mut header, page * SIZE as u64)?;
        Ok(bears(&header, start + page * SIZE as u64))
    };
    let pages = segment.length / SIZE as u64;
    if pages == 0 || !is_own(0)? {
        return Ok(None);
    }
    for page in (0..pages).rev() {
        if is_own(page)? {
            return Ok(Some(start + (page + 1) * SIZE as u64));
        }
    }
    Ok(None)
}

impl Log {
    /// What was lost where recovery ended at `end`.
    pub(super) fn lost(&self, end: u64) -> Option<String> {
        let shown = |at: u64| format!("{:X}/{:X}", at >> 32, at & 0xffff_ffff);
        if let Some((name, length)) = &self.short {
            return Some(format!("file {name} of the write-ahead log is only {length} bytes long"));
        }
        if let Some(name) = &self.foreign {
            return Some(format!("file {name} of the write-ahead log is of another cluster"));
        }
        if let Some(name) = &self.missing {
            return Some(format!(
                "file {name} of the write-ahead log is missing, and there are more after it"
            ));
        }
        let reached = [
            ("was written", self.written.saturating_sub(IN_FLIGHT), self.written),
            ("was complete", self.complete, self.complete),
            ("had been replayed by a standby", self.replayed, self.replayed),
        ];
        let (how, _, at) = reached.into_iter().find(|(_, sure, _)| *sure > end)?;
        let (at, end) = (shown(at), shown(end));
        Some(format!("the write-ahead log {how} up to {at}, and could be read up to {end} only"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Log, look};
    use crate::prepare::{
        controldata::{ControlData, tests::source},
        page::SIZE,
    };
    use std::{fs, path::Path};
    use tempfile::TempDir;

    const SEGMENT: u64 = 1 << 20;

    fn control() -> ControlData {
        ControlData { wal_segment_bytes: SEGMENT, timeline: 1, redo: 5 * SEGMENT + 40, ..source() }
    }

    /// A file of the log whose first `own` pages bear their own addresses.
    fn segment(data: &Path, number: u64, own: u64) {
        let mut bytes = vec![0; usize::try_from(SEGMENT).unwrap()];
        for page in 0..own {
            let at = usize::try_from(page).unwrap() * SIZE;
            bytes[at] = 0x10;
            let address = number * SEGMENT + page * SIZE as u64;
            bytes[at + 8..at + 16].copy_from_slice(&address.to_le_bytes());
            bytes[at + 24..at + 32].copy_from_slice(&source().system.to_le_bytes());
        }
        fs::write(data.join(format!("pg_wal/00000001{:08X}{number:08X}", 0)), bytes).unwrap();
    }

    fn data(segments: &[(u64, u64)]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("pg_wal/archive_status")).unwrap();
        for (number, own) in segments {
            segment(dir.path(), *number, *own);
        }
        dir
    }

    fn lost(segments: &[(u64, u64)], end: u64) -> Option<String> {
        look(data(segments).path(), &control()).unwrap().lost(end)
    }

    #[test]
    fn a_log_that_is_read_to_where_it_was_written_lost_nothing() {
        let end = 6 * SEGMENT + 100;
        assert_eq!(lost(&[(4, 128), (5, 128), (6, 1), (7, 0), (8, 0)], end), None);
        assert_eq!(lost(&[(5, 128), (6, 3)], end), None, "pages in flight may lie beyond");
    }

    #[test]
    fn fault_f9_what_was_written_beyond_the_end_was_lost() {
        let said = lost(&[(5, 128), (6, 128), (7, 9)], 5 * SEGMENT + 500).unwrap();
        assert!(said.contains("written up to 0/712000") && said.contains("up to 0/5001F4"), "{said}");
    }

    #[test]
    fn fault_f9_a_file_that_was_archived_was_complete() {
        let data = data(&[(5, 128)]);
        let note = |name: &str| fs::write(data.path().join("pg_wal/archive_status").join(name), "").unwrap();
        let lost = |end| look(data.path(), &control()).unwrap().lost(end);
        for name in [
            "000000010000000000000002.done",
            "000000020000000000000009.done",
            "00000002.history.done",
            "x.ready",
        ] {
            note(name);
        }
        note("000000010000000000000007.partial.ready");
        assert_eq!(lost(5 * SEGMENT + 200), None);
        note("000000010000000000000005.ready");
        let said = lost(5 * SEGMENT + 200).unwrap();
        assert!(said.contains("was complete up to 0/600000") && said.contains("up to 0/5000C8"), "{said}");
        assert_eq!(lost(6 * SEGMENT), None);
    }

    #[test]
    fn fault_f9_what_a_standby_replayed_has_to_be_there() {
        let data = data(&[(5, 128)]);
        let replayed = ControlData { replayed: 5 * SEGMENT + 300, ..control() };
        let log = look(data.path(), &replayed).unwrap();
        assert!(
            log.lost(5 * SEGMENT + 299).unwrap().contains("had been replayed by a standby up to 0/50012C")
        );
        assert_eq!(log.lost(5 * SEGMENT + 300), None);
    }

    #[test]
    fn fault_f9_files_that_are_missing_or_short_are_named() {
        assert!(lost(&[(5, 128), (7, 2)], 7 * SEGMENT).unwrap().contains("000000010000000000000006 of"));
        let data = data(&[(5, 128), (6, 1)]);
        let path = data.path().join("pg_wal/000000010000000000000006");
        fs::File::options().write(true).open(path).unwrap().set_len(9000).unwrap();
        assert!(
            look(data.path(), &control()).unwrap().lost(6 * SEGMENT).unwrap().contains("only 9000 bytes")
        );
    }

    #[test]
    fn fault_f9_a_file_of_another_cluster_is_named_and_one_that_waits_to_be_used_again_is_not() {
        let data = data(&[(5, 128), (6, 128), (7, 0)]);
        let path = |number: u64| data.path().join(format!("pg_wal/0000000100000000{number:08X}"));
        for number in [6, 7] {
            let mut bytes = fs::read(path(number)).unwrap();
            bytes[24..32].copy_from_slice(&7_u64.to_le_bytes());
            fs::write(path(number), bytes).unwrap();
        }
        let said = |log: Log| log.lost(7 * SEGMENT);
        let lost = said(look(data.path(), &control()).unwrap()).unwrap();
        assert!(lost.contains("000000010000000000000006 of the write-ahead log is of another"), "{lost}");
        fs::remove_file(path(6)).unwrap();
        segment(data.path(), 6, 128);
        assert_eq!(said(look(data.path(), &control()).unwrap()), None);
    }

    #[test]
    fn files_of_other_timelines_and_before_the_beginning_do_not_count() {
        let data = data(&[(3, 128)]);
        fs::write(data.path().join("pg_wal/000000020000000000000009"), "x").unwrap();
        fs::write(data.path().join("pg_wal/00000002.history"), "x").unwrap();
        assert_eq!(look(data.path(), &control()).unwrap(), Log::default());
    }
}
