//! Every check of the project, one stage after the other, none left out because another failed.
//!
//! Input: the workspace. Output: what each stage printed, a table, and one closing line that counts.

use std::process::ExitCode;

use anyhow::Result;
use e2e::platform::{self, Options, Run};
use e2e::progress::Progress;

/// How long one stage may take: the limit of the whole run on two cores, cold.
const STAGE: std::time::Duration = std::time::Duration::from_hours(1);

/// A stage that is one call of a program.
struct Stage {
    name: &'static str,
    program: &'static str,
    args: &'static [&'static str],
}

const QUICK: [Stage; 3] = [
    Stage { name: "formatting", program: "cargo", args: &["fmt", "--all", "--check"] },
    Stage {
        name: "lints",
        program: "cargo",
        args: &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
    },
    Stage { name: "unit and integration tests", program: "cargo", args: &["test", "--workspace"] },
];

/// Licences, sources and banned crates; for who has the tool.
const DENY: Stage =
    Stage { name: "dependencies", program: "cargo", args: &["deny", "check", "licenses", "bans", "sources"] };

/// The feature `cluster` selects them: without it they are not even built.
const ON_CLUSTER: Stage = Stage {
    name: "behaviours on the cluster",
    program: "cargo",
    args: &["test", "-p", "e2e", "--features", "cluster", "--test", "*"],
};

/// Runs every stage; success only if all passed.
pub(crate) async fn run(options: &Options, progress: &Progress) -> Result<ExitCode> {
    let mut tally = Tally::default();
    for stage in QUICK {
        tally.count(one(stage, options, progress).await);
    }
    if Run::new("cargo").args(["deny", "--version"]).succeeds().await {
        tally.count(one(DENY, options, progress).await);
    } else {
        progress.say("dependencies: skipped, `cargo install cargo-deny` makes this check run");
    }
    let up = platform::up(options, progress).await;
    match up {
        Ok(_) => tally.count(one(ON_CLUSTER, options, progress).await),
        Err(error) => {
            progress.say(&format!("the cluster: {error:#}"));
            tally.count(false);
        }
    }
    progress.say(&tally.line());
    Ok(tally.code())
}

async fn one(stage: Stage, options: &Options, progress: &Progress) -> bool {
    let run = Run::new(stage.program).args(stage.args).dir(&platform::workspace()).deadline(STAGE);
    let run = run.env("PGRO_E2E_CLUSTER", &options.cluster);
    let ended = progress.step(stage.name, None, run.shown()).await;
    ended.inspect_err(|error| progress.say(&format!("{}: {error:#}", stage.name))).is_ok()
}

#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn count(&mut self, passed: bool) {
        if passed { self.passed += 1 } else { self.failed += 1 }
    }

    fn line(&self) -> String {
        format!("{} stages passed, {} failed", self.passed, self.failed)
    }

    fn code(&self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_stage_fails_the_whole() {
        let mut tally = Tally::default();
        tally.count(true);
        assert_eq!(format!("{:?}", tally.code()), format!("{:?}", ExitCode::SUCCESS));
        tally.count(false);
        assert_eq!(format!("{:?}", tally.code()), format!("{:?}", ExitCode::FAILURE));
        assert_eq!(tally.line(), "1 stages passed, 1 failed");
    }
}
