use super::{Cli, block_on, documented};
use clap::CommandFactory;

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
fn a_panic_becomes_a_document() {
    let text = documented(async |_| panic!("broken"), |message| message);
    assert_eq!(text, "the agent panicked; its log says where");
}

#[test]
fn work_that_ends_well_is_handed_back() {
    assert_eq!(block_on(async |_| 7).unwrap(), 7);
}
