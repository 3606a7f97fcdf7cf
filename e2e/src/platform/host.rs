//! The machine this runs on: who we are, what is installed, where its Debian packages come from.
//!
//! Output: facts, read once. The only thing changed is that packages are installed, when told to.

mod apt;

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::command::{LONG, Run, which};
use super::layout::Layout;
use crate::progress::Progress;

/// What the rest needs to know about the machine.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) root: bool,
    path: Option<OsString>,
}

impl Host {
    /// Looks at the machine; `path` is the search path for programs.
    pub(crate) fn look(path: Option<OsString>) -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self { root: is_root(&status), path }
    }

    /// Whether a program is on the search path.
    pub(crate) fn has(&self, program: &str) -> bool {
        // Ordinary users' paths often lack the folder that iptables and debootstrap are in.
        which(program, self.path.as_deref()).is_some() || Path::new("/usr/sbin").join(program).exists()
    }

    /// Refuses with `mend`, a command, when a program is missing.
    pub(crate) fn needs(&self, program: &str, what_for: &str, mend: &str) -> Result<()> {
        if self.has(program) {
            return Ok(());
        }
        bail!("`{program}` is missing, which is needed {what_for}: {mend}, and run this again")
    }

    /// Installs Debian packages.
    pub(crate) async fn install(
        &self,
        packages: &[&str],
        layout: &Layout,
        progress: &Progress,
    ) -> Result<()> {
        let names = packages.join(" ");
        if !self.root || !self.has("apt-get") {
            bail!("packages are missing: run `sudo apt-get install -y {names}`, and run this again");
        }
        let log = layout.log("install packages");
        let step = format!("install {names}");
        progress.step(&step, Some(&log), install(packages, &log)).await
    }
}

/// Where this machine's Debian packages come from.
pub(crate) fn debian_mirror() -> Result<String> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename = apt::codename(&release)
        .context("/etc/os-release names no VERSION_CODENAME: building images needs a Debian machine")?;
    let sources = apt::sources_in(Path::new("/etc/apt"));
    apt::mirror(&sources, &codename).with_context(|| {
        format!(
            "no mirror for `{codename} main` in /etc/apt/sources.list or /etc/apt/sources.list.d: add one"
        )
    })
}

/// The folder of the kernel's modules, which kind mounts into the node and which must therefore exist.
pub(crate) fn ensure_modules_folder() -> Result<()> {
    let folder = Path::new("/lib/modules");
    if folder.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).context(
        "failed to create /lib/modules, which kind mounts into the node: run `sudo mkdir -p /lib/modules`",
    )
}

async fn install(packages: &[&str], log: &Path) -> Result<()> {
    let apt = || Run::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").deadline(LONG);
    apt().args(["update", "-q"]).logged(log).await?;
    apt().args(["install", "-q", "-y"]).args(packages).logged(log).await
}

/// Whether the effective user of `/proc/self/status` is root.
fn is_root(status: &str) -> bool {
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effective_user_decides_who_we_are() {
        assert!(is_root("Name:\tx\nUid:\t1000\t0\t0\t0\n"));
        assert!(!is_root("Uid:\t0\t1000\t0\t0\n"));
        assert!(!is_root(""));
    }

    #[test]
    fn a_missing_tool_is_one_sentence_with_what_mends_it() {
        let host = Host { root: true, path: None };
        let error =
            host.needs("no-such-tool", "to build images", "`apt-get install it`").unwrap_err().to_string();
        assert_eq!(
            error,
            "`no-such-tool` is missing, which is needed to build images: `apt-get install it`, and run this again"
        );
    }

    #[tokio::test]
    async fn without_root_the_command_to_install_is_said_instead_of_run() {
        let host = Host { root: false, path: None };
        let layout = Layout::find(Some("/nowhere".into()), None).unwrap();
        let error =
            host.install(&["debootstrap"], &layout, &Progress::default()).await.unwrap_err().to_string();
        assert!(error.contains("`sudo apt-get install -y debootstrap`"), "{error}");
    }
}
