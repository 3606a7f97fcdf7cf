//! What is already there: looked up once, before anything is planned.

use std::collections::BTreeSet;

use super::Setting;
use super::image::Image;
use super::job::Job;
use super::kind::Record;
use super::tool::{self, Tool};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    tools: BTreeSet<Tool>,
    images: BTreeSet<Image>,
    kubectl: bool,
    pub(crate) cluster: Option<Record>,
    loaded: BTreeSet<Image>,
}

impl Facts {
    /// Whether a job has been done before. The project's programs never count as done: only cargo knows.
    pub(crate) fn there(&self, job: Job) -> bool {
        match job {
            Job::Tool(tool) => self.tools.contains(&tool),
            Job::Image(image) => self.images.contains(&image),
            Job::Kubectl => self.kubectl,
            Job::Cluster => self.cluster.is_some(),
            Job::Load(image) => self.loaded.contains(&image),
            Job::Project => false,
        }
    }

    pub(crate) async fn look(setting: &Setting) -> Self {
        let tools = Tool::ALL.into_iter().filter(|tool| tool::build::folder(&setting.layout, *tool).exists());
        let cluster = setting.kind.healthy(&setting.node_image()).await;
        let loaded = if cluster.is_some() { loaded(setting).await } else { BTreeSet::new() };
        Self {
            tools: tools.collect(),
            images: images(setting).await,
            kubectl: setting.kind.kubectl.exists(),
            cluster,
            loaded,
        }
    }
}

async fn images(setting: &Setting) -> BTreeSet<Image> {
    let asked = Image::ALL.map(|image| async move {
        setting.engine.has_image(&image.reference(setting.origin)).await.then_some(image)
    });
    futures::future::join_all(asked).await.into_iter().flatten().collect()
}

/// A node that does not answer has nothing: the load that follows says why.
async fn loaded(setting: &Setting) -> BTreeSet<Image> {
    let names: BTreeSet<String> = setting.kind.images().await.unwrap_or_default().into_iter().collect();
    Image::LOADED.into_iter().filter(|image| names.contains(&image.reference(setting.origin))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_there_on_a_new_machine() {
        let facts = Facts::default();
        let jobs = [Job::Cluster, Job::Kubectl, Job::Tool(Tool::Kind), Job::Image(Image::Node), Job::Project];
        assert!(jobs.into_iter().all(|job| !facts.there(job)));
    }

    #[test]
    fn an_image_in_the_engine_is_not_yet_one_in_the_node() {
        let facts = Facts { images: BTreeSet::from([Image::Kopia]), ..Facts::default() };
        assert!(facts.there(Job::Image(Image::Kopia)) && !facts.there(Job::Load(Image::Kopia)));
    }
}
