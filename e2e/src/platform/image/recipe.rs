//! What each image that is built here is made from. Pure data.

use super::{Image, Major, Origin, Suite, debian};
use crate::platform::asset::{Asset, NODE};
use crate::platform::key::KeyBuilder;
use crate::platform::tool::{KUBERNETES, Tool};

/// The inputs of one build.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// What it starts from; `None` is nothing at all.
    pub(crate) from: Option<Image>,
    /// The rest of the Containerfile.
    pub(crate) lines: String,
    /// Tools, found in the build context as `bin/<binary>`.
    pub(crate) tools: Vec<Tool>,
    /// Files, found in the build context under `files/`.
    pub(crate) files: &'static [Asset],
    /// Images, found in the build context as the archive `images.tar`, and the names they are wanted under, in
    /// `images.names`.
    pub(crate) archive: Vec<(Image, String)>,
}

impl Recipe {
    pub(super) fn add_to(&self, key: KeyBuilder, origin: Origin) -> KeyBuilder {
        let from = self.from.map_or("scratch".into(), |image| image.reference(origin));
        let key = key.add(from).add(&self.lines);
        let key = self.tools.iter().fold(key, |key, tool| key.key(&tool.key()));
        let key = self.files.iter().fold(key, |key, file| {
            key.add(file.path).add(file.content).add(if file.executable { "x" } else { "-" })
        });
        let archived =
            |key: KeyBuilder, (image, name): &(Image, String)| key.add(image.reference(origin)).add(name);
        self.archive.iter().fold(key, archived)
    }
}

impl Image {
    pub(crate) fn recipe(self) -> Recipe {
        match self {
            Self::Debian(_) => made(None, debian::inputs(), &[]),
            Self::Base => made(Some(Self::Debian(Suite::Bookworm)), apt("ca-certificates"), &[]),
            Self::Pause => made(None, "COPY bin/pause /pause\nENTRYPOINT [\"/pause\"]\n", &[Tool::Pause]),
            Self::Coredns => {
                made(None, "COPY bin/coredns /coredns\nENTRYPOINT [\"/coredns\"]\n", &[Tool::Coredns])
            }
            Self::Etcd => on_path(None, "etcd", Tool::Etcd),
            Self::KubeApiserver => on_path(None, "kube-apiserver", Tool::Kubernetes),
            Self::KubeControllerManager => on_path(None, "kube-controller-manager", Tool::Kubernetes),
            Self::KubeScheduler => on_path(None, "kube-scheduler", Tool::Kubernetes),
            Self::KubeProxy => kube_proxy(),
            Self::LocalPath => on_path(Some(Self::Base), "local-path-provisioner", Tool::LocalPath),
            Self::Kopia => on_path(Some(Self::Base), "kopia", Tool::Kopia),
            Self::Minio => on_path(Some(Self::Base), "minio", Tool::Minio),
            Self::Postgres(major) => postgres(major),
            Self::NodeBase => made(
                Some(Self::Debian(Suite::Bookworm)),
                format!("{}{NODE_SETTINGS}", apt(NODE_PACKAGES)),
                &[],
            ),
            Self::Node => node(),
        }
    }
}

fn made(from: Option<Image>, lines: impl Into<String>, tools: &[Tool]) -> Recipe {
    Recipe { from, lines: lines.into(), tools: tools.to_vec(), files: &[], archive: Vec::new() }
}

fn on_path(from: Option<Image>, binary: &str, tool: Tool) -> Recipe {
    let path = if from.is_some() { "" } else { "ENV PATH=/usr/local/bin\n" };
    made(from, format!("COPY bin/{binary} /usr/local/bin/{binary}\n{path}"), &[tool])
}

fn apt(packages: &str) -> String {
    format!(
        "RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {packages} \
         && rm -rf /var/lib/apt/lists/* /var/cache/apt/*\n"
    )
}

fn kube_proxy() -> Recipe {
    let lines =
        apt("iptables nftables conntrack kmod ipset") + "COPY bin/kube-proxy /usr/local/bin/kube-proxy\n";
    made(Some(Image::Base), lines, &[Tool::Kubernetes])
}

/// The same shape as the published image: user 999, the programs on `PATH`, an English UTF-8 locale, no cluster made
/// at installation. Contrib, amcheck among it, is part of Debian's server package.
fn postgres(major: Major) -> Recipe {
    let number = major.number();
    let lists = if major.suite() == Suite::Forky { TESTING } else { "" };
    let lines = format!(
        "{lists}RUN groupadd --system --gid=999 postgres \
         && useradd --system --gid=postgres --uid=999 --home-dir=/var/lib/postgresql --shell=/bin/bash postgres \
         && install -d -o postgres -g postgres -m 1777 /var/lib/postgresql /run/postgresql\n\
         RUN apt-get update && export DEBIAN_FRONTEND=noninteractive \
         && apt-get install -y --no-install-recommends locales postgresql-common \
         && localedef -i en_US -c -f UTF-8 -A /usr/share/locale/locale.alias en_US.UTF-8 \
         && echo 'create_main_cluster = false' >> /etc/postgresql-common/createcluster.conf \
         && apt-get install -y --no-install-recommends postgresql-{number} \
         && rm -rf /var/lib/apt/lists/* /var/cache/apt/*\n\
         ENV LANG=en_US.utf8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/{number}/bin\n"
    );
    made(Some(Image::Debian(major.suite())), lines, &[])
}

/// The lists of a release to come are good for a week only; those of a mirror that stands still are as good to us.
const TESTING: &str =
    "RUN echo 'Acquire::Check-Valid-Until \"false\";' > /etc/apt/apt.conf.d/check-valid-until\n";

const NODE_PACKAGES: &str = "systemd systemd-sysv dbus containerd runc containernetworking-plugins iptables nftables \
    iproute2 conntrack ethtool ebtables socat util-linux mount kmod e2fsprogs jq openssl hostname procps rsync \
    libseccomp2 ca-certificates curl ipset";

/// Units that make no sense, or do harm, in a container.
const NODE_SETTINGS: &str = "RUN systemctl mask systemd-logind.service getty.target console-getty.service \
    e2scrub_reap.service systemd-update-utmp.service && echo ReadKMsg=no >> /etc/systemd/journald.conf\n";

fn node() -> Recipe {
    let lines = format!(
        "COPY bin/kubelet bin/kubeadm bin/kubectl /usr/bin/\n\
         COPY files/ /\n\
         RUN mkdir -p /kind /etc/kubernetes/manifests /opt/cni && ln -sfn /usr/lib/cni /opt/cni/bin \
         && systemctl enable kubelet.service containerd.service node-images.service \
         && echo {KUBERNETES} > /kind/version\n\
         COPY images.tar images.names /kind/\n\
         ENV container=docker\n\
         STOPSIGNAL SIGRTMIN+3\n\
         ENTRYPOINT [\"/usr/local/bin/entrypoint\", \"/sbin/init\"]\n"
    );
    let archive = Image::control_plane().to_vec();
    Recipe { from: Some(Image::NodeBase), lines, tools: vec![Tool::Kubernetes], files: NODE, archive }
}
