//! A stub in process, for tests.
//!
//! Input: a [`Config`]. Output: its address, its control, and a failed test where something was left unexplained.
//! Must not: outlive the test.

use crate::{
    config::Config,
    control::ControlClient,
    ledger::Unexpected,
    server::{Server, StartError},
    state::Stub,
};
use std::{net::SocketAddr, sync::Arc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Starts stubs.
pub struct StubCanopy;

impl StubCanopy {
    /// Starts one on the runtime of the caller.
    pub async fn start(config: Config) -> Result<Handle, StartError> {
        let root = config.tls.as_ref().and_then(|tls| tls.chain.last().cloned());
        let server = Server::bind(config).await?;
        let base_url = base_url(server.addr(), root.is_some());
        let control = ControlClient::for_stub(base_url.clone(), root).map_err(StartError::SetUpClient)?;
        Ok(Handle {
            base_url,
            control,
            stub: Arc::clone(&server.stub),
            stop: server.stop_token(),
            kill: server.kill_token(),
            serving: Some(tokio::spawn(server.run())),
        })
    }
}

/// Certificates name hosts, so TLS is reached by name.
fn base_url(addr: SocketAddr, tls: bool) -> Url {
    let text = if tls { format!("https://localhost:{}", addr.port()) } else { format!("http://{addr}") };
    Url::parse(&text).unwrap_or_else(|_| unreachable!("{text} is a URL"))
}

/// A running stub. It stops when this is dropped, and then fails the test if a call was unexpected and not
/// [taken](Handle::take_unexpected), or if a verification report came that nobody has read in the ledger.
pub struct Handle {
    base_url: Url,
    control: ControlClient,
    stub: Arc<Stub>,
    stop: CancellationToken,
    kill: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

impl Handle {
    /// Where the client under test finds Canopy; the tailnet's way is under `/public`.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The script and the ledger.
    pub fn control(&self) -> &ControlClient {
        &self.control
    }

    /// The unexpected calls so far, taken out of the ledger: the caller answers for them.
    pub fn take_unexpected(&self) -> Vec<Unexpected> {
        self.stub.take_unexpected()
    }

    /// Stops, and returns when the port is free and no call is under way. Judges what is left over, as a drop does.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(serving) = self.serving.take() {
            // It fails only if it panicked, and then the panic is on stderr already.
            let _ended = serving.await;
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop.cancel();
        self.kill.cancel();
        let left = self.stub.leftovers();
        let explained = left.is_empty() || std::thread::panicking();
        assert!(explained, "left over at the stub of Canopy: {}", left.join("; "));
    }
}
