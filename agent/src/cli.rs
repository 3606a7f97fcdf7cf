//! Arguments: every setting is a flag and a variable, secrets are variables only.
//!
//! Input: argv and environment. Output: the work of one subcommand and its exit code. Must not: take a secret by argv,
//! or start work on settings that do not parse (exit code 64, one line, and the document says so too).

mod outcome;
mod prepare_args;
mod restore_args;
mod size_args;
mod snapshot_args;

use crate::{install, prepare::config::SOCKET_DIR, ready, signals, text::chain};
use clap::{Parser, Subcommand};
use contract::env::EX_USAGE;
use prepare_args::PrepareArgs;
use restore_args::RestoreArgs;
use secrecy::SecretString;
use size_args::SizeArgs;
use std::{ffi::OsString, io, path::PathBuf, process::ExitCode};

/// What runs inside the restore and postgres pods of pgro.
#[derive(Debug, Parser)]
#[command(name = "pgro-agent", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Copy this program to DESTINATION, where the pod's other containers can run it
    Install {
        /// Path of the copy
        destination: PathBuf,
    },
    /// Ask the repository how large a snapshot is (repository password: `KOPIA_PASSWORD`)
    Size(Box<SizeArgs>),
    /// Restore one snapshot onto the volume (repository password: `KOPIA_PASSWORD`)
    Restore(Box<RestoreArgs>),
    /// Make restored files a checked database (passwords: `PGRO_SUPERUSER_PASSWORD`, `PGRO_ANALYTICS_PASSWORD`)
    Prepare(Box<PrepareArgs>),
    /// Exit with 0 if the server beside us answers a query within 2 seconds
    Ready {
        /// Directory of the server's socket
        #[arg(long, env = "PGRO_SOCKET_DIR", default_value = SOCKET_DIR)]
        socket_dir: PathBuf,
    },
}

/// Runs the subcommand that `args` names.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match Cli::try_parse_from(args) {
        Ok(Cli { task }) => run(task),
        Err(error) => {
            let asked_for = !error.use_stderr();
            // nothing can be done where even usage cannot be printed
            let _ = error.print();
            if asked_for { ExitCode::SUCCESS } else { ExitCode::from(EX_USAGE) }
        }
    }
}

fn run(task: Task) -> ExitCode {
    match task {
        Task::Install { destination } => match install::install(&destination) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&chain(&error)),
        },
        Task::Size(args) => args.run(),
        Task::Restore(args) => args.run(),
        Task::Prepare(args) => args.run(),
        Task::Ready { socket_dir } => match block_on(async |_| ready::ready(&socket_dir).await) {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(error)) => failed(&chain(&error)),
            Err(error) => failed(&chain(&error)),
        },
    }
}

fn failed(message: &str) -> ExitCode {
    tracing::error!("{message}");
    ExitCode::FAILURE
}

/// Settings that do not parse: one line on stderr, whatever the log's form.
fn unusable(message: &str) -> ExitCode {
    eprintln!("pgro-agent: {message}");
    ExitCode::from(EX_USAGE)
}

/// Runs `work` with a stop signal on one thread; the pod's CPU share belongs to kopia and postgres.
fn block_on<T>(work: impl AsyncFnOnce(signals::Stop) -> T) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Ok(work(signals::on_signals()?).await) })
}

/// A secret variable that has to be set.
fn secret(
    name: &'static str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<SecretString, contract::env::EnvError> {
    let missing = contract::env::EnvError::Missing { name, expected: "a password, from a Secret" };
    lookup(name).filter(|value| !value.is_empty()).map(SecretString::from).ok_or(missing)
}

/// The process environment, as the lookups of crate contract want it.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests;
