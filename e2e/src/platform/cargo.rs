//! Calls of cargo from a program that cargo itself may have started.

use super::command::Run;
use super::project::workspace;

/// A call of cargo in the workspace, in the same environment whoever started us. `cargo run` and `cargo test` describe
/// the package they run to it, and some build scripts (ring's among them) are run again when that description changes:
/// everything above them was compiled anew each time a command was started in another way.
pub fn cargo() -> Run {
    let inherited = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    inherited.filter(|name| describes_package(name)).fold(Run::new("cargo"), Run::without).dir(&workspace())
}

fn describes_package(variable: &str) -> bool {
    const PREFIXES: [&str; 5] =
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CFG_", "CARGO_FEATURE_"];
    const NAMES: [&str; 4] = ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR"];
    NAMES.contains(&variable) || PREFIXES.iter().any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_the_package_is_told_from_what_sets_cargo_up() {
        for variable in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "OUT_DIR"] {
            assert!(describes_package(variable), "{variable}");
        }
        for variable in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_INCREMENTAL", "CARGO_TERM_COLOR", "PATH"] {
            assert!(!describes_package(variable), "{variable}");
        }
    }

    #[tokio::test]
    async fn this_test_runs_under_cargo_and_hands_nothing_of_its_package_on() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "cargo sets it for tests");
        let inherited = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let env = inherited.filter(|name| describes_package(name)).fold(Run::new("env"), Run::without);
        let handed_on = env.output().await.unwrap();
        assert!(!handed_on.lines().any(|line| line.starts_with("CARGO_PKG_")), "{handed_on}");
    }
}
