//! Every check of the project, one stage after the other, none left out because another failed.
//!
//! Input: the workspace. Output: what each stage printed, and a tally. The quick stages come first, so that a typo is
//! told in a minute and not after an hour.

mod postgres;
mod stage;
mod tally;

use anyhow::Result;
use e2e::platform::{self, Cluster, Options};
use e2e::progress::Progress;

use stage::{ALONE, DEPENDENCIES, ON_CLUSTER, Stage};
pub(crate) use tally::Tally;

/// Runs every stage.
pub(crate) async fn run(options: &Options, progress: &Progress) -> Tally {
    let mut tally = Tally::default();
    for stage in ALONE {
        tally.count(&program(stage, options, progress).await);
    }
    if platform::cargo().args(["deny", "--version"]).succeeds().await {
        tally.count(&program(DEPENDENCIES, options, progress).await);
    } else {
        progress.say("dependencies: skipped; `cargo install --locked cargo-deny` makes this check run");
        tally.skip();
    }
    match platform::up(options, progress).await {
        Ok(cluster) => on_cluster(&cluster, options, progress, &mut tally).await,
        Err(error) => {
            progress.say(&format!("without a cluster nothing can be tried on it: {error:#}"));
            tally.count(&Err(error));
        }
    }
    tally
}

async fn on_cluster(cluster: &Cluster, options: &Options, progress: &Progress, tally: &mut Tally) {
    let ended = postgres::run(cluster, progress).await;
    tally.count(&told("the agent on real servers", ended, progress));
    tally.count(&program(ON_CLUSTER, options, progress).await);
}

async fn program(stage: Stage, options: &Options, progress: &Progress) -> Result<()> {
    let run = platform::cargo().args(stage.args).deadline(stage::LIMIT);
    let run = run.env("PGRO_E2E_CLUSTER", &options.cluster);
    told(stage.name, progress.step(stage.name, None, run.shown()).await, progress)
}

fn told(name: &str, ended: Result<()>, progress: &Progress) -> Result<()> {
    ended.inspect_err(|error| progress.say(&format!("{name}: {error:#}")))
}
