//! What kopia says while it restores.
//!
//! Input: one line of its stderr. Output: the numbers in it, or nothing. Must not: fail; kopia's wording is no
//! promise, and a line that is not understood is simply text.

/// A line that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// `Processed N (X) of M (Y)[, skipped…][, ignored K errors][ S/s (P%) remaining T].`
    Progress {
        /// Entries done.
        done: u64,
        /// Entries known so far; grows while directories are listed.
        known: u64,
        /// Errors that kopia passed over.
        ignored: u64,
    },
    /// `Restored N files, …[, ignored K errors].`
    Summary {
        /// Files restored.
        files: u64,
        /// Errors that kopia passed over.
        ignored: u64,
    },
}

impl Line {
    /// The numbers in `line`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        progress(line).or_else(|| summary(line))
    }

    /// Errors that kopia passed over; more than none means that the restore is not complete.
    pub(super) fn ignored(&self) -> u64 {
        match self {
            Self::Progress { ignored, .. } | Self::Summary { ignored, .. } => *ignored,
        }
    }
}

fn progress(line: &str) -> Option<Line> {
    let (done, rest) = line.strip_prefix("Processed ")?.split_once(" (")?;
    let (_, rest) = rest.split_once(") of ")?;
    let (known, rest) = rest.split_once(" (")?;
    Some(Line::Progress { done: done.parse().ok()?, known: known.parse().ok()?, ignored: ignored(rest) })
}

fn summary(line: &str) -> Option<Line> {
    let (files, rest) = line.strip_prefix("Restored ")?.split_once(" files, ")?;
    Some(Line::Summary { files: files.parse().ok()?, ignored: ignored(rest) })
}

fn ignored(rest: &str) -> u64 {
    let number = || rest.split_once(", ignored ")?.1.split_once(" errors")?.0.parse().ok();
    number().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Line;
    use proptest::prelude::*;

    #[test]
    fn a_progress_line_of_kopia_is_understood() {
        let line = "Processed 5 (3 MB) of 40 (30.5 MB), skipped 1 (2 B) 11.5 MB/s (10.0%) remaining 3s.";
        assert_eq!(Line::parse(line), Some(Line::Progress { done: 5, known: 40, ignored: 0 }));
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

    proptest! {
        #[test]
        fn every_line_kopia_can_format_is_understood(
            done: u32, known: u32, ignored in 0..1000_u64, size in "[0-9]{1,3}(\\.[0-9])? [KMGT]?B", eta: bool,
        ) {
            let errors = if ignored > 0 { format!(", ignored {ignored} errors") } else { String::new() };
            let rest = if eta { " 1.1 MB/s (99.9%) remaining 1h2m3s" } else { "" };
            let line = format!("Processed {done} ({size}) of {known} ({size}){errors}{rest}.");
            let expected = Line::Progress { done: done.into(), known: known.into(), ignored };
            prop_assert_eq!(Line::parse(&line), Some(expected));
        }

        #[test]
        fn no_text_breaks_the_parser(line in "(Processed |Restored )?.{0,80}( files, | \\(|\\) of |, ignored )?.{0,40}") {
            let _ = Line::parse(&line);
        }
    }
}
