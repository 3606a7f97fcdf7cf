//! Programs of this workspace, built static: with the C library linked in, one runs in any image.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::workspace;
use crate::platform::cargo::cargo;
use crate::platform::command::{LONG, Run};

/// Runs cargo with `args` for this machine's own target, and returns the programs it built.
pub async fn build_static(args: &[&str], log: &Path) -> Result<Vec<PathBuf>> {
    let rustc = Run::new("rustc").args(["--version", "--verbose"]).dir(&workspace()).output().await?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let build = cargo().env("RUSTFLAGS", "-C target-feature=+crt-static");
    let build =
        build.args(args).args(["--release", "--target", host, "--message-format=json-render-diagnostics"]);
    let messages = build.deadline(LONG).split(log).await?;
    Ok(messages.lines().filter_map(executable).collect())
}

/// The program one of cargo's messages tells of.
fn executable(message: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    serde_json::from_str::<Message>(message).ok()?.executable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_cargos_messages_and_other_messages_passed_over() {
        let program = r#"{"reason":"compiler-artifact","executable":"/t/release/operator","fresh":true}"#;
        let library = r#"{"reason":"compiler-artifact","executable":null}"#;
        let found: Vec<_> = [program, library, "{\"reason\":\"build-finished\"}", "not json"]
            .into_iter()
            .filter_map(executable)
            .collect();
        assert_eq!(found, [PathBuf::from("/t/release/operator")]);
    }
}
