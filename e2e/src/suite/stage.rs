//! The stages that are one call of cargo. Pure data.

use std::time::Duration;

/// How long one stage may take: the limit of the whole, cold, on two cores.
pub(super) const LIMIT: Duration = Duration::from_hours(1);

#[derive(Clone, Copy, Debug)]
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) args: &'static [&'static str],
}

/// What is told in a minute, before anything long begins.
pub(super) const QUICK: [Stage; 2] = [
    Stage { name: "formatting", args: &["fmt", "--all", "--check"] },
    Stage {
        name: "lints",
        args: &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
    },
];

/// Everything that needs nothing but the workspace.
pub(super) const WORKSPACE: Stage =
    Stage { name: "unit and integration tests", args: &["test", "--workspace", "--no-fail-fast"] };

/// Licences, sources and banned crates, for who has cargo-deny. What needs the network is left out.
pub(super) const DEPENDENCIES: Stage =
    Stage { name: "dependencies", args: &["deny", "check", "licenses", "bans", "sources"] };

/// A target of this crate; the feature `cluster` selects them: without it they are not even built.
macro_rules! on_cluster {
    ($name:literal, $target:literal $(, $more:literal)*) => {
        Stage {
            name: $name,
            args: &[
                "test",
                "-p",
                "e2e",
                "--features",
                "cluster",
                "--test",
                $target,
                "--no-fail-fast",
                "--",
                "--test-threads=12",
                $($more,)*
            ],
        }
    };
}

/// Those that kill the operator and make Canopy fail for everyone: only what uses no cluster may run beside them.
pub(super) const DISTURBED: Stage = on_cluster!("behaviours while everyone suffers", "disturbed");

/// Those that leave each other alone.
pub(super) const CALM: [Stage; 2] = [
    on_cluster!("behaviours on the cluster", "behaviours"),
    on_cluster!("damaged backups on the cluster", "damaged", "--show-output"),
];

/// The proxy's own target with containers in it.
pub(super) const NEIGHBOURS: Stage = Stage {
    name: "the proxy among real neighbours",
    args: &[
        "test",
        "-p",
        "proxy",
        "--features",
        "real-neighbours",
        "--test",
        "neighbours",
        "--",
        "--nocapture",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lints_see_every_target_and_every_feature_and_forgive_nothing() {
        let lints = QUICK.iter().find(|stage| stage.name == "lints").unwrap();
        for argument in ["--workspace", "--all-targets", "--all-features", "warnings"] {
            assert!(lints.args.contains(&argument), "{argument}");
        }
    }

    #[test]
    fn every_target_of_the_cluster_is_run_and_behind_its_feature() {
        let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
        let targets: Vec<&str> = manifest.split("[[test]]\nname = \"").skip(1).collect();
        let run: Vec<&str> = [DISTURBED].iter().chain(&CALM).map(|stage| stage.args[6]).collect();
        assert_eq!(targets.len(), run.len());
        for target in targets {
            assert!(target.contains("required-features = [\"cluster\"]"), "{target}");
            assert!(run.iter().any(|name| target.starts_with(&format!("{name}\""))), "{target}");
        }
    }
}
