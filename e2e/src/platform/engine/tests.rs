use super::*;

fn engine(kind: EngineKind) -> Engine {
    let containers_conf = (kind == EngineKind::Podman).then(|| "/cache/containers.conf".into());
    Engine { kind, containers_conf }
}

fn build_line(kind: EngineKind) -> String {
    let (file, context) = (Path::new("/c/Containerfile"), Path::new("/c"));
    let args = [("BASE", "debian:1")];
    let build = Build { name: "x:1", containerfile: file, context, target: Some("pgro"), args: &args };
    engine(kind).build_command(&build).described()
}

#[test]
fn a_build_is_labelled_as_ours_and_sees_the_hosts_network() {
    for kind in [EngineKind::Docker, EngineKind::Podman] {
        let line = build_line(kind);
        assert!(line.contains("build --network=host --label bes.au.pgro.e2e=true --tag x:1"), "{line}");
        assert!(
            line.ends_with("--target pgro --build-arg BASE=debian:1 --file /c/Containerfile /c"),
            "{line}"
        );
    }
}

#[test]
fn only_podman_is_told_to_keep_no_layers_because_only_it_names_none() {
    assert!(build_line(EngineKind::Podman).contains("--layers=false"));
    assert!(!build_line(EngineKind::Docker).contains("--layers"));
}

#[test]
fn several_images_go_into_one_archive_in_each_engines_own_way() {
    let line = |kind| engine(kind).save(["a:1", "b:2"]).described();
    assert_eq!(line(EngineKind::Podman), "podman save --quiet --multi-image-archive a:1 b:2");
    assert_eq!(line(EngineKind::Docker), "docker save a:1 b:2");
}

#[test]
fn a_program_reads_our_input_only_when_asked_to() {
    let line = |interactive| engine(EngineKind::Podman).exec("node", interactive).arg("ctr").described();
    assert_eq!(line(true), "podman exec --interactive node ctr");
    assert_eq!(line(false), "podman exec node ctr");
}

#[tokio::test]
async fn kind_is_told_which_engine_and_whose_settings_to_use() {
    let env = engine(EngineKind::Podman).environment(Run::new("env")).output().await.unwrap();
    assert!(env.contains("KIND_EXPERIMENTAL_PROVIDER=podman\n"), "{env}");
    assert!(env.contains("CONTAINERS_CONF=/cache/containers.conf\n"), "{env}");
}
