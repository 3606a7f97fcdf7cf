//! What the caller may choose, as flags and as environment.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use super::engine::EngineKind;
use super::image::Origin;

/// Choices that hold for every command; each has a default that finds out by itself.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Name of the kind cluster
    #[arg(long = "name", env = "PGRO_E2E_CLUSTER", default_value = "pgro-e2e", value_parser = cluster_name, global = true)]
    pub cluster: String,

    /// Container engine to use, instead of the first that works
    #[arg(long, env = "PGRO_E2E_ENGINE", global = true)]
    pub engine: Option<EngineArg>,

    /// Where images come from, instead of asking whether a registry answers
    #[arg(long, env = "PGRO_E2E_IMAGES", global = true)]
    pub images: Option<OriginArg>,
}

/// The spelling of [`EngineKind`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// docker
    Docker,
    /// podman
    Podman,
}

impl From<EngineArg> for EngineKind {
    fn from(arg: EngineArg) -> Self {
        match arg {
            EngineArg::Docker => Self::Docker,
            EngineArg::Podman => Self::Podman,
        }
    }
}

/// The spelling of [`Origin`] on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OriginArg {
    /// Fetched from a container registry
    Published,
    /// Built here
    Built,
}

impl From<OriginArg> for Origin {
    fn from(arg: OriginArg) -> Self {
        match arg {
            OriginArg::Published => Self::Published,
            OriginArg::Built => Self::Built,
        }
    }
}

/// The cluster's name becomes a folder's and a container's.
fn cluster_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 40 || !text.chars().all(allowed) || text.starts_with('-') {
        return Err("expected up to 40 of a-z, 0-9 and -, not beginning with -".into());
    }
    Ok(text.to_owned())
}

/// What is taken from the environment without being a choice.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) xdg_cache_home: Option<OsString>,
    pub(crate) home: Option<OsString>,
    pub(crate) path: Option<OsString>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        let read = std::env::var_os;
        Self { xdg_cache_home: read("XDG_CACHE_HOME"), home: read("HOME"), path: read("PATH") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, FromArgMatches, Parser, builder::Resettable};

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    fn parse(args: &[&str]) -> Result<Options, clap::Error> {
        let without_environment = Command::command().mut_args(|arg| arg.env(Resettable::Reset));
        let matches = without_environment.try_get_matches_from([&["e2e"], args].concat())?;
        Command::from_arg_matches(&matches).map(|command| command.options)
    }

    #[test]
    fn everything_has_a_default() {
        let options = parse(&[]).unwrap();
        assert_eq!((options.cluster.as_str(), options.engine, options.images), ("pgro-e2e", None, None));
    }

    #[test]
    fn an_engine_and_an_origin_can_be_chosen() {
        let options = parse(&["--engine", "podman", "--images", "built"]).unwrap();
        assert_eq!(options.engine.map(EngineKind::from), Some(EngineKind::Podman));
        assert_eq!(options.images.map(Origin::from), Some(Origin::Built));
    }

    #[test]
    fn a_name_that_would_leave_its_folder_is_refused() {
        for name in ["../x", "", "-x", "UPPER", &"x".repeat(41)] {
            assert!(parse(&[&format!("--name={name}")]).is_err(), "{name:?}");
        }
    }
}
