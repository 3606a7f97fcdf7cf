//! The pieces of work and what each needs first. Pure: from what is wanted and what is there, to a list of tasks.

use super::image::{Image, Origin};
use super::tool::Tool;

/// One piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Job {
    Tool(Tool),
    Image(Image),
    /// `kubectl` for the host, taken out of the node image.
    Kubectl,
    Cluster,
    /// An image put into the node.
    Load(Image),
    /// The workspace's own programs, built, put into images and loaded.
    Project,
}

impl Job {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Tool(tool) => format!("build {}", tool.name()),
            Self::Image(image) => format!("image {}", image.name()),
            Self::Kubectl => "kubectl".into(),
            Self::Cluster => "kind cluster".into(),
            Self::Load(image) => format!("load {}", image.name()),
            Self::Project => "pgro programs".into(),
        }
    }

    /// Whether it keeps a core busy by itself, rather than waiting for a disk or a network.
    pub(crate) fn compiles(self) -> bool {
        matches!(self, Self::Tool(_) | Self::Project)
    }

    /// What has to be there first.
    pub(crate) fn needs(self, origin: Origin) -> Vec<Self> {
        match self {
            Self::Tool(_) => Vec::new(),
            Self::Image(image) if image.is_pulled(origin) => Vec::new(),
            Self::Image(image) => image_needs(image),
            Self::Kubectl => vec![Self::Image(Image::Node)],
            Self::Cluster => vec![Self::Image(Image::Node), Self::Kubectl, Self::Tool(Tool::Kind)],
            Self::Load(image) => vec![Self::Image(image), Self::Cluster],
            Self::Project => vec![Self::Image(Image::Base)],
        }
    }
}

fn image_needs(image: Image) -> Vec<Job> {
    let recipe = image.recipe();
    let tools = recipe.tools.into_iter().map(Job::Tool);
    let images = recipe.archive.into_iter().map(|(image, _)| image).chain(recipe.from);
    tools.chain(images.map(Job::Image)).collect()
}

/// A job and those of its needs that are not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task<J> {
    pub(crate) job: J,
    pub(crate) after: Vec<J>,
}

/// What has to be done for `goals`, each job once and after what it needs; a job that is `there` needs nothing.
pub(crate) fn plan<J: Copy + PartialEq>(
    goals: &[J],
    needs: impl Fn(J) -> Vec<J>,
    there: impl Fn(J) -> bool,
) -> Vec<Task<J>> {
    let mut tasks = Vec::new();
    for goal in goals {
        visit(*goal, &needs, &there, &mut tasks);
    }
    tasks
}

fn visit<J: Copy + PartialEq>(
    job: J,
    needs: &impl Fn(J) -> Vec<J>,
    there: &impl Fn(J) -> bool,
    tasks: &mut Vec<Task<J>>,
) {
    if there(job) || tasks.iter().any(|task| task.job == job) {
        return;
    }
    let after: Vec<J> = needs(job).into_iter().filter(|need| !there(*need)).collect();
    for need in &after {
        visit(*need, needs, there, tasks);
    }
    tasks.push(Task { job, after });
}

#[cfg(test)]
mod tests;
