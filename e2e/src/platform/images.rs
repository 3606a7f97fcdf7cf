//! The names under which images are in the engine and in the node.

use anyhow::{Context, Result};

use super::image::{Image, Origin, postgres_template};
use super::project::ProjectImages;

/// What pods are told to run. In every one of them the programs are found by name on `PATH` (`kopia`, `minio`,
/// `postgres`, `initdb`, `pg_ctl`, …); nothing may rely on an entry point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// operator, canopy-proxy and pgro-agent.
    pub pgro: String,
    /// stub-canopy.
    pub stub_canopy: String,
    /// kopia.
    pub kopia: String,
    /// MinIO.
    pub minio: String,
    /// PostgreSQL, with `{major}` where the version goes.
    pub postgres_template: String,
}

impl Images {
    pub(super) fn new(origin: Origin, project: &ProjectImages) -> Self {
        Self {
            pgro: project.pgro.clone(),
            stub_canopy: project.stub_canopy.clone(),
            kopia: Image::Kopia.reference(origin),
            minio: Image::Minio.reference(origin),
            postgres_template: postgres_template(origin),
        }
    }

    /// The image of one version of PostgreSQL.
    pub fn postgres(&self, major: u8) -> String {
        self.postgres_template.replace("{major}", &major.to_string())
    }
}

impl super::Cluster {
    /// The names of the images; an error for a cluster brought up without the project's own.
    pub fn images(&self) -> Result<Images> {
        let project =
            self.project.as_ref().context("this cluster was brought up without the project's images")?;
        Ok(Images::new(self.origin, project))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_of_a_major_is_the_one_that_was_loaded() {
        let project = ProjectImages { pgro: "a".into(), stub_canopy: "b".into() };
        for origin in [Origin::Built, Origin::Published] {
            let images = Images::new(origin, &project);
            for image in Image::LOADED {
                let name = image.reference(origin);
                let known =
                    [images.kopia.clone(), images.minio.clone(), images.postgres(15), images.postgres(17)];
                assert!(known.contains(&name), "{name}");
            }
        }
    }
}
