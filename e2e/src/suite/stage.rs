//! The stages that are one call of cargo. Pure data.

use std::time::Duration;

/// How long one stage may take: the limit of the whole, cold, on two cores.
pub(super) const LIMIT: Duration = Duration::from_hours(1);

#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) args: &'static [&'static str],
}

/// Those that need nothing but the workspace.
pub(super) const ALONE: [Stage; 3] = [
    Stage { name: "formatting", args: &["fmt", "--all", "--check"] },
    Stage {
        name: "lints",
        args: &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
    },
    Stage { name: "unit and integration tests", args: &["test", "--workspace", "--no-fail-fast"] },
];

/// Licences, sources and banned crates, for who has cargo-deny. What needs the network is left out.
pub(super) const DEPENDENCIES: Stage =
    Stage { name: "dependencies", args: &["deny", "check", "licenses", "bans", "sources"] };

/// The feature `cluster` selects them: without it they are not even built.
pub(super) const ON_CLUSTER: Stage = Stage {
    name: "behaviours on the cluster",
    args: &[
        "test",
        "-p",
        "e2e",
        "--features",
        "cluster",
        "--test",
        "*",
        "--no-fail-fast",
        "--",
        "--test-threads=12",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lints_see_every_target_and_every_feature_and_forgive_nothing() {
        let lints = ALONE.iter().find(|stage| stage.name == "lints").unwrap();
        for argument in ["--workspace", "--all-targets", "--all-features", "warnings"] {
            assert!(lints.args.contains(&argument), "{argument}");
        }
    }

    #[test]
    fn the_behaviours_are_behind_the_feature_their_targets_require() {
        let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
        assert!(ON_CLUSTER.args.contains(&"cluster"));
        assert_eq!(
            manifest.matches("[[test]]").count(),
            manifest.matches("required-features = [\"cluster\"]").count()
        );
    }
}
