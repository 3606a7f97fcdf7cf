//! Commands that make a cluster on this machine and use it.

mod cli;
mod suite;

use std::process::ExitCode;

use clap::Parser;

use cli::Cli;

/// Bad usage, as `sysexits.h` has it.
const USAGE: u8 = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            // Whoever closed the pipe does not want to read it.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let ended = tokio::select! {
        ended = cli.run() => ended,
        stopped = cli::told_to_stop() => stopped,
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
