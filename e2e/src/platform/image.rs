//! The images of the platform: which there are, what each is called, and what each is made from. Pure data.

pub(crate) mod build;
mod debian;
mod recipe;

use super::key::{Key, KeyBuilder};
use super::tool::KUBERNETES;
pub(crate) use recipe::Recipe;

/// Where images come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A container registry answers: what is published there is used.
    Published,
    /// None does: everything is built from Go modules and Debian packages.
    Built,
}

/// A Debian release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Suite {
    Bullseye,
    Bookworm,
    Trixie,
    /// The one that will be released next.
    Forky,
}

impl Suite {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bullseye => "bullseye",
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
            Self::Forky => "forky",
        }
    }
}

/// A version of PostgreSQL that a release of Debian has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Major {
    Thirteen,
    Fifteen,
    Seventeen,
    Eighteen,
}

impl Major {
    /// What there are fixtures of, and every run has.
    pub(crate) const LOADED: [Self; 2] = [Self::Fifteen, Self::Seventeen];

    /// The version of this number.
    pub(crate) fn of(number: u8) -> Option<Self> {
        [Self::Thirteen, Self::Fifteen, Self::Seventeen, Self::Eighteen]
            .into_iter()
            .find(|major| major.number() == number)
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Thirteen => 13,
            Self::Fifteen => 15,
            Self::Seventeen => 17,
            Self::Eighteen => 18,
        }
    }

    /// The release that packages this version.
    fn suite(self) -> Suite {
        match self {
            Self::Thirteen => Suite::Bullseye,
            Self::Fifteen => Suite::Bookworm,
            Self::Seventeen => Suite::Trixie,
            Self::Eighteen => Suite::Forky,
        }
    }
}

/// One image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Image {
    Debian(Suite),
    /// What our own programs, and those built here, are put on: Debian with certificates.
    Base,
    Pause,
    Etcd,
    Coredns,
    KubeApiserver,
    KubeControllerManager,
    KubeScheduler,
    KubeProxy,
    LocalPath,
    /// The node without anything of ours, apart because its packages take long to install and seldom change.
    NodeBase,
    Node,
    Kopia,
    Minio,
    Postgres(Major),
}

impl Image {
    pub(crate) const ALL: [Self; 21] = [
        Self::Debian(Suite::Bullseye),
        Self::Debian(Suite::Bookworm),
        Self::Debian(Suite::Trixie),
        Self::Debian(Suite::Forky),
        Self::Base,
        Self::Pause,
        Self::Etcd,
        Self::Coredns,
        Self::KubeApiserver,
        Self::KubeControllerManager,
        Self::KubeScheduler,
        Self::KubeProxy,
        Self::LocalPath,
        Self::NodeBase,
        Self::Node,
        Self::Kopia,
        Self::Minio,
        Self::Postgres(Major::Thirteen),
        Self::Postgres(Major::Fifteen),
        Self::Postgres(Major::Seventeen),
        Self::Postgres(Major::Eighteen),
    ];

    /// What pods and fixtures run, and what is therefore put into the node.
    pub(crate) const LOADED: [Self; 4] =
        [Self::Kopia, Self::Minio, Self::Postgres(Major::Fifteen), Self::Postgres(Major::Seventeen)];

    /// What the node carries for its own control plane, with the names kubeadm and the manifests ask for.
    pub(crate) fn control_plane() -> [(Self, String); 8] {
        let kubernetes = |name: &str| format!("registry.k8s.io/{name}:{KUBERNETES}");
        [
            (Self::KubeApiserver, kubernetes("kube-apiserver")),
            (Self::KubeControllerManager, kubernetes("kube-controller-manager")),
            (Self::KubeScheduler, kubernetes("kube-scheduler")),
            (Self::KubeProxy, kubernetes("kube-proxy")),
            (Self::Etcd, "registry.k8s.io/etcd:3.6.5-0".into()),
            (Self::Pause, "registry.k8s.io/pause:3.10.1".into()),
            (Self::Coredns, "registry.k8s.io/coredns/coredns:v1.12.1".into()),
            (Self::LocalPath, "docker.io/rancher/local-path-provisioner:v0.0.30".into()),
        ]
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Debian(suite) => format!("debian-{}", suite.name()),
            Self::Postgres(major) => format!("postgres-{}", major.number()),
            Self::LocalPath => "local-path-provisioner".into(),
            Self::KubeApiserver => "kube-apiserver".into(),
            Self::KubeControllerManager => "kube-controller-manager".into(),
            Self::KubeScheduler => "kube-scheduler".into(),
            Self::KubeProxy => "kube-proxy".into(),
            Self::NodeBase => "node-base".into(),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    /// The published image that serves as well, if there is one. MinIO has none: its publisher removed them.
    fn published(self) -> Option<String> {
        match self {
            Self::Node => Some(PUBLISHED_NODE.into()),
            Self::Debian(suite) => Some(format!("docker.io/library/debian:{}-slim", suite.name())),
            Self::Kopia => Some("docker.io/kopia/kopia:0.22.3".into()),
            Self::Postgres(major) => Some(published_postgres(major.number())),
            _ => None,
        }
    }

    /// Whether it is fetched, not built.
    pub(crate) fn is_pulled(self, origin: Origin) -> bool {
        origin == Origin::Published && self.published().is_some()
    }

    /// The name it has in the engine and in the node.
    pub(crate) fn reference(self, origin: Origin) -> String {
        match (origin, self.published(), self) {
            (Origin::Published, Some(published), _) => published,
            (_, _, Self::Postgres(major)) if Major::LOADED.contains(&major) => {
                postgres_template(origin).replace("{major}", &major.number().to_string())
            }
            _ => format!("{BUILT_PREFIX}{}:{}", self.name(), self.key(origin)),
        }
    }

    /// Changes when anything it is built from does.
    fn key(self, origin: Origin) -> Key {
        self.recipe()
            .add_to(KeyBuilder::of("image").add(self.name()).add(std::env::consts::ARCH), origin)
            .finish()
    }
}

/// What the names of images built here begin with.
pub(crate) const BUILT_PREFIX: &str = "localhost/pgro-e2e/";

/// v1.34.11 as the release notes of this version of kind name it, nearest to the version built here. By digest alone:
/// podman takes no name that has a tag and a digest.
const PUBLISHED_NODE: &str =
    "docker.io/kindest/node@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d";

/// The published image of this version of PostgreSQL, also of one that no release of Debian has.
pub(crate) fn published_postgres(major: u8) -> String {
    format!("docker.io/library/postgres:{major}")
}

/// The name of a PostgreSQL image with `{major}` where the version goes; one key covers all versions that every
/// run has, since a template has room for only one.
pub(crate) fn postgres_template(origin: Origin) -> String {
    match origin {
        Origin::Published => "docker.io/library/postgres:{major}".into(),
        Origin::Built => {
            let all = Major::LOADED.into_iter().map(|major| Image::Postgres(major).key(origin));
            let key = all.fold(KeyBuilder::of("postgres"), |builder, key| builder.key(&key)).finish();
            format!("{BUILT_PREFIX}postgres:{{major}}-{key}")
        }
    }
}

#[cfg(test)]
mod tests;
