//! A kustomize overlay in a folder of its own: a base of this workspace, with images and settings of this run.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::platform::{Cluster, workspace};

/// Where overlays are written: below the workspace, since kustomize reaches a base only by a relative path.
const FOLDER: &str = "target/e2e/overlays";
/// From a folder in [`FOLDER`] back to the workspace.
const BACK: &str = "../../../..";

/// What is laid over a base.
#[derive(Debug)]
pub(super) struct Overlay<'a> {
    /// Its folder.
    pub(super) name: &'static str,
    /// The base, relative to the workspace.
    pub(super) base: &'static str,
    /// Names in the base, and the images that take their place.
    pub(super) images: Vec<(&'static str, &'a str)>,
    /// Strategic-merge patches: partial objects.
    pub(super) patches: Vec<Value>,
}

impl Overlay<'_> {
    /// Writes it and applies it.
    pub(super) async fn apply(&self, cluster: &Cluster) -> Result<()> {
        let folder: PathBuf = workspace().join(FOLDER).join(self.name);
        let text = serde_json::to_string_pretty(&self.kustomization())?;
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(folder.join("kustomization.yaml"), text))
            .with_context(|| format!("failed to write the overlay {}", folder.display()))?;
        cluster.kubectl().args(["apply", "--kustomize"]).arg(&folder).output().await.map(drop)
    }

    /// JSON is YAML too, and needs no quoting rules of its own.
    fn kustomization(&self) -> Value {
        let image = |(name, image): &(&str, &str)| {
            let (repository, tag) = split(image);
            json!({ "name": name, "newName": repository, "newTag": tag })
        };
        json!({
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [format!("{BACK}/{}", self.base)],
            "images": self.images.iter().map(image).collect::<Vec<_>>(),
            "patches": self.patches.iter().map(|patch| json!({ "patch": patch.to_string() })).collect::<Vec<_>>(),
        })
    }
}

/// An image's name and tag; a colon in a registry's address is no tag's.
fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_and_tagged_as_given() {
        assert_eq!(split("localhost/pgro/pgro:abc"), ("localhost/pgro/pgro", "abc"));
        assert_eq!(split("localhost:5000/minio"), ("localhost:5000/minio", "latest"));
    }

    #[test]
    fn the_overlay_finds_its_base_and_sets_images_and_patches() {
        let patch = json!({ "kind": "Deployment" });
        let overlay = Overlay {
            name: "x",
            base: "deploy/x",
            images: vec![("a", "b/c:d")],
            patches: vec![patch.clone()],
        };
        let made = overlay.kustomization();
        assert_eq!(made["resources"], json!(["../../../../deploy/x"]));
        assert_eq!(made["images"], json!([{ "name": "a", "newName": "b/c", "newTag": "d" }]));
        assert_eq!(made["patches"], json!([{ "patch": patch.to_string() }]));
    }

    #[test]
    fn the_way_back_from_an_overlay_leads_to_the_workspace() {
        let steps = format!("{FOLDER}/x").split('/').count();
        assert_eq!(BACK.split('/').count(), steps);
    }
}
