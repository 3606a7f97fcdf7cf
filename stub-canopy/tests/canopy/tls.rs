//! TLS: the device certificate, known by key and name.

use crate::world::{GROUP, Reply, correct_calls, entry, id, read};
use http::Method;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use reqwest::{Certificate, Client, Identity, Version};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject as _};
use serde_json::{Value, json};
use stub_canopy::{Config, ControlClient, Enrolled, Handle, StubCanopy, TlsConfig, use_ring};

/// A self-signed certificate made anew from a key.
fn certificate(key: &KeyPair, name: &str) -> String {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.self_signed(key).unwrap().pem()
}

struct Site {
    canopy: Handle,
    root: String,
    device: KeyPair,
}

impl Site {
    async fn start(demand_device: bool) -> Self {
        let (server, device) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let root = certificate(&server, "localhost");
        let enrolled = Enrolled::from_pem(certificate(&device, "device.local").as_bytes()).unwrap();
        let tls = TlsConfig {
            chain: vec![rustls_pki_types::CertificateDer::from_pem_slice(root.as_bytes()).unwrap()],
            key: PrivateKeyDer::from_pem_slice(server.serialize_pem().as_bytes()).unwrap(),
            device: demand_device.then_some(enrolled),
        };
        let canopy = StubCanopy::start(Config { tls: Some(tls), ..Config::loopback() }).await.unwrap();
        canopy.control().put_entry(&entry(1, 2)).await.unwrap();
        Self { canopy, root, device }
    }

    fn client(&self, shows: Option<(&KeyPair, &str)>) -> Client {
        use_ring();
        let root = Certificate::from_pem(self.root.as_bytes()).unwrap();
        let builder = Client::builder().tls_certs_only([root]);
        let builder = match shows {
            None => builder,
            Some((key, name)) => {
                let pem = certificate(key, name) + &key.serialize_pem();
                builder.identity(Identity::from_pem(pem.as_bytes()).unwrap())
            }
        };
        builder.build().unwrap()
    }

    async fn send(&self, client: &Client, method: Method, path: &str, body: &Value) -> Reply {
        let url = self.canopy.base_url().join(path).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        read(client.request(method, url).header("X-Version", "1").body(body).send().await.unwrap())
            .await
            .unwrap()
    }

    async fn assert_each_refused(&self, client: &Client, status: u16, why: &str) {
        for (method, path, body, _) in correct_calls() {
            for path in [path.to_owned(), format!("/public{path}")] {
                self.send(client, method.clone(), &path, &body).await.assert_problem(status);
                let unexpected = self.canopy.take_unexpected();
                assert_eq!((unexpected[0].path.as_str(), unexpected[0].status), (path.as_str(), status));
                assert!(unexpected[0].why.contains(why), "{unexpected:?}");
            }
        }
        let ledger = self.canopy.control().ledger().await.unwrap();
        assert_eq!((ledger.worklist_polls, ledger.verifications.len()), (0, 0));
    }
}

#[tokio::test]
async fn a_device_is_served_with_every_certificate_it_makes_from_the_enrolled_key() {
    let site = Site::start(true).await;
    for _ in 0..2 {
        let client = site.client(Some((&site.device, "device.local")));
        for (method, path, body, status) in correct_calls() {
            assert_eq!(site.send(&client, method, path, &body).await.status, status, "{path}");
        }
    }
    assert_eq!(site.canopy.control().ledger().await.unwrap().verifications.len(), 2);
}

#[tokio::test]
async fn a_client_without_a_certificate_is_unauthorised_at_the_four_endpoints() {
    let site = Site::start(true).await;
    site.assert_each_refused(&site.client(None), 401, "no client certificate").await;
}

#[tokio::test]
async fn a_certificate_of_another_key_is_forbidden_at_the_four_endpoints() {
    let site = Site::start(true).await;
    let other = KeyPair::generate().unwrap();
    site.assert_each_refused(&site.client(Some((&other, "device.local"))), 403, "key is not the enrolled")
        .await;
}

#[tokio::test]
async fn a_certificate_of_another_name_is_forbidden_at_the_four_endpoints() {
    let site = Site::start(true).await;
    let client = site.client(Some((&site.device, "intruder.local")));
    site.assert_each_refused(&client, 403, "name is not the enrolled").await;
}

#[tokio::test]
async fn the_control_and_the_probe_ask_for_no_certificate() {
    let site = Site::start(true).await;
    let client = site.client(None);
    assert_eq!(site.send(&client, Method::GET, "/public/servers", &Value::Null).await.status, 200);
    assert_eq!(site.send(&client, Method::GET, "/_control/ledger", &Value::Null).await.status, 200);
    let trusting = ControlClient::trusting(site.canopy.base_url().clone(), site.root.as_bytes()).unwrap();
    assert!(trusting.is_up().await);
    let suspicious = ControlClient::new(site.canopy.base_url().clone()).unwrap();
    assert!(!suspicious.is_up().await, "a certificate nobody vouches for is not trusted");
}

#[tokio::test]
async fn without_an_enrolled_device_tls_asks_for_no_certificate() {
    let site = Site::start(false).await;
    let stranger = KeyPair::generate().unwrap();
    for client in [site.client(None), site.client(Some((&stranger, "x")))] {
        let request = json!({"group": id(GROUP), "type": "tamanu-postgres"});
        assert_eq!(site.send(&client, Method::POST, "/restore-credentials", &request).await.status, 200);
    }
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_and_a_fault_closes_either() {
    let site = Site::start(false).await;
    let root = Certificate::from_pem(site.root.as_bytes()).unwrap();
    let old = Client::builder().tls_certs_only([root]).http1_only().build().unwrap();
    let url = site.canopy.base_url().join("/public/servers").unwrap();
    for (client, version) in [(site.client(None), Version::HTTP_2), (old, Version::HTTP_11)] {
        assert_eq!(client.get(url.clone()).send().await.unwrap().version(), version);
        for fault in [json!({"close": true}), json!({"truncate": 1})] {
            let rule = json!({"endpoint": "worklist", "times": 1, "fault": fault});
            let rule = serde_json::from_value(rule).unwrap();
            site.canopy.control().inject(&rule).await.unwrap();
            let poll = client.get(site.canopy.base_url().join("/restore-worklist").unwrap());
            let outcome = match poll.header("X-Version", "1").send().await {
                Ok(answer) => answer.text().await.map(drop),
                Err(error) => Err(error),
            };
            assert!(outcome.is_err(), "{version:?} {fault}");
        }
    }
}

#[tokio::test]
async fn plain_http_is_not_served_where_tls_is() {
    let site = Site::start(false).await;
    use_ring();
    let plain = site.canopy.base_url().as_str().replacen("https", "http", 1);
    assert!(Client::new().get(plain).send().await.is_err());
}
