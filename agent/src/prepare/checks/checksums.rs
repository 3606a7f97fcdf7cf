//! Check `checksums`: every page of every file, where the source wrote checksums.
//!
//! Input: a cleanly stopped data directory. Output: the check. Must not: run beside a server, or count as passed where
//! the source had checksums off.

use super::{Budget, Outcome, listed};
use crate::{
    command::{CommandError, capture, clean},
    prepare::binaries::Binaries,
    text::{chain, printable},
};
use contract::pods::CheckResult;
use std::path::Path;

const SCOPE: &str = "every page";

/// Runs `pg_checksums`.
pub(in crate::prepare) async fn checksums(
    binaries: &Binaries,
    data_dir: &Path,
    enabled: bool,
    budget: Budget,
) -> Outcome {
    if !enabled {
        return Outcome::other(
            CheckResult::Unavailable,
            "nothing",
            "checksums are not enabled in the source",
        );
    }
    let mut command = clean(binaries.pg_checksums());
    command.arg("--check").arg("-D").arg(data_dir);
    match capture(command, budget.left()).await {
        Ok(output) => judge(output.status.success(), &printable_lines(&output.stderr)),
        Err(CommandError::Deadline { .. }) => {
            let detail =
                format!("the budget of {} s was spent before all pages were read", budget.total().as_secs());
            Outcome::other(CheckResult::Skipped, "some pages", detail)
        }
        Err(error) => Outcome::other(CheckResult::Unavailable, "nothing", chain(&error)),
    }
}

fn printable_lines(bytes: &[u8]) -> Vec<String> {
    bytes.split(|&byte| byte == b'\n').map(printable).filter(|line| !line.is_empty()).collect()
}

/// Damage is named by file and block; any other trouble is told in the program's words and is no evidence of health.
fn judge(success: bool, said: &[String]) -> Outcome {
    let damage = said.iter().filter_map(|line| line.split_once("checksum verification failed in "));
    let damage: Vec<String> = damage.map(|(_, what)| what.to_owned()).collect();
    if !damage.is_empty() {
        return Outcome::other(CheckResult::Failed, SCOPE, listed(&damage));
    }
    if !success {
        return Outcome::other(CheckResult::Failed, SCOPE, listed(said));
    }
    Outcome::passed(SCOPE)
}

#[cfg(test)]
mod tests {
    use super::{CheckResult, judge};

    fn said(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn fault_f10_a_wrong_checksum_is_told_with_file_and_block() {
        let line = "pg_checksums: error: checksum verification failed in file \"base/5/1259\", block 3: \
                    calculated checksum 1A2B but block contains 3C4D";
        let outcome = judge(false, &said(&[line]));
        assert_eq!(outcome.result, CheckResult::Failed);
        assert!(outcome.detail.unwrap().starts_with("file \"base/5/1259\", block 3"));
    }

    #[test]
    fn a_program_that_gave_up_is_no_evidence_of_health() {
        let outcome = judge(false, &said(&["pg_checksums: error: could not read block 1"]));
        assert_eq!(outcome.result, CheckResult::Failed);
    }

    #[test]
    fn silence_and_success_together_pass() {
        assert_eq!(judge(true, &[]).result, CheckResult::Passed);
    }
}
