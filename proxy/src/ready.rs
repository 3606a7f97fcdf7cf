//! `canopy-proxy ready`: the startup probe of a pod.
//!
//! Input: the address file. Output: the address, if something accepts there. Must not: wait for long; the probe asks
//! again.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

/// A loopback connection is there at once or not at all.
const DEADLINE: Duration = Duration::from_secs(1);

/// Why the proxy is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// It has not yet written the file.
    #[error("{} holds no loopback address yet", .0.display())]
    NoAddress(PathBuf),
    /// It does not listen there.
    #[error("failed to connect to {address}: {source}")]
    Connect {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// The address of a proxy that accepts connections and, as it wrote the file, had credentials.
pub fn check(port_file: &Path) -> Result<SocketAddr, NotReady> {
    let address =
        crate::listen::previous(port_file).ok_or_else(|| NotReady::NoAddress(port_file.to_owned()))?;
    match TcpStream::connect_timeout(&address, DEADLINE) {
        Ok(_) => Ok(address),
        Err(source) => Err(NotReady::Connect { address, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::{NotReady, check};
    use std::net::TcpListener;

    #[test]
    fn a_proxy_is_ready_once_its_file_is_there_and_its_port_accepts() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(check(file.path()), Err(NotReady::NoAddress(_))));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::fs::write(file.path(), address.to_string()).unwrap();
        assert_eq!(check(file.path()).unwrap(), address);
        drop(listener);
        assert!(matches!(check(file.path()), Err(NotReady::Connect { .. })));
    }
}
