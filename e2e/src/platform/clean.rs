//! Removes what earlier versions left: bounded, and never anything that is not ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use super::command::remove_folder;
use super::engine::{Engine, LABEL};
use super::image::BUILT_PREFIX;
use super::kind::Kind;
use super::layout::Layout;
use super::project::PROJECT_PREFIX;
use crate::progress::Progress;

/// Besides the current one, the newest others are kept: going back and forth between branches stays quick, and what an
/// operator that runs on yesterday's image starts today is still there.
const KEEP_OTHERS: usize = 3;

/// Whether we gave an image its name.
pub(crate) fn is_ours(image: &str) -> bool {
    image.starts_with(BUILT_PREFIX) || image.starts_with(PROJECT_PREFIX)
}

/// Which names, listed newest first, are more than is kept: per name before the `separator`, all but the current ones
/// and the newest others.
fn surplus(listed: &[String], current: &BTreeSet<String>, separator: char) -> Vec<String> {
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let is_surplus = |name: &&String| {
        let stem = name.rsplit_once(separator).map_or(name.as_str(), |(stem, _)| stem);
        let seen = others.entry(stem.to_owned()).or_default();
        *seen += 1;
        *seen > KEEP_OTHERS
    };
    listed.iter().filter(|name| !current.contains(*name)).filter(is_surplus).cloned().collect()
}

/// Removes old tools. `current` are the folders in use.
pub(crate) fn tools(layout: &Layout, current: &BTreeSet<String>) -> Result<()> {
    let folder = layout.tools();
    surplus(&newest_first(&folder), current, '-')
        .iter()
        .try_for_each(|name| remove_folder(&folder.join(name)))
}

fn newest_first(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut dated: Vec<_> = entries
        .map(|entry| {
            let changed = entry.metadata().and_then(|found| found.modified()).ok();
            (changed, entry.file_name().to_string_lossy().into_owned())
        })
        .collect();
    dated.sort_by(|a, b| b.cmp(a));
    dated.into_iter().map(|(_, name)| name).collect()
}

/// Our images in the engine, newest first.
async fn ours(engine: &Engine) -> Result<Vec<String>> {
    let list = engine.run().args(["images", "--format", "{{.Repository}}:{{.Tag}}"]).output().await?;
    Ok(parse_images(&list))
}

fn parse_images(list: &str) -> Vec<String> {
    list.lines()
        .map(str::trim)
        .filter(|name| is_ours(name) && !name.ends_with(":<none>"))
        .map(str::to_owned)
        .collect()
}

/// Removes old images from the engine, and from the node those the engine no longer has.
pub(crate) async fn images(
    engine: &Engine,
    kind: &Kind,
    current: &BTreeSet<String>,
    progress: &Progress,
) -> Result<()> {
    for name in surplus(&ours(engine).await?, current, ':') {
        // An image in use stays, and goes another time.
        engine.run().args(["rmi", &name]).succeeds().await;
    }
    engine.run().args(["image", "prune", "--force", "--filter", &format!("label={LABEL}")]).succeeds().await;
    let kept: BTreeSet<String> = ours(engine).await?.into_iter().collect();
    let in_node = kind.images().await?;
    let old: Vec<String> = in_node.into_iter().filter(|name| is_ours(name) && !kept.contains(name)).collect();
    kind.forget(&old, progress).await
}

/// Removes everything of ours: images and the whole cache folder.
pub(crate) async fn everything(engine: &Engine, layout: &Layout) -> Result<()> {
    for name in ours(engine).await? {
        engine.run().args(["rmi", &name]).succeeds().await;
    }
    remove_folder(layout.root())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_current_and_the_newest_others_are_kept_per_name() {
        let listed = names(&["x/a:7", "x/a:6", "x/b:9", "x/a:5", "x/a:4", "x/a:3", "x/b:1"]);
        let current = BTreeSet::from(["x/a:4".to_owned()]);
        assert_eq!(surplus(&listed, &current, ':'), ["x/a:3"]);
    }

    #[test]
    fn nothing_is_surplus_when_all_is_current() {
        let listed = names(&["kopia-1", "kind-1"]);
        assert_eq!(surplus(&listed, &listed.iter().cloned().collect(), '-'), Vec::<String>::new());
    }

    #[test]
    fn only_images_we_named_are_ever_removed() {
        let list = "localhost/pgro-e2e/kopia:1\ndocker.io/library/postgres:15\nlocalhost/debian:slim\n\
                    localhost/pgro/pgro:2\nlocalhost/pgro-e2e/kopia:<none>\n<none>:<none>\n";
        assert_eq!(parse_images(list), ["localhost/pgro-e2e/kopia:1", "localhost/pgro/pgro:2"]);
    }

    #[test]
    fn old_tools_go_and_those_in_use_stay() {
        let cache = tempfile::tempdir().unwrap();
        let layout = Layout::find(Some(cache.path().into()), None).unwrap();
        for name in ["local-path-provisioner-1", "kopia-1", "kopia-2", "kopia-3", "kopia-4", "kopia-5"] {
            std::fs::create_dir_all(layout.tools().join(name)).unwrap();
        }
        tools(&layout, &BTreeSet::from(["kopia-1".to_owned()])).unwrap();
        let left = newest_first(&layout.tools());
        assert_eq!(left.len(), 5, "{left:?}");
        assert!(
            left.contains(&"kopia-1".to_owned()) && left.contains(&"local-path-provisioner-1".to_owned())
        );
    }
}
