//! Volumes of the pods, and where containers find them.

use super::authority;
use contract::{broker::TOKEN_AUDIENCE, names::RunName};
use k8s_openapi::{
    api::core::v1::{
        ConfigMapVolumeSource, EmptyDirVolumeSource, PersistentVolumeClaimVolumeSource,
        ProjectedVolumeSource, ServiceAccountTokenProjection, Volume, VolumeMount, VolumeProjection,
    },
    apimachinery::pkg::api::resource::Quantity,
};

/// A volume and the place it is mounted at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mounted {
    name: &'static str,
    path: &'static str,
}

/// `pgro-agent`, copied from our image.
pub(super) const AGENT: Mounted = Mounted { name: "agent", path: "/agent" };
/// The run's volume.
pub(super) const PGDATA: Mounted = Mounted { name: "pgdata", path: "/pgdata" };
/// What the proxy tells the restore container: its address.
pub(super) const SHARED: Mounted = Mounted { name: "shared", path: "/shared" };
/// What the restore container tells the proxy: how far it is.
pub(super) const PROGRESS: Mounted = Mounted { name: "progress", path: "/progress" };
/// The proxy's token for the broker.
pub(super) const TOKEN: Mounted = Mounted { name: "broker-token", path: "/var/run/secrets/pgro" };
/// Extra roots for S3.
pub(super) const AUTHORITY: Mounted = Mounted { name: authority::NAME, path: "/etc/pgro" };
/// Scratch space.
pub(super) const TMP: Mounted = Mounted { name: "tmp", path: "/tmp" };
/// PostgreSQL's unix socket.
pub(super) const SOCKET: Mounted = Mounted { name: "run", path: "/run/postgresql" };
/// Shared memory of parallel queries.
pub(super) const SHM: Mounted = Mounted { name: "shm", path: "/dev/shm" };

/// File in [`AGENT`]: the program.
pub(super) const AGENT_PROGRAM: &str = "/agent/pgro-agent";
/// File in [`SHARED`]: the proxy's address.
pub(super) const PORT_FILE: &str = "/shared/proxy";
/// File in [`PROGRESS`]: how far the restore is.
pub(super) const PROGRESS_FILE: &str = "/progress/restore.json";
/// File in [`TOKEN`]: the token.
pub(super) const TOKEN_FILE: &str = "/var/run/secrets/pgro/token";
/// File in [`AUTHORITY`]: the roots.
pub(super) const CA_FILE: &str = "/etc/pgro/ca.crt";

/// The shortest life that still spares the API server: kubelet renews at four fifths of it.
const TOKEN_LIFE_SECS: i64 = 3600;

impl Mounted {
    /// Mounted for reading and writing.
    pub(super) fn writable(self) -> VolumeMount {
        VolumeMount { name: self.name.to_owned(), mount_path: self.path.to_owned(), ..VolumeMount::default() }
    }

    /// Mounted for reading.
    pub(super) fn read_only(self) -> VolumeMount {
        VolumeMount { read_only: Some(true), ..self.writable() }
    }

    /// Where it is mounted.
    pub(super) fn path(self) -> &'static str {
        self.path
    }

    /// An empty directory of at most `mib` MiB: a pod that writes more is evicted, its node is not filled.
    pub(super) fn scratch(self, mib: u64) -> Volume {
        self.empty_dir(mib, None)
    }

    /// The same in memory, counted against the memory of the container that writes.
    pub(super) fn memory(self, mib: u64) -> Volume {
        self.empty_dir(mib, Some("Memory".to_owned()))
    }

    fn empty_dir(self, mib: u64, medium: Option<String>) -> Volume {
        let source = EmptyDirVolumeSource { medium, size_limit: Some(Quantity(format!("{mib}Mi"))) };
        Volume { name: self.name.to_owned(), empty_dir: Some(source), ..Volume::default() }
    }
}

/// The volume of `run` at [`PGDATA`].
pub(super) fn pgdata(run: &RunName) -> Volume {
    let claim = PersistentVolumeClaimVolumeSource { claim_name: run.pvc(), read_only: None };
    Volume { name: PGDATA.name.to_owned(), persistent_volume_claim: Some(claim), ..Volume::default() }
}

/// A token that only the broker accepts, at [`TOKEN`].
pub(super) fn broker_token() -> Volume {
    let token = ServiceAccountTokenProjection {
        audience: Some(TOKEN_AUDIENCE.to_owned()),
        expiration_seconds: Some(TOKEN_LIFE_SECS),
        path: "token".to_owned(),
    };
    let source = VolumeProjection { service_account_token: Some(token), ..VolumeProjection::default() };
    let projected = ProjectedVolumeSource { sources: Some(vec![source]), default_mode: Some(0o440) };
    Volume { name: TOKEN.name.to_owned(), projected: Some(projected), ..Volume::default() }
}

/// The roots at [`AUTHORITY`].
pub(super) fn s3_authority() -> Volume {
    let source =
        ConfigMapVolumeSource { name: authority::NAME.to_owned(), ..ConfigMapVolumeSource::default() };
    Volume { name: AUTHORITY.name.to_owned(), config_map: Some(source), ..Volume::default() }
}

#[cfg(test)]
mod tests {
    use super::{
        AGENT, AGENT_PROGRAM, AUTHORITY, CA_FILE, PORT_FILE, PROGRESS, PROGRESS_FILE, SHARED, TOKEN,
        TOKEN_FILE, broker_token,
    };
    use crate::resources::authority;
    use std::path::Path;

    #[test]
    fn every_file_a_program_is_told_of_lies_in_the_volume_that_holds_it() {
        for (file, volume) in [
            (AGENT_PROGRAM, AGENT),
            (PORT_FILE, SHARED),
            (PROGRESS_FILE, PROGRESS),
            (TOKEN_FILE, TOKEN),
            (CA_FILE, AUTHORITY),
        ] {
            assert_eq!(Path::new(file).parent(), Some(Path::new(volume.path())));
        }
        assert_eq!(Path::new(CA_FILE).file_name().unwrap(), authority::KEY);
    }

    #[test]
    fn the_token_is_good_for_the_broker_alone() {
        let sources = broker_token().projected.unwrap().sources.unwrap();
        let [source] = sources.as_slice() else { panic!("one source") };
        let token = source.service_account_token.as_ref().unwrap();
        assert_eq!(token.audience.as_deref(), Some("pgro-broker"));
        assert_eq!(TOKEN_FILE, format!("{}/{}", TOKEN.path(), token.path));
    }
}
