use super::{Cli, block_on};
use clap::{Args, CommandFactory, FromArgMatches, Parser};

#[derive(Debug, Parser)]
struct Wrapper<A: Args> {
    #[command(flatten)]
    args: A,
}

/// A subcommand's arguments as these flags say, whatever the environment of the tests holds.
pub(super) fn parsed<A: Args>(flags: &[&str]) -> A {
    let command = <Wrapper<A> as CommandFactory>::command().mut_args(|arg| arg.env(None::<&str>));
    Wrapper::from_arg_matches(&command.get_matches_from([&["x"], flags].concat())).unwrap().args
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn no_flag_takes_a_secret() {
    for task in Cli::command().get_subcommands() {
        for arg in task.get_arguments() {
            assert!(!arg.get_id().as_str().contains("password"), "{} {}", task.get_name(), arg.get_id());
        }
    }
}

#[test]
fn work_that_ends_well_is_handed_back() {
    assert_eq!(block_on(async |_| 7).unwrap(), 7);
}
