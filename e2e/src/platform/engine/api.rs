//! The engine's Docker API, for programs that speak it instead of the command line.
//!
//! Input: an engine, a folder for a socket. Output: an API as long as it is wanted. docker has one already, where its own
//! environment says; podman serves one on request.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use super::{Engine, EngineKind};
use crate::platform::command::{LONG, Run};
use crate::timeouts::Deadline;
use crate::wait::{Look, until};

/// A program that starts and listens.
const LISTENS: Deadline = Deadline { what: "podman's API", within: Duration::from_secs(30) };

/// Served until it is dropped.
#[derive(Debug)]
pub struct Api(Option<Service>);

#[derive(Debug)]
struct Service {
    socket: PathBuf,
    task: JoinHandle<Result<String>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        // The program is killed with the future that waits for it.
        self.task.abort();
    }
}

impl Engine {
    /// Its API, on a socket in `folder` where there is none yet.
    pub async fn api(&self, folder: &Path) -> Result<Api> {
        if self.kind == EngineKind::Docker {
            return Ok(Api(None));
        }
        let socket = folder.join("podman.sock");
        let serve = self.run().args(["system", "service", "--time=0"]).arg(address(&socket)).deadline(LONG);
        let service = Service { task: tokio::spawn(serve.output()), socket };
        until(LISTENS, || async {
            let answered = UnixStream::connect(&service.socket).await;
            Ok(answered.map_or_else(|error| Look::NotYet(error.to_string()), |_| Look::Done(())))
        })
        .await?;
        Ok(Api(Some(service)))
    }
}

impl Api {
    /// Tells a program where it is.
    pub fn told_to(&self, run: Run) -> Run {
        match &self.0 {
            Some(service) => run.env("DOCKER_HOST", address(&service.socket)),
            None => run,
        }
    }
}

fn address(socket: &Path) -> String {
    format!("unix://{}", socket.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn docker_is_found_where_its_own_environment_says() {
        let folder = tempfile::tempdir().unwrap();
        let api = Engine::of(EngineKind::Docker).api(folder.path()).await.unwrap();
        let told = api.told_to(Run::new("env").env("DOCKER_HOST", "tcp://elsewhere")).output().await.unwrap();
        assert!(told.lines().any(|line| line == "DOCKER_HOST=tcp://elsewhere"), "{told}");
    }

    #[test]
    fn a_program_is_told_the_address_of_the_socket() {
        assert_eq!(address(Path::new("/run/x/podman.sock")), "unix:///run/x/podman.sock");
    }
}
