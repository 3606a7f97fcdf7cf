//! `stub-canopy`: Canopy for tests and demos, as a process.
//!
//! Input: flags, environment, SIGTERM or SIGINT. Output: a server, logs on stderr, an exit code.
//! Must not: decide anything.

use clap::Parser as _;
use contract::env::EX_USAGE;
use std::process::ExitCode;
use stub_canopy::{Server, StartError, args::Args, clock, logging, settings::Settings, use_ring};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    use_ring();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let config =
        Settings::from_env(|name| args.lookup(name)).and_then(|settings| settings.load(clock::system()));
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            eprintln!("stub-canopy: {error}");
            return ExitCode::from(EX_USAGE);
        }
    };
    logging::start();
    match Server::bind(config).await {
        Ok(server) => serve(server).await,
        Err(error) => {
            tracing::error!(%error, "failed to start");
            let nonsense = matches!(error, StartError::SetUpTls(_));
            if nonsense { ExitCode::from(EX_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

/// `--help` and `--version` are answers, anything else is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to be done where even stderr is gone.
    let _printed = error.print();
    if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS }
}

async fn serve(server: Server) -> ExitCode {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("failed to listen for signals");
        return ExitCode::FAILURE;
    };
    tracing::info!(addr = %server.addr(), "listening");
    let stop = server.stop_token();
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        tracing::info!("stopping");
        stop.cancel();
    });
    server.run().await;
    ExitCode::SUCCESS
}
