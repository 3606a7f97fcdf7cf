//! Finds a working engine, or makes one: looks, lets [`choose`] decide, installs if told to.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::choose::{Choice, Found, Rights, choose};
use super::{Engine, EngineKind};
use crate::platform::command::Run;
use crate::platform::host::Host;
use crate::platform::layout::Layout;
use crate::progress::Progress;

/// A daemon that needs longer than this for a greeting will not carry a cluster.
const GREETING: Duration = Duration::from_secs(10);

/// What podman needs beside itself, by Debian package: netavark calls iptables without depending on it, and runc is
/// the runtime because crun refuses the hybrid cgroup layout.
const PODMAN_PACKAGES: &[&str] = &["podman", "netavark", "aardvark-dns", "iptables", "runc"];

/// The limits are those a container may get without the right to raise them (`CAP_SYS_RESOURCE`), which some test
/// machines lack.
const CONTAINERS_CONF: &str = r#"[containers]
default_ulimits=["nofile=20000:20000","nproc=20000:20000"]
[network]
network_backend="netavark"
[engine]
runtime="runc"
"#;

pub(crate) async fn find(
    host: &Host,
    layout: &Layout,
    asked: Option<EngineKind>,
    progress: &Progress,
) -> Result<Engine> {
    let docker = Engine { kind: EngineKind::Docker, containers_conf: None };
    let podman = podman(layout)?;
    let answers = |engine: &Engine| engine.run().arg("info").deadline(GREETING).succeeds();
    let found = Found {
        docker: asked != Some(EngineKind::Podman) && answers(&docker).await,
        podman: podman_is_whole(host) && answers(&podman).await,
        rights: rights(host),
    };
    match choose(found, asked) {
        Choice::Use(EngineKind::Docker) => Ok(docker),
        Choice::Use(EngineKind::Podman) => Ok(podman),
        Choice::InstallPodman => install(host, layout, podman, progress).await,
        Choice::Refuse(sentence) => Err(anyhow!(sentence)),
    }
}

fn rights(host: &Host) -> Rights {
    match (host.root, host.has("apt-get")) {
        (false, _) => Rights::User,
        (true, false) => Rights::Root,
        (true, true) => Rights::RootWithApt,
    }
}

/// podman with settings of our own, in our own folder: `CONTAINERS_CONF` replaces the machine's files for our calls
/// alone, and podman hands it on to the helpers it starts.
fn podman(layout: &Layout) -> Result<Engine> {
    let conf = layout.containers_conf();
    std::fs::create_dir_all(layout.root())
        .and_then(|()| std::fs::write(&conf, CONTAINERS_CONF))
        .with_context(|| format!("failed to write podman's settings to {}", conf.display()))?;
    Ok(Engine { kind: EngineKind::Podman, containers_conf: Some(conf) })
}

fn podman_is_whole(host: &Host) -> bool {
    let helper = |name: &str| {
        ["/usr/lib/podman", "/usr/libexec/podman"].iter().any(|folder| Path::new(folder).join(name).exists())
    };
    ["podman", "runc", "iptables"].iter().all(|program| host.has(program))
        && ["netavark", "aardvark-dns"].into_iter().all(helper)
}

async fn install(host: &Host, layout: &Layout, podman: Engine, progress: &Progress) -> Result<Engine> {
    host.install(PODMAN_PACKAGES, layout, progress).await?;
    let info: Run = podman.run().arg("info").deadline(GREETING);
    info.output().await.context("podman was installed, but does not work")?;
    Ok(podman)
}
