//! TLS to S3: with roots from a file, and never without verification.

use crate::support::{
    client::SOON,
    http::{Served, serve_over, whole},
    world::{Build, PREFIX, World, neighbours, spec},
};
use contract::pods::ProxySpec;
use jiff::SignedDuration;
use proxy::limits::Limits;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use std::{path::Path, sync::Arc, time::Duration};
use tokio_rustls::TlsAcceptor;

/// A CA of its own, and a certificate for localhost signed by it.
fn acceptor(ca_file: &Path) -> TlsAcceptor {
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(ca_file, ca.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

async fn tls_s3(ca_file: &Path) -> Served {
    // A second installation in one process is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let acceptor = acceptor(ca_file);
    let answer =
        |_| async { http::Response::builder().header("content-length", 4).body(whole("safe")).unwrap() };
    serve_over(answer, move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await.ok() }
    })
    .await
}

async fn world(served: &Served, ca_file: &Path, patience: Duration) -> World {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let endpoint = format!("https://localhost:{}/", served.address.port()).parse().unwrap();
    let spec = spec(&s3, &broker, &folder, PREFIX);
    let spec = ProxySpec { endpoint: Some(endpoint), ca_file: Some(ca_file.to_owned()), ..spec };
    let limits = Limits { patience, ..Build::default().limits };
    World::of(s3, broker, folder, spec, limits).await
}

#[tokio::test]
async fn s3_is_believed_with_a_root_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let served = tls_s3(&ca).await;
    let world = world(&served, &ca, SOON).await;
    assert_eq!(world.get("x").await.text(), "safe");
    let figures = world.stop().await.traffic;
    assert!(figures.s3_received_raw_bytes > figures.s3_received_payload_bytes + 500, "{figures:?}");
}

#[tokio::test]
async fn fault_d11_an_unknown_issuer_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    let served = tls_s3(&ca).await;
    let _other = tls_s3(&other).await;
    let world = world(&served, &other, Duration::from_secs(1)).await;
    assert_eq!(world.get("x").await.status, http::StatusCode::SERVICE_UNAVAILABLE);
}
