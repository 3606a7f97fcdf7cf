//! What the operator's own pod tells about it.
//!
//! Input: the pod, from the API server. Output: the image it runs, which the pods it makes take their tools from.

use crate::args::{ImageRef, ObjectName, SidecarImage};
use contract::names::NamespaceName;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client};

/// The operator's container in its pod, next to which others may run.
pub const CONTAINER: &str = "operator";

/// Why the own image is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HomeError {
    /// The API server did not show the pod.
    #[error(
        "failed to read the operator's own pod {pod} ({why}); grant `get` on pods, or set CANOPY_PROXY_IMAGE"
    )]
    Read {
        /// The pod, with its namespace.
        pod: String,
        /// What the API server said.
        why: String,
    },
    /// The pod does not say.
    #[error(
        "failed to find an image of container {CONTAINER} in the operator's own pod {pod}; set CANOPY_PROXY_IMAGE"
    )]
    Find {
        /// The pod, with its namespace.
        pod: String,
    },
}

/// The image with `canopy-proxy` and `pgro-agent`; the API server is asked only where none was given.
pub async fn sidecar_image(
    client: Client,
    namespace: &NamespaceName,
    setting: &SidecarImage,
) -> Result<ImageRef, HomeError> {
    match setting {
        SidecarImage::Given(image) => Ok(image.clone()),
        SidecarImage::OfPod(name) => own_image(client, namespace, name).await,
    }
}

async fn own_image(
    client: Client,
    namespace: &NamespaceName,
    name: &ObjectName,
) -> Result<ImageRef, HomeError> {
    let pod = || format!("{namespace}/{name}");
    let pods: Api<Pod> = Api::namespaced(client, namespace.as_str());
    let read = pods.get(name.as_str()).await;
    let found = read.map_err(|error| HomeError::Read { pod: pod(), why: error.to_string() })?;
    image_of(&found).ok_or_else(|| HomeError::Find { pod: pod() })
}

/// The image of the operator's container: by its name, or because it is the only one.
fn image_of(pod: &Pod) -> Option<ImageRef> {
    let containers = pod.spec.as_ref()?.containers.as_slice();
    let named = containers.iter().find(|container| container.name == CONTAINER);
    let only = if let [only] = containers { Some(only) } else { None };
    named.or(only)?.image.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::image_of;
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::{Value, json};

    fn image(containers: &Value) -> Option<String> {
        let pod: Pod = serde_json::from_value(json!({ "spec": { "containers": containers } })).unwrap();
        image_of(&pod).map(|image| image.to_string())
    }

    #[test]
    fn the_operators_container_is_found_beside_others() {
        let both =
            json!([{ "name": "tailscale", "image": "t:1" }, { "name": "operator", "image": "pgro:1" }]);
        assert_eq!(image(&both).as_deref(), Some("pgro:1"));
    }

    #[test]
    fn the_only_container_is_the_operators_whatever_its_name() {
        assert_eq!(image(&json!([{ "name": "main", "image": "pgro:1" }])).as_deref(), Some("pgro:1"));
    }

    #[test]
    fn of_several_unnamed_ones_none_is_guessed() {
        assert_eq!(image(&json!([{ "name": "a", "image": "x:1" }, { "name": "b", "image": "y:1" }])), None);
        assert_eq!(image(&json!([{ "name": "operator" }])), None);
    }
}
