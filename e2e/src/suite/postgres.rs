//! The agent's tests against real servers, in the very images it will work in.
//!
//! Input: an engine and images: a cluster's, or those of versions asked for. Output: whether all passed on every version. Built static, as the agent
//! itself is, so that one test program runs in every image.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use e2e::platform::{self, Cluster, Engine, Layout, Options, Run};
use e2e::progress::Progress;

use super::stage::LIMIT;

const MAJORS: [u8; 2] = [15, 17];
/// Of the table, each version tries every second copy: all of them on both take minutes.
const SHARES: [&str; 2] = ["1/2", "2/2"];
/// The tests, and the table of what is detected.
const TESTS: [&str; 2] = ["real_postgres", "detection"];
/// Where the container has the programs: the folder they were built in may lie where its user must not go.
const PROGRAMS: &str = "/programs";
const BUILD: [&str; 10] = [
    "test",
    "--no-run",
    "--package",
    "agent",
    "--features",
    "real-postgres",
    "--test",
    TESTS[0],
    "--test",
    TESTS[1],
];

/// What cargo built.
pub(super) struct Programs(Vec<PathBuf>);

/// One version, and what is tried on it.
struct Version<'a> {
    engine: &'a Engine,
    layout: &'a Layout,
    major: u8,
    image: String,
    share: &'a str,
    filter: Option<&'a str>,
}

pub(super) async fn build(layout: &Layout, progress: &Progress) -> Result<Programs> {
    let log = layout.root().join("logs/agent-tests.log");
    let built = platform::build_static(&BUILD, &log);
    progress.step("build the agent's tests", Some(&log), built).await.map(Programs)
}

/// Each version beside the other; both spend much of their time waiting for servers.
pub(super) async fn run(cluster: &Cluster, built: Result<Programs>, progress: &Progress) -> Result<()> {
    let (programs, images) = (built?, cluster.images()?);
    let versions = MAJORS.into_iter().zip(SHARES).map(|(major, share)| Version {
        engine: &cluster.engine,
        layout: &cluster.layout,
        major,
        image: images.postgres(major),
        share,
        filter: None,
    });
    let ended = versions.map(async |version| version.tried(&programs, progress).await);
    futures::future::join_all(ended).await.into_iter().collect()
}

/// All of it on each of `majors`, one after the other, whatever came of those before; or tests whose names contain `filter`.
pub(super) async fn on_demand(
    options: &Options,
    majors: &[u8],
    filter: Option<&str>,
    progress: &Progress,
) -> Result<()> {
    let servers = platform::servers(options, majors, progress).await?;
    let programs = build(&servers.layout, progress).await?;
    let mut ended = Vec::new();
    for (major, image) in servers.images {
        let (engine, layout) = (&servers.engine, &servers.layout);
        let version = Version { engine, layout, major, image, share: "1/1", filter };
        ended.push(version.tried(&programs, progress).await);
    }
    ended.into_iter().collect()
}

impl Version<'_> {
    async fn tried(&self, Programs(programs): &Programs, progress: &Progress) -> Result<()> {
        let mut ended = Vec::new();
        for test in TESTS {
            let program =
                test_program(programs, test).with_context(|| format!("cargo built no test `{test}`"))?;
            let name = format!("{test} of the agent on PostgreSQL {}", self.major);
            let log = self.layout.root().join(format!("logs/agent-{test}-{}.log", self.major));
            let run = contained(self.engine.run(), &self.image, program, self.share, self.filter);
            ended.push(progress.step(&name, Some(&log), run.logged(&log)).await);
            let printed = std::fs::read(&log).with_context(|| format!("failed to read {}", log.display()))?;
            progress.show(&printed);
        }
        ended.into_iter().collect()
    }
}

fn test_program<'a>(programs: &'a [PathBuf], test: &str) -> Option<&'a Path> {
    let is_test = |file: &&PathBuf| {
        file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{test}-")))
    };
    programs.iter().find(is_test).map(PathBuf::as_path)
}

/// As user postgres, without a network, and with nothing of the machine but the programs.
fn contained(engine: Run, image: &str, test: &Path, share: &str, filter: Option<&str>) -> Run {
    let programs = test.ancestors().nth(2).unwrap_or(test);
    let mount = format!("{}:{PROGRAMS}:ro", programs.display());
    let inside = Path::new(PROGRAMS).join(test.strip_prefix(programs).unwrap_or(test));
    let agent = format!("PGRO_AGENT={PROGRAMS}/pgro-agent");
    let share = format!("PGRO_DETECTION_SHARE={share}");
    let run = engine.args(["run", "--rm", "--network=none", "--user=999:999", "--tmpfs=/tmp:mode=1777"]);
    run.args(["--volume", &mount, "--env", &agent, "--env", &share, "--entrypoint"])
        .arg(&inside)
        .arg(image)
        .args(filter)
        .deadline(LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_program_is_told_from_the_program_it_tests() {
        let programs = ["/t/release/pgro-agent", "/t/release/deps/real_postgres-0a1b"].map(PathBuf::from);
        assert_eq!(test_program(&programs, TESTS[0]), Some(programs[1].as_path()));
        assert_eq!(test_program(&programs, TESTS[1]), None);
    }

    #[tokio::test]
    async fn the_container_has_no_network_and_no_rights_and_sees_only_the_programs() {
        let test = Path::new("/t/release/deps/real_postgres-0a1b");
        let line =
            contained(Run::new("echo"), "postgres:15", test, "1/2", Some("heap")).output().await.unwrap();
        for part in ["--network=none", "--user=999:999", "--volume /t/release:/programs:ro"] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(
            line.trim_end().ends_with("--entrypoint /programs/deps/real_postgres-0a1b postgres:15 heap"),
            "{line}"
        );
    }
}
