//! The binary: hands its arguments over to the library.
//!
//! Input: argv and environment. Output: an exit code. Must not: decide anything.

use agent::{cli, logging};
use std::process::ExitCode;

fn main() -> ExitCode {
    logging::start();
    cli::main(std::env::args_os())
}
