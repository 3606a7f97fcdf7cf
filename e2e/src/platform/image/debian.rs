//! The smallest Debian, as an image, from packages alone.

use std::path::Path;

use anyhow::{Context, Result};

use super::Suite;
use super::build::Workshop;
use crate::platform::command::{LONG, Run, remove_folder};
use crate::platform::host;
use crate::platform::store::Draft;

/// What debootstrap adds to the smallest set; certificates, so that later packages may come over TLS.
const PACKAGES: &str = "ca-certificates";

/// Nobody reads manuals in a container, and a third of a small Debian is manuals and translations. The one file kept is
/// what `localedef` looks names up in.
const DPKG: &str = "path-exclude /usr/share/doc/*
path-exclude /usr/share/info/*
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
";

/// The inputs, as text for the image's key.
pub(super) fn inputs() -> String {
    format!("{PACKAGES}\n{DPKG}")
}

/// Makes the image. Its list of sources is the machine's mirror, so that later builds on it reach the same packages.
pub(super) async fn bootstrap(workshop: &Workshop<'_>, suite: Suite, name: &str, log: &Path) -> Result<()> {
    let mirror = host::debian_mirror()?;
    let rootfs = Draft::begin(&workshop.layout.temp(), "rootfs")?;
    let include = format!("--include={PACKAGES}");
    let run = Run::new("debootstrap").args(["--variant=minbase", &include, suite.name()]);
    run.arg(rootfs.path()).arg(mirror).args(script(suite)).deadline(LONG).logged(log).await?;
    slim(rootfs.path())?;
    workshop.engine.import(rootfs.path(), name, log).await
}

/// How a release is put together, where debootstrap may be older than the release's name: as the newest that it knows.
fn script(suite: Suite) -> Option<&'static str> {
    (suite == Suite::Forky).then_some("/usr/share/debootstrap/scripts/sid")
}

/// Removes what dpkg is told to leave out from now on.
fn slim(rootfs: &Path) -> Result<()> {
    let settings = rootfs.join("etc/dpkg/dpkg.cfg.d/slim");
    std::fs::write(&settings, DPKG).with_context(|| format!("failed to write {}", settings.display()))?;
    for folder in ["doc", "info", "man", "locale"].map(|name| rootfs.join("usr/share").join(name)) {
        remove_folder(&folder)?;
        std::fs::create_dir(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manuals_and_translations_go_and_dpkg_is_told_so() {
        let rootfs = tempfile::tempdir().unwrap();
        for folder in [
            "etc/dpkg/dpkg.cfg.d",
            "usr/share/doc/tar",
            "usr/share/zoneinfo",
            "usr/share/info",
            "usr/share/man",
        ] {
            std::fs::create_dir_all(rootfs.path().join(folder)).unwrap();
        }
        slim(rootfs.path()).unwrap();
        assert!(!rootfs.path().join("usr/share/doc/tar").exists());
        assert!(rootfs.path().join("usr/share/zoneinfo").exists());
        assert_eq!(std::fs::read_to_string(rootfs.path().join("etc/dpkg/dpkg.cfg.d/slim")).unwrap(), DPKG);
    }

    #[test]
    fn a_debian_of_other_packages_is_another_image() {
        assert!(inputs().contains(PACKAGES) && inputs().contains(DPKG));
    }
}
