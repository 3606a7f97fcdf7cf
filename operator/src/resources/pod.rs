//! What all our pods and containers have in common: Pod Security `restricted`, and more.

use super::{
    Site,
    defaults::{self, Share},
    env,
    mounts::{AGENT, AGENT_PROGRAM, TMP},
};
use contract::names::objects::{self, containers};
use k8s_openapi::{
    api::core::v1::{
        Capabilities, Container, EnvVar, ExecAction, PodOS, PodSecurityContext, PodSpec, PodTemplateSpec,
        Probe, SeccompProfile, SecurityContext,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use std::collections::BTreeMap;

/// User and group of every process. Restored files belong to it, so restore and PostgreSQL have to share it; 999 is
/// `postgres` in the published images.
const UID: i64 = 999;

/// A pod of ours: what `spec` says, made safe.
pub(super) fn template(labels: BTreeMap<String, String>, spec: PodSpec) -> PodTemplateSpec {
    PodTemplateSpec {
        metadata: Some(ObjectMeta { labels: Some(labels), ..ObjectMeta::default() }),
        spec: Some(PodSpec {
            service_account_name: Some(objects::SERVICE_ACCOUNT.to_owned()),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            os: Some(PodOS { name: "linux".to_owned() }),
            security_context: Some(pod_security()),
            ..spec
        }),
    }
}

/// A container of ours. The image is pulled once for each node: its tag is not moved under a run's feet.
pub(super) fn container(name: &str, image: &str, share: Share, argv: &[&str]) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        command: Some(argv.iter().map(|word| env::verbatim(word)).collect()),
        resources: Some(share.requirements()),
        security_context: Some(container_security()),
        termination_message_path: Some("/dev/termination-log".to_owned()),
        termination_message_policy: Some("File".to_owned()),
        ..Container::default()
    }
}

/// The init container that puts `pgro-agent` where containers of other images find it.
pub(super) fn copy_agent(site: &Site) -> Container {
    let argv = ["/usr/bin/pgro-agent", "install", AGENT_PROGRAM];
    Container {
        volume_mounts: Some(vec![AGENT.writable()]),
        ..container(containers::COPY_AGENT, site.images.sidecar.as_str(), defaults::COPY_AGENT, &argv)
    }
}

/// Settings of programs that write scratch files.
pub(super) fn scratch_env() -> [EnvVar; 2] {
    [env::literal("HOME", TMP.path()), env::literal("TMPDIR", TMP.path())]
}

/// A probe that runs `argv` in the container.
pub(super) fn exec_probe(argv: &[&str]) -> Probe {
    let command = Some(argv.iter().map(|word| env::verbatim(word)).collect());
    Probe { exec: Some(ExecAction { command }), ..Probe::default() }
}

fn pod_security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(UID),
        run_as_group: Some(UID),
        fs_group: Some(UID),
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(runtime_default()),
        ..PodSecurityContext::default()
    }
}

fn container_security() -> SecurityContext {
    SecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(UID),
        run_as_group: Some(UID),
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Capabilities::default() }),
        seccomp_profile: Some(runtime_default()),
        ..SecurityContext::default()
    }
}

fn runtime_default() -> SeccompProfile {
    SeccompProfile { type_: "RuntimeDefault".to_owned(), ..SeccompProfile::default() }
}
