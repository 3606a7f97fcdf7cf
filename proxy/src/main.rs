//! `canopy-proxy`: see the library of this crate.

use anyhow::Context;
use clap::{Parser, error::ErrorKind};
use contract::env::EX_USAGE;
use proxy::{
    args::{Args, Command},
    clock::Clock,
    logging, ready, run,
};
use std::{fmt::Display, process::ExitCode};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return not_parsed(&error),
    };
    match args.command {
        Some(Command::Ready) => is_ready(&args),
        None => serve(&args),
    }
}

/// `--help` and `--version` are errors to clap, too.
fn not_parsed(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell if stderr is gone.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(EX_USAGE),
    }
}

fn is_ready(args: &Args) -> ExitCode {
    match args.port_file() {
        Err(error) => usage(error),
        Ok(file) => match ready::check(&file) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => told(1, error),
        },
    }
}

fn serve(args: &Args) -> ExitCode {
    let settings = match args.settings() {
        Ok(settings) => settings,
        Err(error) => return usage(error),
    };
    if let Err(error) = logging::start(&args.log) {
        return usage(format!(
            "RUST_LOG={:?} is not valid: expected a filter such as info ({error})",
            args.log
        ));
    }
    match serve_until_signal(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "canopy-proxy failed");
            ExitCode::FAILURE
        }
    }
}

/// On two threads: one alone carries three quarters of what a copier of bytes does, at a fifth more CPU a GiB. A small request
/// costs a sixth more CPU for it, but a restore reads packs.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn serve_until_signal(settings: proxy::args::Settings) -> anyhow::Result<()> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        anyhow::bail!("a TLS provider was installed before ours");
    }
    let (term, int) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let stop = CancellationToken::new();
    let term = term.context("failed to watch for SIGTERM")?;
    let int = int.context("failed to watch for SIGINT")?;
    tokio::spawn(stop_on(term, int, stop.clone()));
    run::run(settings, Clock::system(), stop).await?;
    Ok(())
}

async fn stop_on(mut term: Signal, mut int: Signal, stop: CancellationToken) {
    let name = tokio::select! {
        _ = term.recv() => "SIGTERM",
        _ = int.recv() => "SIGINT",
    };
    tracing::info!(signal = name, "stopping");
    stop.cancel();
}

fn usage(error: impl Display) -> ExitCode {
    told(EX_USAGE, error)
}

#[expect(clippy::print_stderr, reason = "a line for whoever started this, before logging begins")]
fn told(code: u8, error: impl Display) -> ExitCode {
    eprintln!("canopy-proxy: {error}");
    ExitCode::from(code)
}
