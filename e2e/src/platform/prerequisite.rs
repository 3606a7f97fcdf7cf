//! What the machine must have for the work ahead: found out from the tasks, before any of them starts.

use std::time::Duration;

use anyhow::{Result, bail};

use super::command::Run;
use super::host::Host;
use super::image::{Image, Origin};
use super::job::{Job, Task};
use super::layout::Layout;
use super::tool::Source;
use crate::progress::Progress;

/// The first Go that fetches, by itself, the version a module asks for.
const OLDEST_GO: u32 = 21;

/// Something that must be on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Go,
    CCompiler,
    Debootstrap,
    Cargo,
}

fn needs(tasks: &[Task<Job>], origin: Origin) -> Vec<Need> {
    let mut found = Vec::new();
    for need in tasks.iter().filter_map(|task| need(task.job, origin)) {
        if !found.contains(&need) {
            found.push(need);
        }
    }
    found
}

fn need(job: Job, origin: Origin) -> Option<Need> {
    match job {
        Job::Tool(tool) => Some(match tool.source() {
            Source::Go { .. } => Need::Go,
            Source::C(_) => Need::CCompiler,
        }),
        Job::Image(image @ Image::Debian(_)) if !image.is_pulled(origin) => Some(Need::Debootstrap),
        Job::Project => Some(Need::Cargo),
        _ => None,
    }
}

/// Sees to it that everything the tasks need is there, or says what to do.
pub(crate) async fn ensure(
    tasks: &[Task<Job>],
    origin: Origin,
    host: &Host,
    layout: &Layout,
    progress: &Progress,
) -> Result<()> {
    for need in needs(tasks, origin) {
        match need {
            Need::Go => go(host).await?,
            Need::CCompiler => {
                host.needs("cc", "to build the pause image", "`sudo apt-get install -y gcc libc6-dev`")?;
            }
            Need::Cargo => host.needs("cargo", "to build pgro's programs", "install Rust with rustup")?,
            Need::Debootstrap if !host.root => bail!(
                "building images from Debian packages needs root: run this again as root \
                 (`sudo -E env PATH=$PATH cargo run -p e2e -- …`)"
            ),
            Need::Debootstrap if !host.has("debootstrap") => {
                host.install(&["debootstrap"], layout, progress).await?;
            }
            Need::Debootstrap => {}
        }
    }
    Ok(())
}

async fn go(host: &Host) -> Result<()> {
    host.needs("go", "to build kind, kopia and MinIO", "install Go 1.24 or newer and put it on PATH")?;
    let version =
        Run::new("go").args(["env", "GOVERSION"]).deadline(Duration::from_secs(30)).output().await?;
    match minor(&version) {
        Some(minor) if minor >= OLDEST_GO => Ok(()),
        _ => bail!(
            "Go 1.24 or newer is needed, and this is {}: install it, put it first on PATH, and run this again",
            version.trim()
        ),
    }
}

/// 26 of `go1.26.8`.
fn minor(version: &str) -> Option<u32> {
    let digits = version.trim().strip_prefix("go1.")?;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::image::Suite;
    use crate::platform::tool::Tool;

    fn needed(jobs: &[Job], origin: Origin) -> Vec<Need> {
        let tasks: Vec<_> = jobs.iter().map(|job| Task { job: *job, after: Vec::new() }).collect();
        needs(&tasks, origin)
    }

    #[test]
    fn a_warm_start_needs_nothing() {
        assert_eq!(needed(&[], Origin::Built), []);
        assert_eq!(needed(&[Job::Load(Image::Kopia)], Origin::Built), []);
    }

    #[test]
    fn each_need_is_named_once() {
        let jobs = [Job::Tool(Tool::Kind), Job::Tool(Tool::Kopia), Job::Tool(Tool::Pause), Job::Project];
        assert_eq!(needed(&jobs, Origin::Built), [Need::Go, Need::CCompiler, Need::Cargo]);
    }

    #[test]
    fn debootstrap_is_needed_only_where_debian_cannot_be_fetched() {
        let debian = [Job::Image(Image::Debian(Suite::Bookworm))];
        assert_eq!(needed(&debian, Origin::Built), [Need::Debootstrap]);
        assert_eq!(needed(&debian, Origin::Published), []);
    }

    #[test]
    fn the_version_of_go_is_read_from_its_own_words() {
        assert_eq!(minor("go1.26.8\n"), Some(26));
        assert_eq!(minor("go1.22rc1"), Some(22));
        assert_eq!(minor("devel +abc"), None);
    }
}
