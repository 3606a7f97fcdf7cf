use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::platform::engine::EngineKind;

fn kind(folder: &Path) -> Kind {
    Kind {
        name: "pgro-e2e".into(),
        folder: folder.to_path_buf(),
        engine: Engine::of(EngineKind::Podman),
        program: folder.join("bin/kind"),
        kubectl: folder.join("bin/kubectl"),
    }
}

/// A program that writes down how it was called, and ends with `code`.
fn program(file: &Path, code: u8) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\necho \"$(basename $0) $*\" >> {0}/calls\nexit {code}\n",
        file.parent().unwrap().display()
    );
    std::fs::write(file, script).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn kubectl_is_never_pointed_at_the_users_own_cluster() {
    let line = kind(Path::new("/cache/c")).kubectl().args(["get", "pods"]).described();
    assert_eq!(line, "kubectl --kubeconfig /cache/c/kubeconfig get pods");
}

#[tokio::test]
async fn a_cluster_is_made_after_what_is_left_of_it_is_removed_and_recorded_last() {
    let folder = tempfile::tempdir().unwrap();
    let kind = kind(folder.path());
    program(&kind.program, 0);
    program(&kind.kubectl, 0);
    kind.create("node:1", &folder.path().join("log")).await.unwrap();
    let calls = std::fs::read_to_string(folder.path().join("bin/calls")).unwrap();
    let verbs: Vec<_> =
        calls.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(verbs[..2], ["kind delete", "kind create"]);
    assert!(calls.contains("--image node:1 --config"), "{calls}");
    assert!(Record::read(folder.path()).unwrap().is_of("node:1"));
}

#[tokio::test]
async fn a_cluster_that_was_not_made_leaves_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let kind = kind(folder.path());
    Record::new("node:1", HostPorts { stub_canopy: 1, s3: 2 }).write(folder.path()).unwrap();
    program(&kind.program, 1);
    assert!(kind.create("node:1", &folder.path().join("log")).await.is_err());
    assert_eq!(Record::read(folder.path()), None);
}

#[tokio::test]
async fn a_cluster_of_another_node_image_is_not_asked_how_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let kind = kind(folder.path());
    Record::new("node:1", HostPorts { stub_canopy: 1, s3: 2 }).write(folder.path()).unwrap();
    program(&kind.kubectl, 0);
    assert_eq!(kind.healthy("node:2").await, None);
    assert!(!folder.path().join("bin/calls").exists());
}
