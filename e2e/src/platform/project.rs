//! pgro's own programs: built static, put into images that are named by their content.
//!
//! Input: the workspace and a base image. Output: the names of the images in the engine.

mod compile;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::command::Run;
use super::engine::{Build, Engine};
use super::image::build::link;
use super::key::{Key, KeyBuilder};
use super::layout::Layout;
use super::store::Draft;
pub use compile::build_static;

/// What the names of the project's images begin with.
pub(crate) const PROJECT_PREFIX: &str = "localhost/pgro/";

/// The packages whose programs go into images.
const PACKAGES: [&str; 4] = ["operator", "proxy", "agent", "stub-canopy"];
/// The targets of the Containerfile and the programs each holds; every target is an image of that name.
const TARGETS: [(&str, &[&str]); 2] =
    [("pgro", &["operator", "canopy-proxy", "pgro-agent"]), ("stub-canopy", &["stub-canopy"])];

/// The names of the project's images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectImages {
    pub(crate) pgro: String,
    pub(crate) stub_canopy: String,
}

/// The workspace this program was built from.
pub fn workspace() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Builds the programs and, where their content is new, the images.
pub(crate) async fn images(
    engine: &Engine,
    layout: &Layout,
    base: &str,
    log: &Path,
) -> Result<ProjectImages> {
    let binaries = compile(log).await.context("failed to build pgro's programs")?;
    let containerfile = workspace().join("deploy/Containerfile");
    let text = std::fs::read(&containerfile)
        .with_context(|| format!("failed to read {}", containerfile.display()))?;
    let mut names = Vec::new();
    for (target, programs) in TARGETS {
        let files = programs.iter().map(|program| find(&binaries, program)).collect::<Result<Vec<_>>>()?;
        let key = key(target, base, &text, &files)?;
        let name = format!("{PROJECT_PREFIX}{target}:{key}");
        if !engine.has_image(&name).await {
            image(engine, layout, (target, &name, base), &containerfile, &files, log).await?;
        }
        names.push(name);
    }
    match <[String; 2]>::try_from(names) {
        Ok([pgro, stub_canopy]) => Ok(ProjectImages { pgro, stub_canopy }),
        Err(names) => Err(anyhow::anyhow!("expected two images of the project, made {names:?}")),
    }
}

async fn image(
    engine: &Engine,
    layout: &Layout,
    (target, name, base): (&str, &str, &str),
    containerfile: &Path,
    files: &[PathBuf],
    log: &Path,
) -> Result<()> {
    let context = Draft::begin(&layout.temp(), target)?;
    let bin = context.path().join("bin");
    std::fs::create_dir_all(&bin).context("failed to create the folder bin")?;
    for file in files {
        link(file, &bin.join(file.file_name().context("a program needs a name")?))?;
    }
    let revision = revision().await;
    let args = [("BASE", base), ("REVISION", &*revision)];
    let build = Build { name, containerfile, context: context.path(), target: Some(target), args: &args };
    engine.build(&build, log).await
}

/// The commit the workspace is at. An image that is there already keeps the one it was made at: its programs are the same.
async fn revision() -> String {
    let asked = Run::new("git").args(["describe", "--always", "--dirty", "--abbrev=12", "--match="]);
    let told = asked.dir(&workspace()).output().await;
    told.ok()
        .map(|told| told.trim().to_owned())
        .filter(|told| !told.is_empty())
        .unwrap_or("unknown".to_owned())
}

async fn compile(log: &Path) -> Result<Vec<PathBuf>> {
    let packages = PACKAGES.into_iter().flat_map(|package| ["--package", package]);
    let args: Vec<&str> = ["build", "--bins"].into_iter().chain(packages).collect();
    build_static(&args, log).await
}

fn find(binaries: &[PathBuf], program: &str) -> Result<PathBuf> {
    let found = binaries.iter().find(|file| file.file_name().is_some_and(|name| name == program));
    found.cloned().with_context(|| format!("no crate builds the program `{program}`, which an image needs"))
}

fn key(target: &str, base: &str, containerfile: &[u8], files: &[PathBuf]) -> Result<Key> {
    let mut key = KeyBuilder::of("project").add(target).add(base).add(containerfile);
    for file in files {
        key = key.add(std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?);
    }
    Ok(key.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_no_crate_builds_is_named() {
        let error = find(&["/t/operator".into()], "pgro-agent").unwrap_err().to_string();
        assert!(error.contains("`pgro-agent`"), "{error}");
    }

    #[test]
    fn an_image_is_renamed_when_a_program_or_the_base_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = [folder.path().join("operator")];
        std::fs::write(&file[0], "one").unwrap();
        let first = key("pgro", "base:1", b"FROM", &file).unwrap();
        assert_eq!(first, key("pgro", "base:1", b"FROM", &file).unwrap());
        assert_ne!(first, key("pgro", "base:2", b"FROM", &file).unwrap());
        std::fs::write(&file[0], "two").unwrap();
        assert_ne!(first, key("pgro", "base:1", b"FROM", &file).unwrap());
    }

    #[test]
    fn the_containerfile_has_a_target_for_every_image_and_copies_every_program() {
        let text = std::fs::read_to_string(workspace().join("deploy/Containerfile")).unwrap();
        for (target, programs) in TARGETS {
            assert!(text.contains(&format!(" AS {target}\n")), "no target {target}");
            for program in programs {
                assert!(text.contains(&format!("bin/{program}")), "{program} is not copied");
            }
        }
    }
}
