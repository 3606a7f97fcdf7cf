//! Whom we believe to be S3.
//!
//! Input: the system's roots, and a PEM file with extra ones. Output: a TLS configuration for clients.
//! Must not: skip verification, or take an empty set of roots for an answer.

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::path::{Path, PathBuf};

/// Why there is no set of roots.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The extra roots cannot be read.
    #[error("failed to read PEM certificates from {}: {why}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        why: String,
    },
    /// The extra roots are none.
    #[error("{} holds no PEM certificate: expected at least one", .0.display())]
    Empty(PathBuf),
    /// TLS is needed and nobody could be believed.
    #[error(
        "this system has no root certificates ({why}): install ca-certificates, set SSL_CERT_FILE, or name roots in \
         PGRO_S3_CA_FILE"
    )]
    None {
        /// What the loader said.
        why: String,
    },
}

/// TLS for clients, with the system's roots and those of `extra`; `needed` says whether it must be able to believe
/// anyone at all.
pub fn client_config(extra: Option<&Path>, needed: bool) -> Result<ClientConfig, RootsError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = extra {
        add_file(&mut roots, path)?;
    }
    if needed && roots.is_empty() {
        let why = system.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        return Err(RootsError::None { why });
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), RootsError> {
    let failed = |why: String| RootsError::Read { path: path.to_owned(), why };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let before = roots.len();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.len() > before { Ok(()) } else { Err(RootsError::Empty(path.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::{RootsError, client_config};

    fn with_file(text: &str) -> Result<(), RootsError> {
        // A second installation in the same process is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        client_config(Some(file.path()), true).map(|_| ())
    }

    #[test]
    fn extra_roots_are_taken_from_pem() {
        let ca = rcgen::generate_simple_self_signed(["s3.example".to_owned()]).unwrap();
        with_file(&ca.cert.pem()).unwrap();
    }

    #[test]
    fn a_file_without_certificates_is_an_error() {
        assert!(matches!(with_file("nothing"), Err(RootsError::Empty(_))));
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(with_file(garbage), Err(RootsError::Read { .. })));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = client_config(Some("/no/such/ca.pem".as_ref()), true).unwrap_err();
        assert!(error.to_string().contains("/no/such/ca.pem"), "{error}");
    }
}
