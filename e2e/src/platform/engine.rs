//! The container engine: docker or podman, spoken to through its command line.
//!
//! Input: image names, folders to build from. Output: images in the engine's own store. Must not decide what to build.

mod api;
mod choose;
mod find;

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::command::{LONG, Run};
pub use api::Api;
pub(crate) use find::find;

/// Marks what we built, so that cleaning up never touches anything else.
pub(crate) const LABEL: &str = "bes.au.pgro.e2e=true";

/// Which program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// docker, with a daemon that answers.
    Docker,
    /// podman, as root.
    Podman,
}

impl EngineKind {
    /// The program's name, which is also what kind calls its provider.
    pub fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// A working engine and how it has to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    kind: EngineKind,
    containers_conf: Option<PathBuf>,
}

impl Engine {
    /// Which program it is.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// A call of the engine; add arguments and run it.
    pub fn run(&self) -> Run {
        self.environment(Run::new(self.kind.program()))
    }

    /// Gives a program that calls the engine by itself, such as kind, the same settings.
    pub(crate) fn environment(&self, run: Run) -> Run {
        let run = run.env("KIND_EXPERIMENTAL_PROVIDER", self.kind.program());
        match &self.containers_conf {
            Some(conf) => run.env("CONTAINERS_CONF", conf),
            None => run,
        }
    }

    /// Whether an image of that name is in the store.
    pub(crate) async fn has_image(&self, name: &str) -> bool {
        self.run().args(["image", "inspect", "--format", "{{.Id}}", name]).succeeds().await
    }

    /// Fetches a published image.
    pub(crate) async fn pull(&self, name: &str, log: &Path) -> Result<()> {
        self.run().args(["pull", name]).deadline(LONG).logged(log).await
    }

    /// Builds the file `Containerfile` in `context`. The network is the host's, so that what the machine can reach
    /// (and how it resolves it) is what the build can reach.
    pub(crate) async fn build(&self, build: &Build<'_>, log: &Path) -> Result<()> {
        self.build_command(build).deadline(LONG).logged(log).await
    }

    fn build_command(&self, build: &Build<'_>) -> Run {
        let run = self.run().args(["build", "--network=host", "--label", LABEL, "--tag", build.name]);
        // podman otherwise keeps every intermediate layer as a nameless image.
        let run =
            if self.kind == EngineKind::Podman { run.args(["--layers=false", "--force-rm"]) } else { run };
        let run = build.target.into_iter().fold(run, |run, target| run.args(["--target", target]));
        let given =
            |run: Run, (name, value): &(&str, &str)| run.arg("--build-arg").arg(format!("{name}={value}"));
        build.args.iter().fold(run, given).arg("--file").arg(build.containerfile).arg(build.context)
    }

    /// Makes an image of one layer from a folder with a root file system.
    pub(crate) async fn import(&self, rootfs: &Path, name: &str, log: &Path) -> Result<()> {
        let archive =
            Run::new("tar").arg("-C").arg(rootfs).args(["--numeric-owner", "-c", "."]).deadline(LONG);
        archive.pipe_into(self.run().args(["import", "-", name]), log).await
    }

    /// A call that writes images, as one archive, to standard output.
    pub(crate) fn save<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Run {
        let run = self.run().arg("save").deadline(LONG);
        let run = if self.kind == EngineKind::Podman {
            run.args(["--quiet", "--multi-image-archive"])
        } else {
            run
        };
        run.args(names)
    }

    /// A call of a program inside a running container.
    pub(crate) fn exec(&self, container: &str, interactive: bool) -> Run {
        let run = self.run().arg("exec");
        let run = if interactive { run.arg("--interactive") } else { run };
        run.arg(container)
    }
}

#[cfg(test)]
impl Engine {
    /// An engine nobody looked for.
    pub(crate) fn of(kind: EngineKind) -> Self {
        Self { kind, containers_conf: None }
    }
}

/// What an image is built from.
pub(crate) struct Build<'a> {
    pub(crate) name: &'a str,
    pub(crate) containerfile: &'a Path,
    pub(crate) context: &'a Path,
    pub(crate) target: Option<&'a str>,
    pub(crate) args: &'a [(&'a str, &'a str)],
}

#[cfg(test)]
mod tests;
