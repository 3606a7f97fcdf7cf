//! Every check of the project, none left out because another failed.
//!
//! Input: the workspace. Output: what each stage printed, and a tally. The quick stages come first, so that a typo is
//! told in a minute and not after an hour; then what can bear each other runs side by side, since most of it waits a good
//! part of its time. What such a stage prints is held back until it has ended, so that each can be read.

mod neighbours;
mod postgres;
mod stage;
mod tally;

use std::path::Path;

use anyhow::Result;
use e2e::platform::{self, Cluster, Options, Run};
use e2e::progress::Progress;

use stage::{CALM, DEPENDENCIES, DISTURBED, QUICK, Stage, WORKSPACE};
pub(crate) use tally::Tally;

/// Runs every stage.
pub(crate) async fn run(options: &Options, progress: &Progress) -> Tally {
    let suite = Suite { options, progress };
    let mut tally = Tally::default();
    for stage in QUICK {
        tally.count(&suite.shown(stage).await);
    }
    suite.dependencies(&mut tally).await;
    let (workspace, up) = tokio::join!(suite.held(WORKSPACE), suite.up());
    tally.count(&workspace);
    match up {
        Ok(up) => suite.on_cluster(up, &mut tally).await,
        Err(error) => {
            progress.say(&format!("without a cluster nothing can be tried on it: {error:#}"));
            tally.count(&Err(error));
        }
    }
    tally
}

/// The proxy among real neighbours alone, or those of its tests whose names contain `filter`.
pub(crate) async fn neighbours(options: &Options, filter: Option<&str>, progress: &Progress) -> Result<()> {
    let containers = platform::containers(options, progress).await?;
    neighbours::call(&containers, filter, async |run| run.shown().await).await
}

/// The agent's tests and the table of what is detected, on these versions of PostgreSQL.
pub(crate) async fn detection(
    options: &Options,
    majors: &[u8],
    filter: Option<&str>,
    progress: &Progress,
) -> Result<()> {
    postgres::on_demand(options, majors, filter, progress).await
}

/// What a restore by the agent through the proxy costs beside kopia alone.
pub(crate) async fn bench_restore(options: &Options, progress: &Progress) -> Result<()> {
    neighbours::bench(&platform::containers(options, progress).await?).await
}

/// A cluster, and programs to be run in its images.
struct Up {
    cluster: Cluster,
    agent: Result<postgres::Programs>,
}

struct Suite<'a> {
    options: &'a Options,
    progress: &'a Progress,
}

impl Suite<'_> {
    async fn up(&self) -> Result<Up> {
        let cluster = platform::up(self.options, self.progress).await?;
        let agent = postgres::build(&cluster.layout, self.progress).await;
        Ok(Up { cluster, agent })
    }

    async fn dependencies(&self, tally: &mut Tally) {
        if platform::cargo().args(["deny", "--version"]).succeeds().await {
            tally.count(&self.shown(DEPENDENCIES).await);
        } else {
            let how = "`cargo install --locked cargo-deny` makes this check run";
            self.progress.say(&format!("dependencies: skipped; {how}"));
            tally.skip();
        }
    }

    async fn on_cluster(&self, Up { cluster, agent }: Up, tally: &mut Tally) {
        let (disturbed, neighbours, agent) = tokio::join!(
            self.held(DISTURBED),
            self.neighbours(&cluster),
            postgres::run(&cluster, agent, self.progress)
        );
        let [calm, damaged] = CALM;
        let calm = tokio::join!(self.held(calm), self.held(damaged));
        for ended in [neighbours, self.told("the agent on real servers", agent), disturbed, calm.0, calm.1] {
            tally.count(&ended);
        }
    }

    async fn neighbours(&self, cluster: &Cluster) -> Result<()> {
        let Stage { name, .. } = stage::NEIGHBOURS;
        let containers = cluster.containers();
        let log = platform::log(name)?;
        let called = neighbours::call(&containers, None, async |run| self.hold(name, run, &log).await);
        self.told(name, called.await)
    }

    fn cargo(&self, stage: Stage) -> Run {
        let run = platform::cargo().args(stage.args).deadline(stage::LIMIT);
        run.env("PGRO_E2E_CLUSTER", &self.options.cluster)
    }

    async fn shown(&self, stage: Stage) -> Result<()> {
        let ended = self.progress.step(stage.name, None, self.cargo(stage).shown()).await;
        self.told(stage.name, ended)
    }

    async fn held(&self, stage: Stage) -> Result<()> {
        let log = platform::log(stage.name)?;
        self.told(stage.name, self.hold(stage.name, self.cargo(stage), &log).await)
    }

    /// Shows all that was printed at its end, and its last line now and then.
    async fn hold(&self, name: &str, run: Run, log: &Path) -> Result<()> {
        let ended = self.progress.step(name, Some(log), run.logged(log)).await;
        self.show(log);
        ended
    }

    fn show(&self, log: &Path) {
        match std::fs::read(log) {
            Ok(printed) => self.progress.show(&printed),
            Err(error) => self.progress.say(&format!("failed to read {}: {error}", log.display())),
        }
    }

    fn told(&self, name: &str, ended: Result<()>) -> Result<()> {
        ended.inspect_err(|error| self.progress.say(&format!("{name}: {error:#}")))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use e2e::progress::Outcome;

    use super::*;

    #[derive(Parser)]
    struct Defaults {
        #[command(flatten)]
        options: Options,
    }

    #[tokio::test]
    async fn what_is_held_back_is_kept_and_an_end_in_failure_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let (options, progress) = (Defaults::parse_from(["e2e"]).options, Progress::default());
        let (suite, log) = (Suite { options: &options, progress: &progress }, folder.path().join("log"));
        for (script, outcome) in
            [("echo one; echo two >&2", Outcome::Done), ("echo no; exit 3", Outcome::Failed)]
        {
            let ended = suite.hold(script, Run::new("sh").args(["-c", script]), &log).await;
            assert_eq!(ended.is_ok(), outcome == Outcome::Done, "{script}");
            assert_eq!(progress.timings().pop().unwrap().outcome, outcome);
        }
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "no\n");
    }
}
