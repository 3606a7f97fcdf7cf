//! Containers of kopia and MinIO, removed when they are dropped.

use std::{
    net::{SocketAddr, TcpListener},
    os::unix::fs::MetadataExt,
    path::Path,
    time::Duration,
};
use testcontainers::{
    ContainerAsync, GenericImage, ImageExt,
    bollard::models::HostConfig,
    core::{ExecCommand, Mount, WaitFor},
    runners::AsyncRunner,
};
use tokio::time::timeout;

/// Where containers see the test's folder.
pub(crate) const WORK: &str = "/scratch";
/// A whole restore over a slow link.
const ENDED_WITHIN: Duration = Duration::from_mins(4);

/// An image by the name `just neighbours` gives it here.
fn image(variable: &str) -> GenericImage {
    let name = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names no image: `just neighbours` does"));
    let (name, tag) = name.rsplit_once(':').expect("an image with a tag");
    GenericImage::new(name, tag)
}

/// On loopback, where the proxy is, and nowhere else.
fn on_the_hosts_network(host: &mut HostConfig) {
    (host.network_mode, host.publish_all_ports) = (Some("host".into()), None);
}

/// A MinIO with one empty bucket; goes when it is dropped.
pub(crate) struct Minio {
    _container: ContainerAsync<GenericImage>,
    pub(crate) address: SocketAddr,
}

impl Minio {
    pub(crate) const OWNER: &str = "neighbours";
    pub(crate) const SECRET: &str = "neighbours-secret";

    /// MinIO takes a folder that is there for a bucket.
    pub(crate) async fn start(bucket: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let serve = format!("mkdir -p /tmp/data/{bucket} && exec minio server /tmp/data --address {address}");
        let container = image("PGRO_TEST_MINIO_IMAGE")
            .with_entrypoint("sh")
            .with_wait_for(WaitFor::message_on_either_std("API: "))
            .with_env_var("MINIO_ROOT_USER", Self::OWNER)
            .with_env_var("MINIO_ROOT_PASSWORD", Self::SECRET)
            .with_cmd(["-c", serve.as_str()])
            .with_host_config_modifier(on_the_hosts_network)
            .start()
            .await
            .expect("MinIO in a container");
        Self { _container: container, address }
    }
}

/// A container in which kopia is called, as whoever owns the folder that both see; goes when it is dropped.
///
/// Not a container for each call: one that has ended is `stopped` for a moment to podman, which is no word of Docker's
/// API.
pub(crate) struct Kopia(ContainerAsync<GenericImage>);

/// Calls what follows, and tells how that ended in a last line: of a call that still runs, podman tells an exit code too.
const CALL: [&str; 4] = ["sh", "-c", "\"$@\"; echo \"\nended: $?\"", "sh"];

impl Kopia {
    pub(crate) async fn beside(folder: &Path) -> Self {
        let owner = std::fs::metadata(folder).unwrap();
        let container = image("PGRO_TEST_KOPIA_IMAGE")
            .with_entrypoint("sleep")
            .with_wait_for(WaitFor::Nothing)
            .with_cmd(["infinity"])
            .with_user(format!("{}:{}", owner.uid(), owner.gid()))
            .with_mount(Mount::bind_mount(folder.display().to_string(), WORK))
            .with_host_config_modifier(on_the_hosts_network)
            .start()
            .await
            .expect("a container for kopia");
        Self(container)
    }

    /// To a good end; returns what it printed.
    pub(crate) async fn call(&self, environment: &[(&str, &str)], program: &str, args: &[String]) -> String {
        let words = CALL.into_iter().chain([program]).chain(args.iter().map(String::as_str));
        let command = ExecCommand::new(words).with_env_vars(environment.iter().copied());
        let ended = async {
            let mut call = self.0.exec(command).await.unwrap();
            (call.stdout_to_vec().await.unwrap(), call.stderr_to_vec().await.unwrap())
        };
        let (printed, said) =
            timeout(ENDED_WITHIN, ended).await.unwrap_or_else(|_| panic!("{program} {args:?} hangs"));
        let (printed, said) =
            (String::from_utf8(printed).unwrap(), String::from_utf8_lossy(&said).into_owned());
        let whole = printed.trim_end().strip_suffix("ended: 0");
        whole.unwrap_or_else(|| panic!("{program} {args:?}: {printed}\n{said}")).to_owned()
    }
}
