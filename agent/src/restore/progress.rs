//! What kopia says while it restores.
//!
//! Input: one line of its stderr. Output: the numbers in it, or nothing. Must not: fail; kopia's wording is no
//! promise, and a line that is not understood is simply text.

/// A line that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// `Processed N (X) of M (Y)[, skipped S (Z)][, ignored K errors][ R/s (P%) remaining T].`
    Progress(Progress),
    /// `Restored N files, …[, ignored K errors].`
    Summary {
        /// Files restored.
        files: u64,
        /// Errors that kopia passed over.
        ignored: u64,
    },
}

/// How far kopia is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Entries done, those that were there already included.
    pub(super) done: u64,
    /// Entries known so far; grows while directories are listed.
    pub(super) known: u64,
    /// Bytes written by this process, in three or four digits.
    pub(super) bytes_written: u64,
    /// Bytes known so far.
    pub(super) bytes_known: u64,
    /// Bytes that were there already.
    pub(super) bytes_skipped: u64,
    /// Errors that kopia passed over.
    pub(super) ignored: u64,
}

impl Line {
    /// The numbers in `line`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        progress(line).map(Self::Progress).or_else(|| summary(line))
    }

    /// Errors that kopia passed over; more than none means that the restore is not complete.
    pub(super) fn ignored(&self) -> u64 {
        match self {
            Self::Progress(Progress { ignored, .. }) | Self::Summary { ignored, .. } => *ignored,
        }
    }
}

fn progress(line: &str) -> Option<Progress> {
    let (done, rest) = line.strip_prefix("Processed ")?.split_once(" (")?;
    let (bytes_written, rest) = rest.split_once(") of ")?;
    let (known, rest) = rest.split_once(" (")?;
    let (bytes_known, rest) = rest.split_once(')')?;
    Some(Progress {
        done: done.parse().ok()?,
        known: known.parse().ok()?,
        bytes_written: bytes(bytes_written)?,
        bytes_known: bytes(bytes_known)?,
        bytes_skipped: skipped(rest).unwrap_or(0),
        ignored: ignored(rest),
    })
}

fn summary(line: &str) -> Option<Line> {
    let (files, rest) = line.strip_prefix("Restored ")?.split_once(" files, ")?;
    Some(Line::Summary { files: files.parse().ok()?, ignored: ignored(rest) })
}

fn skipped(rest: &str) -> Option<u64> {
    bytes(rest.strip_prefix(", skipped ")?.split_once(" (")?.1.split_once(')')?.0)
}

fn ignored(rest: &str) -> u64 {
    let number = || rest.split_once(", ignored ")?.1.split_once(" errors")?.0.parse().ok();
    number().unwrap_or(0)
}

/// `30.5 MB` or `30.5 MiB`: a number with one digit behind the point at most, and a unit.
fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once(' ')?;
    let (base, letter) = match unit.strip_suffix('B')? {
        binary if binary.ends_with('i') && binary.len() == 2 => (1024_u64, &binary[..1]),
        decimal => (1000, decimal),
    };
    let power = u32::try_from(["", "K", "M", "G", "T", "P", "E"].iter().position(|known| *known == letter)?);
    let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
    let tenth = tenth.parse::<u64>().ok().filter(|tenth| *tenth < 10)?;
    let tenths = whole.parse::<u64>().ok()?.checked_mul(10)?.checked_add(tenth)?;
    Some(base.checked_pow(power.ok()?)?.checked_mul(tenths)? / 10)
}

#[cfg(test)]
mod tests {
    use super::{Line, Progress, bytes};
    use proptest::prelude::*;

    #[test]
    fn a_progress_line_of_kopia_is_understood() {
        let line = "Processed 5 (3 MB) of 40 (30.5 MB), skipped 1 (2 B) 11.5 MB/s (10.0%) remaining 3s.";
        let expected = Progress {
            done: 5,
            known: 40,
            bytes_written: 3_000_000,
            bytes_known: 30_500_000,
            bytes_skipped: 2,
            ignored: 0,
        };
        assert_eq!(Line::parse(line), Some(Line::Progress(expected)));
    }

    #[test]
    fn a_summary_of_kopia_is_understood() {
        let line = "Restored 2 files, 2 directories and 1 symbolic links (3 MB).";
        assert_eq!(Line::parse(line), Some(Line::Summary { files: 2, ignored: 0 }));
    }

    #[test]
    fn fault_e4_ignored_errors_are_seen_in_progress_and_summary() {
        let progress = "Processed 5 (3 MB) of 40 (3 MB), ignored 2 errors 1 B/s (1.0%) remaining 1s.";
        let summary = "Restored 2 files, 2 directories and 1 symbolic links (3 MB), ignored 7 errors.";
        assert_eq!(Line::parse(progress).map(|line| line.ignored()), Some(2));
        assert_eq!(Line::parse(summary).map(|line| line.ignored()), Some(7));
    }

    #[test]
    fn other_lines_are_only_text() {
        for line in
            ["", "Processed", "Processed x (1 B) of 2 (3 B).", "Connected to repository.", "Restored 1"]
        {
            assert_eq!(Line::parse(line), None, "{line}");
        }
    }

    #[test]
    fn sizes_of_both_kinds_are_understood_and_nonsense_is_not() {
        assert_eq!(bytes("0 B"), Some(0));
        assert_eq!(bytes("999.9 KiB"), Some(1_023_897));
        assert_eq!(bytes("1.2 EB"), Some(1_200_000_000_000_000_000));
        for nonsense in ["", "B", "1", "1 X", "-1 B", "1.25 MB", "99 EB", "1 iB", "1.x MB", "1e3 B"] {
            assert_eq!(bytes(nonsense), None, "{nonsense}");
        }
    }

    /// Kopia's own way of writing a size.
    fn as_kopia_writes(mut number: f64) -> String {
        for unit in ["B", "KB", "MB", "GB", "TB", "PB"] {
            if number < 900.0 {
                let text = format!("{number:.1}");
                return format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text));
            }
            number /= 1000.0;
        }
        format!("{number:.1} EB")
    }

    proptest! {
        #[test]
        fn every_line_kopia_can_format_is_understood(
            done: u32, known: u32, ignored in 0..1000_u64, written in 0..1_u64 << 50, total in 0..1_u64 << 50,
            skipped in 0..1_u64 << 50, eta: bool,
        ) {
            let size = |bytes: u64| as_kopia_writes(f64::from(u32::try_from(bytes >> 20).unwrap()) * 1_048_576.0);
            let there = if skipped > 0 { format!(", skipped 3 ({})", size(skipped)) } else { String::new() };
            let errors = if ignored > 0 { format!(", ignored {ignored} errors") } else { String::new() };
            let rest = if eta { " 1.1 MB/s (99.9%) remaining 1h2m3s" } else { "" };
            let (done, known) = (u64::from(done), u64::from(known));
            let line = format!("Processed {done} ({}) of {known} ({}){there}{errors}{rest}.", size(written), size(total));
            let Some(Line::Progress(told)) = Line::parse(&line) else { panic!("{line}") };
            prop_assert_eq!((told.done, told.known, told.ignored), (done, known, ignored));
            for (told, meant) in
                [(told.bytes_written, written), (told.bytes_known, total), (told.bytes_skipped, skipped)]
            {
                let meant = meant >> 20 << 20;
                prop_assert!(told.abs_diff(meant) <= meant / 10 + 100, "{} is not {}: {}", told, meant, line);
            }
        }

        #[test]
        fn no_text_breaks_the_parser(line in "(Processed |Restored )?.{0,80}( files, | \\(|\\) of |, ignored )?.{0,40}") {
            let _ = Line::parse(&line);
        }

        #[test]
        fn no_line_of_kopia_breaks_it_when_it_is_damaged(cut in 0..90_usize, at in 0..90_usize, with in ".") {
            let mut line = "Processed 5 (3 MB) of 40 (30.5 MB), skipped 1 (2 B), ignored 2 errors 11.5 MB/s (10.0%).".to_owned();
            line.replace_range(at.min(line.len() - 1)..=at.min(line.len() - 1), &with);
            let _ = Line::parse(line.get(..cut).unwrap_or(&line));
        }
    }
}
