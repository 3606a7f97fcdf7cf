//! Secrets: those the harness makes, and the values a leak would show.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::secret::{ExposeSecret, SecretString};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};

/// The values of the Secret `name`; made with `fresh` values unless it is there, so that they outlast a run.
pub async fn ensure_secret(
    client: &Client,
    namespace: &str,
    name: &str,
    fresh: BTreeMap<String, SecretString>,
) -> Result<BTreeMap<String, SecretString>> {
    let api = Api::<Secret>::namespaced(client.clone(), namespace);
    if let Some(found) = api.get_opt(name).await? {
        return Ok(values(found));
    }
    let data = fresh.iter().map(|(key, value)| (key.clone(), value.expose_secret().to_owned())).collect();
    let mut secret = Secret { string_data: Some(data), ..Secret::default() };
    secret.metadata.name = Some(name.to_owned());
    api.create(&PostParams::default(), &secret)
        .await
        .with_context(|| format!("failed to make Secret {name}"))?;
    Ok(fresh)
}

/// The values of every Secret of a namespace, under `<name>/<key>`.
pub async fn secret_values(client: &Client, namespace: &str) -> Result<BTreeMap<String, SecretString>> {
    let all = Api::<Secret>::namespaced(client.clone(), namespace).list(&ListParams::default()).await?;
    let named = all.items.into_iter().flat_map(|secret| {
        let name = secret.metadata.name.clone().unwrap_or_default();
        values(secret).into_iter().map(move |(key, value)| (format!("{name}/{key}"), value))
    });
    Ok(named.collect())
}

fn values(secret: Secret) -> BTreeMap<String, SecretString> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    secret.data.unwrap_or_default().into_iter().map(|(key, value)| (key, text(value.0).into())).collect()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    #[test]
    fn values_are_read_as_text_under_their_keys() {
        let data = BTreeMap::from([("password".to_owned(), ByteString(b"canary".to_vec()))]);
        let read = values(Secret { data: Some(data), ..Secret::default() });
        assert_eq!(read["password"].expose_secret(), "canary");
        assert!(!format!("{read:?}").contains("canary"));
    }
}
