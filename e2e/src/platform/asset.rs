//! Files that go into the node image, carried inside this program. Pure data.

/// One file: where it goes, its content, and whether it may be executed.
#[derive(Debug)]
pub(crate) struct Asset {
    pub(crate) path: &'static str,
    pub(crate) content: &'static str,
    pub(crate) executable: bool,
}

macro_rules! node {
    ($path:literal, $executable:literal) => {
        Asset {
            path: $path,
            content: include_str!(concat!("../../platform/node/", $path)),
            executable: $executable,
        }
    };
}

/// What makes a Debian with systemd, containerd and kubelet a node that kind can use.
pub(crate) const NODE: &[Asset] = &[
    node!("etc/cni/net.d/10-bridge.conflist", false),
    node!("etc/containerd/config.toml", false),
    node!("etc/default/kubelet", false),
    node!("etc/systemd/system/kubelet.service", false),
    node!("etc/systemd/system/kubelet.service.d/10-kubeadm.conf", false),
    node!("etc/systemd/system/node-images.service", false),
    node!("kind/manifests/default-cni.yaml", false),
    node!("kind/manifests/default-storage.yaml", false),
    node!("usr/local/bin/entrypoint", true),
    node!("usr/local/bin/import-images", true),
    node!("usr/local/bin/kubelet-cgroups", true),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_says_what_runs_it_and_nothing_else_may_be_executed() {
        for asset in NODE {
            assert_eq!(asset.content.starts_with("#!/bin/"), asset.executable, "{}", asset.path);
        }
    }

    #[test]
    fn no_file_of_the_node_folder_is_forgotten() {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("platform/node");
        assert_eq!(count(&folder), NODE.len());
    }
}
