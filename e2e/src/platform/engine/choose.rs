//! Which engine to use. Pure: from what was found on the machine to a decision or one clear sentence.

use super::EngineKind;

/// What was found on the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// docker's daemon answers. A client alone is of no use.
    pub(super) docker: bool,
    /// podman answers and every helper it needs is there.
    pub(super) podman: bool,
    pub(super) rights: Rights,
}

/// What we may do: run podman as a kind node needs it, and install it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    User,
    Root,
    RootWithApt,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Use(EngineKind),
    InstallPodman,
    Refuse(&'static str),
}

pub(super) fn choose(found: Found, asked: Option<EngineKind>) -> Choice {
    match asked {
        Some(EngineKind::Docker) if !found.docker => Choice::Refuse(DOCKER_SILENT),
        Some(EngineKind::Docker) => Choice::Use(EngineKind::Docker),
        None if found.docker => Choice::Use(EngineKind::Docker),
        _ => podman(found),
    }
}

fn podman(found: Found) -> Choice {
    match (found.rights, found.podman) {
        (Rights::Root | Rights::RootWithApt, true) => Choice::Use(EngineKind::Podman),
        (Rights::RootWithApt, false) => Choice::InstallPodman,
        (Rights::Root, false) => Choice::Refuse(NO_APT),
        (Rights::User, true) => Choice::Refuse(PODMAN_NEEDS_ROOT),
        (Rights::User, false) => Choice::Refuse(NOTHING),
    }
}

const DOCKER_SILENT: &str = "docker was asked for, but its daemon does not answer: start it (`systemctl start docker`) and run this again";
const NO_APT: &str = "neither docker nor podman works here, and there is no apt-get to install one with: install \
                      docker, or podman with netavark, aardvark-dns, iptables and runc, and run this again";
const PODMAN_NEEDS_ROOT: &str = "podman is here, but a Kubernetes node in a container needs it as root: run this \
                                 again as root (`sudo -E env PATH=$PATH cargo run -p e2e -- …`), or start docker";
const NOTHING: &str = "no container engine works here, and installing one needs root: run this again as root \
                       (`sudo -E env PATH=$PATH cargo run -p e2e -- …`), or start docker";

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Found = Found { docker: false, podman: false, rights: Rights::RootWithApt };

    #[test]
    fn a_docker_that_answers_is_used() {
        assert_eq!(choose(Found { docker: true, ..BARE }, None), Choice::Use(EngineKind::Docker));
        assert_eq!(
            choose(Found { docker: true, podman: true, ..BARE }, None),
            Choice::Use(EngineKind::Docker)
        );
    }

    #[test]
    fn a_silent_docker_is_passed_over_for_podman() {
        assert_eq!(choose(Found { podman: true, ..BARE }, None), Choice::Use(EngineKind::Podman));
    }

    #[test]
    fn podman_is_installed_where_nothing_works() {
        assert_eq!(choose(BARE, None), Choice::InstallPodman);
    }

    #[test]
    fn the_engine_that_was_asked_for_is_the_one_used() {
        let both = Found { docker: true, podman: true, ..BARE };
        assert_eq!(choose(both, Some(EngineKind::Podman)), Choice::Use(EngineKind::Podman));
        assert_eq!(choose(both, Some(EngineKind::Docker)), Choice::Use(EngineKind::Docker));
        assert_eq!(choose(BARE, Some(EngineKind::Docker)), Choice::Refuse(DOCKER_SILENT));
    }

    #[test]
    fn where_nothing_can_be_installed_that_is_said() {
        assert_eq!(choose(Found { rights: Rights::Root, ..BARE }, None), Choice::Refuse(NO_APT));
    }

    #[test]
    fn without_root_podman_is_neither_used_nor_installed() {
        let user = Found { rights: Rights::User, ..BARE };
        assert_eq!(choose(Found { podman: true, ..user }, None), Choice::Refuse(PODMAN_NEEDS_ROOT));
        assert_eq!(choose(user, None), Choice::Refuse(NOTHING));
        assert_eq!(choose(Found { docker: true, ..user }, None), Choice::Use(EngineKind::Docker));
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        for sentence in [DOCKER_SILENT, NO_APT, PODMAN_NEEDS_ROOT, NOTHING] {
            assert!(sentence.contains(": ") && sentence.contains("run this again"), "{sentence}");
        }
    }
}
