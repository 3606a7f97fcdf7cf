//! What a cluster needs before a test can begin: MinIO, stub-canopy, the operator.
//!
//! Input: a cluster with images in it. Output: the three, available, and the keys to them. Idempotent: what is there
//! and as it should be is left alone. Must not: write a secret to a file or an argument.

mod anchor;
mod operator;
mod overlay;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::secret::{ExposeSecret, SecretString};
use kube::Client;
use stub_canopy::ControlClient;
use url::Url;
use uuid::Uuid;

use crate::kubernetes::{FURNITURE, SYSTEM, deployment_is_available, ensure_secret};
use crate::platform::{Cluster, workspace};
use crate::progress::Progress;
use crate::s3::Keys;
use crate::timeouts::{DEPLOYED, LISTENING};
use crate::wait::{Look, until};
use overlay::Overlay;

pub use anchor::is_anchor;
pub use operator::DEPLOYMENT;

/// The furnished cluster's doors and keys.
#[derive(Clone, Debug)]
pub struct Furniture {
    /// Canopy's control.
    pub canopy: Url,
    /// S3.
    pub s3: Url,
    /// Keys of S3's owner.
    pub keys: Keys,
    /// Password of every repository.
    pub repo_password: SecretString,
}

/// Puts everything in its place and waits until it stands.
pub async fn install(cluster: &Cluster, client: &Client, progress: &Progress) -> Result<Furniture> {
    progress.step("MinIO, stub-canopy and the operator", None, installed(cluster, client)).await
}

async fn installed(cluster: &Cluster, client: &Client) -> Result<Furniture> {
    let images = cluster.images()?;
    let namespace = workspace().join("e2e/manifests/namespace.yaml");
    cluster.kubectl().args(["apply", "--filename"]).arg(namespace).output().await?;
    let furniture = doors(cluster, client).await?;
    let around = Overlay {
        name: "furniture",
        base: "e2e/manifests",
        images: vec![("minio", &images.minio), ("stub-canopy", &images.stub_canopy)],
        patches: Vec::new(),
    };
    around.apply(cluster).await?;
    for name in ["minio", "stub-canopy"] {
        available(client, FURNITURE, name).await?;
    }
    let control = ControlClient::new(furniture.canopy.clone())?;
    until(LISTENING, || async {
        Ok(Look::some(control.is_up().await.then_some(()), "stub-canopy is silent"))
    })
    .await?;
    anchor::drop(&control).await?;
    operator::overlay(&images).apply(cluster).await?;
    available(client, SYSTEM, DEPLOYMENT).await?;
    Ok(furniture)
}

async fn available(client: &Client, namespace: &str, name: &str) -> Result<()> {
    until(DEPLOYED, || async {
        let available = deployment_is_available(client, namespace, name).await?;
        Ok(Look::some(available.then_some(()), format!("{name} is not available")))
    })
    .await
    .with_context(|| format!("{name} in {namespace} did not come up"))
}

async fn doors(cluster: &Cluster, client: &Client) -> Result<Furniture> {
    let fresh =
        |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), random())).collect::<BTreeMap<_, _>>();
    let minio = ensure_secret(client, FURNITURE, "minio", fresh(&["access-key", "secret-key"])).await?;
    let repository = ensure_secret(client, FURNITURE, "repository", fresh(&["password"])).await?;
    let value = |of: &BTreeMap<String, SecretString>, key: &str| {
        of.get(key)
            .cloned()
            .with_context(|| format!("a Secret in {FURNITURE} lacks the key {key}: delete it"))
    };
    let local = |port: u16| Url::parse(&format!("http://127.0.0.1:{port}/")).context("not an address");
    Ok(Furniture {
        canopy: local(cluster.ports.stub_canopy)?,
        s3: local(cluster.ports.s3)?,
        keys: Keys { access_key: value(&minio, "access-key")?, secret_key: value(&minio, "secret-key")? },
        repo_password: value(&repository, "password")?,
    })
}

/// A secret nobody guesses and a scan finds: 122 random bits, and nothing else looks like it.
fn random() -> SecretString {
    Uuid::new_v4().simple().to_string().into()
}

impl Furniture {
    /// The host and port of S3, as kopia wants it.
    pub fn s3_endpoint(&self) -> String {
        format!("{}:{}", self.s3.host_str().unwrap_or_default(), self.s3.port().unwrap_or(80))
    }

    /// Every secret of the furniture, by what it is.
    pub fn secrets(&self) -> [(&'static str, &str); 3] {
        [
            ("the repository's password", self.repo_password.expose_secret()),
            ("S3's access key", self.keys.access_key.expose_secret()),
            ("S3's secret key", self.keys.secret_key.expose_secret()),
        ]
    }
}
