//! Makes one image: by fetching it, by debootstrap, or from its recipe.
//!
//! Input: the recipe and the tools already built. Output: an image of that name in the engine.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Image, Origin, Recipe, debian};
use crate::platform::engine::{Build, Engine};
use crate::platform::layout::Layout;
use crate::platform::store::Draft;
use crate::platform::tool;

/// What a build works with.
pub(crate) struct Workshop<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) engine: &'a Engine,
    pub(crate) origin: Origin,
}

impl Workshop<'_> {
    pub(crate) async fn make(&self, image: Image, log: &Path) -> Result<()> {
        let name = image.reference(self.origin);
        let made = match image {
            _ if image.is_pulled(self.origin) => self.engine.pull(&name, log).await,
            Image::Debian(suite) => debian::bootstrap(self, suite, &name, log).await,
            _ => self.build(&image.recipe(), &image.name(), &name, log).await,
        };
        made.with_context(|| format!("failed to make the image {name}"))
    }

    async fn build(&self, recipe: &Recipe, label: &str, name: &str, log: &Path) -> Result<()> {
        let context = Draft::begin(&self.layout.temp(), label)?;
        self.fill(recipe, context.path())?;
        self.archive(recipe, context.path(), log).await?;
        let containerfile = context.path().join("Containerfile");
        let build =
            Build { name, containerfile: &containerfile, context: context.path(), target: None, args: &[] };
        self.engine.build(&build, log).await
    }

    /// Puts the Containerfile, the programs and the files into the build context.
    fn fill(&self, recipe: &Recipe, context: &Path) -> Result<()> {
        let from = recipe.from.map_or("scratch".into(), |image| image.reference(self.origin));
        put(&context.join("Containerfile"), &format!("FROM {from}\n{}", recipe.lines), false)?;
        std::fs::create_dir_all(context.join("bin")).context("failed to create the folder bin")?;
        for tool in &recipe.tools {
            for binary in
                tool.binaries().into_iter().filter(|binary| recipe.lines.contains(&format!("bin/{binary}")))
            {
                let built = tool::build::binary(self.layout, *tool, binary);
                link(&built, &context.join("bin").join(binary))?;
            }
        }
        recipe
            .files
            .iter()
            .try_for_each(|file| put(&context.join("files").join(file.path), file.content, file.executable))
    }

    async fn archive(&self, recipe: &Recipe, context: &Path, log: &Path) -> Result<()> {
        if recipe.archive.is_empty() {
            return Ok(());
        }
        let references: Vec<String> =
            recipe.archive.iter().map(|(image, _)| image.reference(self.origin)).collect();
        let lines =
            references.iter().zip(&recipe.archive).map(|(built, (_, wanted))| format!("{built} {wanted}\n"));
        put(&context.join("images.names"), &lines.collect::<String>(), false)?;
        let save = self.engine.save(references.iter().map(String::as_str));
        save.arg("--output").arg(context.join("images.tar")).logged(log).await
    }
}

/// A second name costs nothing; where the file system has none, a copy does as well.
pub(crate) fn link(from: &Path, to: &Path) -> Result<()> {
    std::fs::hard_link(from, to)
        .or_else(|_| std::fs::copy(from, to).map(drop))
        .with_context(|| format!("failed to copy {} to {}", from.display(), to.display()))
}

fn put(file: &Path, content: &str, executable: bool) -> Result<()> {
    let mode = if executable { 0o755 } else { 0o644 };
    std::fs::create_dir_all(file.parent().unwrap_or(file))
        .and_then(|()| std::fs::write(file, content))
        .and_then(|()| std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)))
        .with_context(|| format!("failed to write {}", file.display()))
}
