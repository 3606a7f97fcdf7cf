//! Waiting for the proxy beside us.
//!
//! Input: the file it writes its address to. Output: a loopback address. Must not: wait for ever, or take an address
//! that is not on loopback.

use crate::signals::Stop;
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// The sidecar writes the file before its startup probe passes, so normally it is there at once.
pub(crate) const DEADLINE: Duration = Duration::from_mins(2);
/// The file appears by rename; looking ten times a second costs nothing.
const INTERVAL: Duration = Duration::from_millis(100);

/// Why there is no proxy.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WaitProxyError {
    /// It did not show up.
    #[error("failed to find the proxy's address in {} within {} s ({last})", file.display(), after.as_secs())]
    Deadline {
        /// The file.
        file: PathBuf,
        /// How long it was waited for.
        after: Duration,
        /// What the last look found.
        last: String,
    },
    /// We were told to stop.
    #[error("told to stop while waiting for the proxy")]
    Stopped,
}

/// The address in `file`, as soon as it is there.
pub(crate) async fn wait_proxy(
    file: &Path,
    deadline: Duration,
    stop: &Stop,
) -> Result<SocketAddr, WaitProxyError> {
    let mut last = String::new();
    let found = async {
        loop {
            match look(file) {
                Ok(address) => return address,
                Err(why) => last = why,
            }
            sleep(INTERVAL).await;
        }
    };
    let outcome = tokio::select! {
        outcome = timeout(deadline, found) => outcome.ok(),
        () = stop.requested() => return Err(WaitProxyError::Stopped),
    };
    outcome.ok_or_else(|| WaitProxyError::Deadline { file: file.to_owned(), after: deadline, last })
}

fn look(file: &Path) -> Result<SocketAddr, String> {
    match fs::read_to_string(file) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("it is not there".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn parse(text: &str) -> Result<SocketAddr, String> {
    let shown: String = text.chars().take(80).collect();
    let address: SocketAddr = text.trim().parse().map_err(|_| format!("{shown:?} is no address"))?;
    if address.ip().is_loopback() { Ok(address) } else { Err(format!("{shown:?} is not on loopback")) }
}

#[cfg(test)]
mod tests {
    use super::{WaitProxyError, parse, wait_proxy};
    use crate::signals::channel;
    use std::{fs, time::Duration};

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn both_forms_of_the_contract_are_read() {
        assert_eq!(parse("[::1]:4711\n").unwrap().port(), 4711);
        assert_eq!(parse("127.0.0.1:80\n").unwrap().port(), 80);
    }

    #[test]
    fn an_address_elsewhere_is_refused() {
        assert!(parse("10.0.0.1:80").unwrap_err().contains("loopback"));
        assert!(parse("metadata:80").unwrap_err().contains("no address"));
    }

    #[tokio::test]
    async fn an_address_written_later_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let (file, new) = (dir.path().join("proxy"), dir.path().join("new"));
        let (_sender, stop) = channel();
        let write = async {
            tokio::task::yield_now().await;
            fs::write(&new, "[::1]:9\n").unwrap();
            fs::rename(&new, &file).unwrap();
        };
        let (found, ()) = tokio::join!(wait_proxy(&file, LONG, &stop), write);
        assert_eq!(found.unwrap(), "[::1]:9".parse().unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_that_never_comes_is_told_with_what_was_seen_last() {
        let dir = tempfile::tempdir().unwrap();
        let (_sender, stop) = channel();
        let error = wait_proxy(&dir.path().join("proxy"), LONG, &stop).await.unwrap_err();
        assert!(error.to_string().contains("within 60 s (it is not there)"), "{error}");
    }

    #[tokio::test]
    async fn a_request_to_stop_ends_the_wait() {
        let dir = tempfile::tempdir().unwrap();
        let (sender, stop) = channel();
        sender.stop();
        let error = wait_proxy(&dir.path().join("proxy"), LONG, &stop).await.unwrap_err();
        assert_eq!(error, WaitProxyError::Stopped);
    }
}
