//! The command line: what can be asked for, and who does it.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use e2e::demo;
use e2e::platform::{self, Cluster, Options};
use e2e::progress::Progress;
use tokio::signal::unix::{SignalKind, signal};

use crate::suite::{self, Tally};

/// pgro on this machine: a real cluster, with real kopia, MinIO and PostgreSQL
#[derive(Debug, Parser)]
#[command(name = "e2e", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the product: from a real database to its restored copy answering a query
    Demo,
    /// Run every check: formatting, lints, tests, and the behaviours on a cluster
    Test,
    /// Run the proxy's tests with real kopia and real MinIO, in containers and without a cluster
    Neighbours {
        /// Only tests whose names contain this
        filter: Option<String>,
    },
    /// Show what the agent says of damaged and sound copies of other versions of PostgreSQL, in containers and without a cluster
    Detection {
        /// Versions, such as 13,18; where no registry answers, those that a release of Debian has
        #[arg(long, value_delimiter = ',', required = true, value_parser = clap::value_parser!(u8).range(13..=18))]
        majors: Vec<u8>,
        /// Only tests and copies whose names contain this
        filter: Option<String>,
    },
    /// Measure a restore by the agent through the proxy beside kopia alone, in containers and without a cluster
    BenchRestore,
    /// Make or remove the cluster
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Build pgro's images and put them into the cluster
    Images,
}

#[derive(Debug, Subcommand)]
enum ClusterCommand {
    /// Make the cluster, or find that it is there
    Up,
    /// Remove the cluster
    Down {
        /// Remove the images and the cache as well
        #[arg(long)]
        purge: bool,
    },
}

impl Cli {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let progress = Progress::default();
        let ended = dispatch(self.command, &self.options, &progress).await;
        progress.say(&progress.table());
        let Some(tally) = ended? else { return Ok(ExitCode::SUCCESS) };
        println!("{tally}");
        Ok(tally.code())
    }
}

/// Does what was asked for; only the tests have a tally to close with.
async fn dispatch(command: Command, options: &Options, progress: &Progress) -> Result<Option<Tally>> {
    match command {
        Command::Demo => demo::run(options, progress).await?,
        Command::Test => return Ok(Some(suite::run(options, progress).await)),
        Command::Neighbours { filter } => suite::neighbours(options, filter.as_deref(), progress).await?,
        Command::Detection { majors, filter } => {
            suite::detection(options, &majors, filter.as_deref(), progress).await?;
        }
        Command::BenchRestore => suite::bench_restore(options, progress).await?,
        Command::Cluster(ClusterCommand::Up) => {
            describe(&platform::cluster_up(options, progress).await?, progress);
        }
        Command::Cluster(ClusterCommand::Down { purge }) => {
            platform::down(options, purge, progress).await?;
        }
        Command::Images => {
            let cluster = platform::up(options, progress).await?;
            progress.say(&format!("{:#?}", cluster.images()?));
            describe(&cluster, progress);
        }
    }
    Ok(None)
}

fn describe(cluster: &Cluster, progress: &Progress) {
    let folder = cluster.kubectl.parent().unwrap_or(&cluster.kubectl).display();
    progress.say(&format!(
        "cluster {} is up; to look at it: export KUBECONFIG={} PATH={folder}:$PATH",
        cluster.name,
        cluster.kubeconfig.display()
    ));
}

/// Ends with an error when we are told to end: dropping the work kills what it started.
pub(crate) async fn told_to_stop() -> Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    bail!("interrupted; run the same command again to go on")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_after_the_command() {
        let cli = Cli::try_parse_from(["e2e", "cluster", "up", "--name", "other"]).unwrap();
        assert_eq!(cli.options.cluster, "other");
    }

    #[test]
    fn versions_are_named_one_by_one_and_only_those_that_are_served() {
        let asked = |majors| Cli::try_parse_from(["e2e", "detection", "--majors", majors]);
        let Command::Detection { majors, .. } = asked("13,18").unwrap().command else { panic!() };
        assert_eq!(majors, [13, 18]);
        assert!(asked("12").is_err() && asked("19").is_err() && asked("").is_err());
    }

    #[test]
    fn a_command_is_needed() {
        assert!(Cli::try_parse_from(["e2e"]).is_err());
    }
}
