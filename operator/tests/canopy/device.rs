//! The direct way: mutual TLS with the device certificate.

use crate::clients::{client, manual_clock};
use futures::future::BoxFuture;
use k8s_openapi::ByteString;
use operator::{
    canopy::{CanopyApi, CanopyError, DeviceIdentity, HttpCanopy, IdentityError, IdentitySource},
    clock::ManualClock,
    metrics::Metrics,
};
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use stub_canopy::{Config, Enrolled, Handle, StubCanopy, TlsConfig};

/// A self-signed certificate made anew from a key.
fn certificate(key: &KeyPair) -> String {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "device.local");
    params.self_signed(key).unwrap().pem()
}

/// A Secret that can be replaced, as a person or a certificate manager would.
#[derive(Clone)]
struct Stored(Arc<Mutex<BTreeMap<String, ByteString>>>);

impl Stored {
    fn new(device: &KeyPair, authority: &str) -> Self {
        let stored = Self(Arc::default());
        stored.replace(device, authority);
        stored
    }

    fn replace(&self, device: &KeyPair, authority: &str) {
        let pem = |text: String| ByteString(text.into_bytes());
        *self.0.lock().unwrap() = BTreeMap::from([
            ("tls.crt".to_owned(), pem(certificate(device))),
            ("tls.key".to_owned(), pem(device.serialize_pem())),
            ("ca.crt".to_owned(), pem(authority.to_owned())),
        ]);
    }
}

impl IdentitySource for Stored {
    fn identity(&self) -> BoxFuture<'_, Result<DeviceIdentity, IdentityError>> {
        let read = DeviceIdentity::from_secret(&self.0.lock().unwrap());
        Box::pin(async { read })
    }
}

/// A Secret of an API server that answers once.
struct Once(Mutex<Option<Stored>>);

impl IdentitySource for Once {
    fn identity(&self) -> BoxFuture<'_, Result<DeviceIdentity, IdentityError>> {
        let stored = self.0.lock().unwrap().take();
        Box::pin(async {
            match stored {
                Some(stored) => stored.identity().await,
                None => std::future::pending().await,
            }
        })
    }
}

/// A Canopy that knows one device by its key.
struct Site {
    canopy: Handle,
    authority: String,
    device: KeyPair,
}

impl Site {
    async fn start() -> Self {
        stub_canopy::use_ring();
        let (server, device) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let authority = certificate(&server);
        let tls = TlsConfig {
            chain: vec![CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()],
            key: PrivateKeyDer::from_pem_slice(server.serialize_pem().as_bytes()).unwrap(),
            device: Some(Enrolled::from_pem(certificate(&device).as_bytes()).unwrap()),
        };
        let canopy = StubCanopy::start(Config { tls: Some(tls), ..Config::loopback() }).await.unwrap();
        Self { canopy, authority, device }
    }

    fn client(&self, stored: impl IdentitySource) -> (HttpCanopy, ManualClock) {
        let clock = manual_clock();
        let shared = Arc::new(clock.clone());
        let source = Arc::new(stored);
        (client(self.canopy.base_url(), None, Some(source), shared, &Metrics::default()), clock)
    }
}

#[tokio::test]
async fn the_device_certificate_of_the_secret_opens_canopy() {
    let site = Site::start().await;
    let (client, _) = site.client(Stored::new(&site.device, &site.authority));
    client.worklist().await.unwrap();
    assert_eq!(site.canopy.control().ledger().await.unwrap().worklist_polls, 1);
}

#[tokio::test]
async fn another_devices_certificate_is_refused_and_its_key_not_shown() {
    let site = Site::start().await;
    let stranger = KeyPair::generate().unwrap();
    let (client, _) = site.client(Stored::new(&stranger, &site.authority));
    let error = client.worklist().await.unwrap_err();
    assert_eq!(error.refusal(), Some(403), "{error}");
    assert!(!format!("{error:?}").contains("PRIVATE KEY"));
    assert_eq!(site.canopy.take_unexpected().len(), 1);
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_without_a_restart() {
    let site = Site::start().await;
    let stored = Stored::new(&KeyPair::generate().unwrap(), &site.authority);
    let (client, clock) = site.client(stored.clone());
    assert_eq!(client.worklist().await.unwrap_err().refusal(), Some(403));
    assert_eq!(site.canopy.take_unexpected().len(), 1);
    stored.replace(&site.device, &site.authority);
    clock.advance(Duration::from_mins(15));
    client.worklist().await.unwrap();
    assert_eq!(site.canopy.control().ledger().await.unwrap().worklist_polls, 1);
}

#[tokio::test]
async fn fault_d11_a_server_of_another_authority_is_not_spoken_to() {
    let site = Site::start().await;
    let other = certificate(&KeyPair::generate().unwrap());
    let (client, _) = site.client(Stored::new(&site.device, &other));
    let error = client.worklist().await.unwrap_err();
    assert!(matches!(error, CanopyError::Unreachable { .. }), "{error}");
    assert_eq!(site.canopy.control().ledger().await.unwrap().worklist_polls, 0);
}

#[tokio::test]
async fn a_secret_that_cannot_be_used_is_named_and_an_older_connection_kept() {
    let site = Site::start().await;
    let stored = Stored::new(&site.device, &site.authority);
    let (client, clock) = site.client(stored.clone());
    client.worklist().await.unwrap();
    stored.0.lock().unwrap().clear();
    clock.advance(Duration::from_mins(15));
    client.worklist().await.unwrap();
    let (fresh, _) = site.client(stored);
    let error = fresh.worklist().await.unwrap_err().to_string();
    assert!(error.contains("tls.crt") && error.contains("missing"), "{error}");
}

#[tokio::test]
async fn while_the_secret_cannot_be_read_the_older_connection_is_kept_after_seconds() {
    let site = Site::start().await;
    let once = Once(Mutex::new(Some(Stored::new(&site.device, &site.authority))));
    let (client, clock) = site.client(once);
    client.worklist().await.unwrap();
    clock.advance(Duration::from_mins(15));
    tokio::time::pause();
    let hanging = tokio::time::Instant::now();
    client.worklist().await.unwrap();
    assert!(hanging.elapsed() < Duration::from_secs(10), "{:?}", hanging.elapsed());
    let (fresh, _) = site.client(Once(Mutex::default()));
    let error = fresh.worklist().await.unwrap_err().to_string();
    assert!(error.contains("device certificate within 5 s"), "{error}");
}
