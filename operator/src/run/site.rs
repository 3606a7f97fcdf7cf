//! What goes into objects, gathered once at the start.

use crate::{
    args::{CanopySettings, Home, ObjectName},
    home::{HomeError, sidecar_image},
    resources::{Images, Passwords, S3, Site},
};
use contract::secret::SecretString;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{Api, Client};
use rand::distr::{Alphanumeric, SampleString};

/// Key of the certificate in the Secret `PGRO_S3_CA_SECRET` names.
const CA_KEY: &str = "ca.crt";

/// Length of a generated password: 32 of 62 characters are 190 bits.
const PASSWORD_LENGTH: usize = 32;

/// Something the settings refer to is not there.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The operator's own image.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The Secret with the roots for S3.
    #[error(
        "failed to read {CA_KEY} from Secret {secret} (PGRO_S3_CA_SECRET); create it in the operator's namespace"
    )]
    Authority {
        /// Its name.
        secret: ObjectName,
        /// What the API server said, if it refused.
        source: Option<kube::Error>,
    },
}

/// The site the settings describe.
pub(super) async fn site(client: &Client, home: &Home, canopy: &CanopySettings) -> Result<Site, SiteError> {
    let replicas = &canopy.replicas;
    Ok(Site {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        home: home.clone(),
        images: Images {
            sidecar: sidecar_image(client.clone(), &home.namespace, &replicas.sidecar_image).await?,
            kopia: replicas.kopia_image.clone(),
            postgres: replicas.postgres_images.clone(),
        },
        s3: S3 {
            endpoint: replicas.s3.endpoint.as_ref().map(|url| url.as_url().clone()),
            ca_pem: match &replicas.s3.ca_secret {
                Some(secret) => Some(authority(client, home, secret).await?),
                None => None,
            },
        },
        storage_class: replicas.storage_class.clone(),
        restore_deadline: canopy.limits.restore_deadline,
    })
}

async fn authority(client: &Client, home: &Home, name: &ObjectName) -> Result<String, SiteError> {
    let failed = |source| SiteError::Authority { secret: name.clone(), source };
    let secrets: Api<Secret> = Api::namespaced(client.clone(), home.namespace.as_str());
    let secret = secrets.get(name.as_str()).await.map_err(|error| failed(Some(error)))?;
    let found = secret.data.and_then(|mut data| data.remove(CA_KEY));
    found.and_then(|ByteString(bytes)| String::from_utf8(bytes).ok()).ok_or_else(|| failed(None))
}

/// What this process calls itself in the Lease: by its pod, and unlike any process before it in the same pod.
pub(super) fn unique_name(canopy: &CanopySettings) -> String {
    let pod = canopy.pod.as_ref().map_or("operator", ObjectName::as_str);
    format!("{pod}_{:08x}", rand::random::<u32>())
}

/// Passwords nobody can guess.
pub(super) fn new_passwords() -> Passwords {
    let password = || SecretString::from(Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_LENGTH));
    Passwords { superuser: password(), analytics: password() }
}
