//! Where clients find the proxy.
//!
//! Input: the file that holds the address of an earlier life. Output: a loopback listener, and the file, written whole.
//! Must not: listen on anything but loopback.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};
use tokio::net::TcpListener;

/// Why the proxy cannot be found.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// No loopback address to listen on.
    #[error("failed to listen on [::1]:0 ({v6}) and on 127.0.0.1:0 ({v4}): expected a loopback interface")]
    Bind {
        /// What the system said about IPv6.
        v6: io::Error,
        /// What the system said about IPv4.
        v4: io::Error,
    },
    /// The address file cannot be written.
    #[error("failed to write the address to {}: {source}: expected a writable directory", path.display())]
    Publish {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The address in a file, if it is one of ours: kopia keeps the address it was given for the whole of a restore, so a
/// restarted proxy has to be found where it was.
pub fn previous(path: &Path) -> Option<SocketAddr> {
    let address: SocketAddr = std::fs::read_to_string(path).ok()?.trim().parse().ok()?;
    address.ip().is_loopback().then_some(address)
}

/// Listens on the address of an earlier life, or on a free port of `[::1]`, or of `127.0.0.1` where there is no IPv6.
pub async fn bind(previous: Option<SocketAddr>) -> Result<TcpListener, ListenError> {
    if let Some(address) = previous {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => tracing::warn!(%address, %error, "failed to listen where clients knew this proxy"),
        }
    }
    match TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await {
        Ok(listener) => Ok(listener),
        Err(v6) => {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|v4| ListenError::Bind { v6, v4 })
        }
    }
}

/// Writes the address by rename, so that nobody reads half of it.
pub fn publish(path: &Path, address: SocketAddr) -> Result<(), ListenError> {
    let failed = |source| ListenError::Publish { path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let whole = path.with_file_name(name);
    std::fs::write(&whole, format!("{address}\n")).map_err(failed)?;
    std::fs::rename(&whole, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{bind, previous, publish};

    #[tokio::test]
    async fn the_address_reads_back_as_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proxy");
        let address = bind(None).await.unwrap().local_addr().unwrap();
        assert!(address.ip().is_loopback());
        publish(&file, address).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{address}\n"));
        assert_eq!(previous(&file), Some(address));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn fault_d19_a_restarted_proxy_is_found_where_it_was() {
        let address = bind(None).await.unwrap().local_addr().unwrap();
        assert_eq!(bind(Some(address)).await.unwrap().local_addr().unwrap(), address);
    }

    #[tokio::test]
    async fn fault_d24_a_port_that_is_taken_is_given_up_for_another() {
        let taken = bind(None).await.unwrap();
        let address = taken.local_addr().unwrap();
        assert_ne!(bind(Some(address)).await.unwrap().local_addr().unwrap(), address);
    }

    #[test]
    fn only_a_loopback_address_is_taken_from_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for text in ["0.0.0.0:80", "10.0.0.1:80", "", "nonsense"] {
            std::fs::write(file.path(), text).unwrap();
            assert_eq!(previous(file.path()), None, "{text}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = publish("/no/such/folder/proxy".as_ref(), "[::1]:1".parse().unwrap()).unwrap_err();
        assert!(error.to_string().contains("/no/such/folder/proxy"), "{error}");
    }
}
