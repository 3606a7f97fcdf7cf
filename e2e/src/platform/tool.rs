//! The programs that are built here: which there are and what each is made from. Pure data.

pub(crate) mod build;

use super::key::{Key, KeyBuilder};

pub(crate) const KUBERNETES: &str = "v1.34.4";

/// A program, or a family of programs from one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tool {
    Kind,
    Kopia,
    Minio,
    Etcd,
    Coredns,
    LocalPath,
    Kubernetes,
    Pause,
}

/// What a tool is made from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Packages of Go modules; go.mod and go.sum fix every version, so the same text gives the same program.
    Go { go_mod: &'static str, go_sum: &'static str, packages: &'static [&'static str], ldflags: String },
    /// One C file.
    C(&'static str),
}

macro_rules! go {
    ($folder:literal, $packages:expr, $ldflags:expr) => {
        Source::Go {
            go_mod: include_str!(concat!("../../platform/go/", $folder, "/go.mod")),
            go_sum: include_str!(concat!("../../platform/go/", $folder, "/go.sum")),
            packages: $packages,
            ldflags: $ldflags,
        }
    };
}

impl Tool {
    pub(crate) const ALL: [Self; 8] = [
        Self::Kind,
        Self::Kopia,
        Self::Minio,
        Self::Etcd,
        Self::Coredns,
        Self::LocalPath,
        Self::Kubernetes,
        Self::Pause,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Kopia => "kopia",
            Self::Minio => "minio",
            Self::Etcd => "etcd",
            Self::Coredns => "coredns",
            Self::LocalPath => "local-path-provisioner",
            Self::Kubernetes => "kubernetes",
            Self::Pause => "pause",
        }
    }

    /// The programs it gives.
    pub(crate) fn binaries(self) -> Vec<&'static str> {
        match self.source() {
            Source::Go { packages, .. } if packages.len() > 1 => {
                packages.iter().filter_map(|package| package.rsplit('/').next()).collect()
            }
            _ => vec![self.name()],
        }
    }

    pub(crate) fn source(self) -> Source {
        let stripped = String::from("-s -w");
        match self {
            Self::Kind => go!("kind", &["sigs.k8s.io/kind"], stripped),
            Self::Kopia => go!("kopia", &["github.com/kopia/kopia"], kopia_flags()),
            Self::Minio => go!("minio", &["github.com/minio/minio"], stripped),
            Self::Etcd => go!("etcd", &["go.etcd.io/etcd/server/v3"], stripped),
            Self::Coredns => go!("coredns", &["github.com/coredns/coredns"], stripped),
            Self::LocalPath => {
                go!("local-path-provisioner", &["github.com/rancher/local-path-provisioner"], stripped)
            }
            Self::Kubernetes => go!("kubernetes", KUBERNETES_PACKAGES, kubernetes_flags()),
            Self::Pause => Source::C(include_str!("../../platform/pause.c")),
        }
    }

    pub(crate) fn key(self) -> Key {
        let key = KeyBuilder::of("tool").add(self.name()).add(std::env::consts::ARCH);
        match self.source() {
            Source::C(text) => key.add(text).finish(),
            Source::Go { go_mod, go_sum, packages, ldflags } => {
                let key = key.add(go_mod).add(go_sum).add(ldflags);
                packages.iter().fold(key, KeyBuilder::add).finish()
            }
        }
    }
}

const KUBERNETES_PACKAGES: &[&str] = &[
    "k8s.io/kubernetes/cmd/kubelet",
    "k8s.io/kubernetes/cmd/kubeadm",
    "k8s.io/kubernetes/cmd/kube-apiserver",
    "k8s.io/kubernetes/cmd/kube-controller-manager",
    "k8s.io/kubernetes/cmd/kube-scheduler",
    "k8s.io/kubernetes/cmd/kube-proxy",
    "k8s.io/kubernetes/cmd/kubectl",
];

/// kopia says its version to repositories and to people; without this it says "v0-unofficial".
fn kopia_flags() -> String {
    "-s -w -X github.com/kopia/kopia/repo.BuildVersion=0.22.3".into()
}

/// kubeadm refuses to work with a cluster of no version, and a version is only what the linker is told.
fn kubernetes_flags() -> String {
    let commit = "0".repeat(40);
    let minor = KUBERNETES.split('.').nth(1).unwrap_or_default();
    let values = [
        ("gitVersion", KUBERNETES),
        ("gitMajor", "1"),
        ("gitMinor", minor),
        ("gitTreeState", "clean"),
        ("gitCommit", commit.as_str()),
        ("buildDate", "2026-01-01T00:00:00Z"),
    ];
    let set = |(name, value)| format!(" -X k8s.io/component-base/version.{name}={value}");
    values.into_iter().map(set).fold("-s -w".into(), |flags, flag| flags + &flag)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_tool_has_a_key_of_its_own() {
        let keys: BTreeSet<_> = Tool::ALL.into_iter().map(Tool::key).collect();
        assert_eq!(keys.len(), Tool::ALL.len());
    }

    #[test]
    fn every_go_module_names_the_packages_built_from_it_as_its_tools() {
        for tool in Tool::ALL {
            let Source::Go { go_mod, packages, .. } = tool.source() else { continue };
            for package in packages {
                let named = |line: &str| line.trim().trim_start_matches("tool ") == *package;
                assert!(go_mod.lines().any(named), "{package} is no tool of its go.mod");
            }
        }
    }

    #[test]
    fn every_staging_module_of_kubernetes_has_the_version_of_kubernetes_itself() {
        let Source::Go { go_mod, .. } = Tool::Kubernetes.source() else { panic!("not Go") };
        let staging = KUBERNETES.replacen("v1", "v0", 1);
        let replaced: Vec<_> = go_mod.lines().filter(|line| line.contains("=>")).collect();
        assert!(replaced.len() > 25, "{} replace lines", replaced.len());
        assert!(replaced.iter().all(|line| line.ends_with(&staging)), "{replaced:?}");
        assert!(go_mod.contains(&format!("k8s.io/kubernetes {KUBERNETES}")));
    }

    #[test]
    fn a_family_gives_one_binary_per_package_and_a_single_tool_is_called_by_its_name() {
        assert!(Tool::Kubernetes.binaries().contains(&"kube-proxy"));
        assert_eq!(Tool::Etcd.binaries(), ["etcd"]);
        assert_eq!(Tool::Pause.binaries(), ["pause"]);
    }

    #[test]
    fn kubernetes_is_told_its_version() {
        let flags = kubernetes_flags();
        assert!(
            flags.contains(&format!("version.gitVersion={KUBERNETES} ")) && flags.contains("gitMinor=34 "),
            "{flags}"
        );
    }
}
