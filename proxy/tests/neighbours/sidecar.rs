//! `canopy-proxy` as a process that dies and comes back, as a native sidecar does.

use contract::pods::ProxySpec;
use std::{
    fs::File, future::Future, net::SocketAddr, path::PathBuf, pin::pin, process::Stdio, time::Duration,
};
use tokio::{
    process::{Child, Command},
    time::{interval, interval_at, timeout},
};

/// Credentials are issued at once, so this is a start.
const UP_WITHIN: Duration = Duration::from_secs(20);

/// Killed when it is dropped.
pub(crate) struct Sidecar {
    spec: ProxySpec,
    log: PathBuf,
    address: SocketAddr,
    child: Child,
}

impl Sidecar {
    /// Returns when it has said where it is.
    pub(crate) async fn start(spec: ProxySpec, log: PathBuf) -> Self {
        let child = spawn(&spec, &log);
        let announced = async {
            let mut ticks = interval(Duration::from_millis(20));
            loop {
                ticks.tick().await;
                if let Some(address) = proxy::listen::previous(&spec.port_file) {
                    return address;
                }
            }
        };
        let address = timeout(UP_WITHIN, announced).await.expect("an address");
        Self { spec, log, address, child }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it, and starts it anew, until `work` is done; returns how often.
    pub(crate) async fn killed_every(&mut self, period: Duration, work: impl Future<Output = ()>) -> usize {
        let mut ticks = interval_at(tokio::time::Instant::now() + period, period);
        let (mut work, mut kills) = (pin!(work), 0);
        loop {
            tokio::select! {
                () = &mut work => return kills,
                _ = ticks.tick() => {
                    self.child.kill().await.unwrap();
                    self.child = spawn(&self.spec, &self.log);
                    kills += 1;
                }
            }
        }
    }
}

fn spawn(spec: &ProxySpec, log: &PathBuf) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_canopy-proxy"));
    command.env_clear().envs(spec.to_env()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}
