//! The pod of a guest. Pure.

use k8s_openapi::api::core::v1::{
    Capabilities, Container, EnvVar, EnvVarSource, Pod, PodSecurityContext, PodSpec, SeccompProfile,
    SecretKeySelector, SecurityContext,
};

use super::Access;

/// What `psql` takes from the environment, and the key of the Secret it comes from.
const CONNECTION: [(&str, &str); 5] = [
    ("PGHOST", "host"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "username"),
    ("PGPASSWORD", "password"),
];

const PSQL: [&str; 6] =
    ["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1", "--command"];

pub(crate) fn guest(name: &str, image: &str, access: Access, sql: &str) -> Pod {
    pod(name, image, access, &["psql"], PSQL.into_iter().chain([sql]))
}

/// A guest that connects and asks, again and again: a line `ok` for each answer, and what `psql` says for each that
/// does not come.
pub(super) fn insistent_guest(name: &str, image: &str, access: Access, sql: &str) -> Pod {
    let ask = r#"while :; do said=$(psql "$@" 2>&1) && echo ok || echo "$said"; done"#;
    pod(name, image, access, &["sh", "-c", ask, "ask"], PSQL.into_iter().chain([sql]))
}

fn pod<'a>(
    name: &str,
    image: &str,
    access: Access,
    command: &[&str],
    args: impl IntoIterator<Item = &'a str>,
) -> Pod {
    let mut pod = Pod::default();
    pod.metadata.name = Some(name.to_owned());
    let texts = |texts: Vec<&str>| Some(texts.into_iter().map(str::to_owned).collect());
    let psql = Container {
        name: "psql".into(),
        image: Some(image.to_owned()),
        image_pull_policy: Some("IfNotPresent".into()),
        command: texts(command.to_vec()),
        args: texts(args.into_iter().collect()),
        env: Some(environment(access)),
        security_context: Some(unprivileged()),
        ..Container::default()
    };
    pod.spec = Some(PodSpec {
        containers: vec![psql],
        restart_policy: Some("Never".into()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(999),
            run_as_group: Some(999),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".into(),
                ..SeccompProfile::default()
            }),
            ..PodSecurityContext::default()
        }),
        ..PodSpec::default()
    });
    pod
}

fn environment(access: Access) -> Vec<EnvVar> {
    let from_secret = |(name, key): (&str, &str)| EnvVar {
        name: name.to_owned(),
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: access.secret().to_owned(),
                key: key.to_owned(),
                ..SecretKeySelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    };
    let patience = EnvVar { name: "PGCONNECT_TIMEOUT".into(), value: Some("15".into()), ..EnvVar::default() };
    CONNECTION.into_iter().map(from_secret).chain([patience]).collect()
}

fn unprivileged() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".into()]), ..Capabilities::default() }),
        ..SecurityContext::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_gets_its_password_from_the_secret_and_shows_none() {
        let pod = guest("g", "postgres:17", Access::Analytics, "SELECT 1");
        let env = pod.spec.unwrap().containers.remove(0).env.unwrap();
        let password = env.into_iter().find(|var| var.name == "PGPASSWORD").unwrap();
        assert_eq!(password.value, None);
        let from = password.value_from.unwrap().secret_key_ref.unwrap();
        assert_eq!((from.name.as_str(), from.key.as_str()), ("analytics-credentials", "password"));
    }

    #[test]
    fn an_insistent_guest_has_its_sql_as_one_argument_too() {
        let container =
            insistent_guest("g", "i", Access::Analytics, "SELECT '$(x)'").spec.unwrap().containers.remove(0);
        assert_eq!(container.args.unwrap().last().unwrap(), "SELECT '$(x)'");
        assert!(!container.command.unwrap().concat().contains("SELECT"));
    }

    #[test]
    fn sql_is_one_argument_whatever_is_in_it() {
        let pod = guest("g", "postgres:17", Access::Superuser, "SELECT '$(x)'; --help");
        let container = pod.spec.unwrap().containers.remove(0);
        assert_eq!(container.command.unwrap(), ["psql"]);
        assert_eq!(container.args.unwrap().last().unwrap(), "SELECT '$(x)'; --help");
    }
}
