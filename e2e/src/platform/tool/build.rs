//! Builds one tool into the cache.
//!
//! Input: its source. Output: a folder of executables, put in place by rename when it is whole.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Source, Tool};
use crate::platform::command::{LONG, Run};
use crate::platform::layout::Layout;
use crate::platform::store;

/// Where a tool's executables are, or will be.
pub(crate) fn folder(layout: &Layout, tool: Tool) -> PathBuf {
    layout.tools().join(format!("{}-{}", tool.name(), tool.key()))
}

/// Where one executable of a tool is.
pub(crate) fn binary(layout: &Layout, tool: Tool, name: &str) -> PathBuf {
    folder(layout, tool).join(name)
}

pub(crate) async fn build(layout: &Layout, tool: Tool, log: &Path) -> Result<()> {
    let out = store::Draft::begin(&layout.temp(), tool.name())?;
    match tool.source() {
        Source::C(text) => compile(tool.name(), text, out.path(), &layout.temp(), log).await,
        Source::Go { go_mod, go_sum, packages, ldflags } => {
            let module = store::Draft::begin(&layout.temp(), "module")?;
            write(&module.path().join("go.mod"), go_mod)?;
            write(&module.path().join("go.sum"), go_sum)?;
            // A trailing slash makes it a folder to fill; a single program is called by the tool's name, not the
            // package's, whose last part may be `v3`.
            let target = if packages.len() > 1 { out.path().join("") } else { out.path().join(tool.name()) };
            go(module.path(), &target, packages, &ldflags, log).await
        }
    }
    .with_context(|| format!("failed to build {}", tool.name()))?;
    out.put(&folder(layout, tool))
}

async fn go(module: &Path, target: &Path, packages: &[&str], ldflags: &str, log: &Path) -> Result<()> {
    let build = Run::new("go").dir(module).env("CGO_ENABLED", "0").env("GOWORK", "off");
    let build = build.args(["build", "-v", "-mod=readonly", "-trimpath", "-ldflags", ldflags, "-o"]);
    build.arg(target).args(packages).deadline(LONG).logged(log).await
}

async fn compile(name: &str, text: &str, out: &Path, temp: &Path, log: &Path) -> Result<()> {
    let file = temp.join(format!("{name}.c"));
    write(&file, text)?;
    Run::new("cc").args(["-O2", "-static", "-o"]).arg(out.join(name)).arg(&file).logged(log).await
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("failed to write {}", file.display()))
}
