//! `operator`: see `--help` for its settings.

use operator::{args, logging, run::run};
use std::{io::Write, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    let settings = match args::read(std::env::args_os()) {
        Ok(settings) => settings,
        Err(refusal) => return told(&refusal),
    };
    logging::init();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::error!("failed to install the TLS provider: another one is installed");
        return ExitCode::FAILURE;
    }
    match work(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %operator::reconcile::chain(error.as_ref()), "the operator ends");
            ExitCode::FAILURE
        }
    }
}

fn told(refusal: &args::Refusal) -> ExitCode {
    // Nobody is left to be told that stdout or stderr is closed.
    let _: std::io::Result<()> = match refusal.code {
        0 => writeln!(std::io::stdout(), "{}", refusal.text),
        _ => writeln!(std::io::stderr(), "{}", refusal.text),
    };
    ExitCode::from(refusal.code)
}

/// What is done at a time is one pass, and calls that wait: a thread for each core of a large node would only keep
/// memory of its own.
#[tokio::main(worker_threads = 2)]
async fn work(settings: args::Settings) -> Result<(), Box<dyn std::error::Error>> {
    let shutdown = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let told = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to end; finishing what is in progress");
        told.cancel();
    });
    Ok(run(settings, shutdown).await?)
}
