//! Tokens of service accounts, by the `TokenRequest` API: what a pod would have in its projected volume.

use anyhow::{Context, Result};
use contract::secret::SecretString;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::PostParams;
use kube::{Api, Client, ResourceExt};

/// Whose token, for whom.
#[derive(Clone, Copy, Debug)]
pub struct TokenOf<'a> {
    /// The pod it is bound to.
    pub pod: &'a Pod,
    /// The audience it is for.
    pub audience: &'a str,
}

/// A token as kubelet would ask for it.
pub async fn token(client: &Client, of: TokenOf<'_>) -> Result<SecretString> {
    let namespace = of.pod.namespace().context("a pod has a namespace")?;
    let account =
        of.pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref()).unwrap_or("default");
    let bound = BoundObjectReference {
        api_version: Some("v1".into()),
        kind: Some("Pod".into()),
        name: Some(of.pod.name_any()),
        uid: of.pod.uid(),
    };
    let spec = TokenRequestSpec {
        audiences: vec![of.audience.to_owned()],
        bound_object_ref: Some(bound),
        expiration_seconds: Some(600),
    };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let accounts = Api::<ServiceAccount>::namespaced(client.clone(), &namespace);
    let made = accounts.create_token_request(account, &PostParams::default(), &request).await?;
    Ok(made.status.context("the API server gave no token")?.token.into())
}
