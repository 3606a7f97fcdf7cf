//! The command line over the table of variables.

use super::{
    Settings,
    variables::{ALL, Variable},
};
use clap::{Arg, ArgMatches, Command};
use contract::env::EX_USAGE;
use std::ffi::OsString;

/// Why there are no settings: what to print, and the exit code to end with.
#[derive(Debug)]
pub struct Refusal {
    /// What the person at the terminal is told.
    pub text: String,
    /// 64 for bad usage or configuration, 0 where help or the version was asked for.
    pub code: u8,
}

/// Settings from a command line and the process environment.
pub fn read<I>(command_line: I) -> Result<Settings, Refusal>
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let matches = command().try_get_matches_from(command_line).map_err(|error| Refusal::of_usage(&error))?;
    Settings::from_lookup(|name| value(&matches, name))
        .map_err(|error| Refusal { text: error.to_string(), code: EX_USAGE })
}

impl Refusal {
    fn of_usage(error: &clap::Error) -> Self {
        let code = if error.use_stderr() { EX_USAGE } else { 0 };
        Self { text: error.to_string().trim_end().to_owned(), code }
    }
}

fn command() -> Command {
    Command::new("operator")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Restores, verifies and serves the PostgreSQL backups on Canopy's worklist")
        .args(ALL.iter().map(arg))
}

fn arg(variable: &Variable) -> Arg {
    let help = match variable.default {
        Some(default) => format!("{} (default {default})", variable.expected),
        None => variable.expected.to_owned(),
    };
    Arg::new(variable.name).long(variable.flag).env(variable.name).help(help)
}

fn value(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}
