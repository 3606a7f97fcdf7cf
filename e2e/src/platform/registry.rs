//! Whether a container registry can be reached: asked once, and remembered.

use std::time::Duration;

use anyhow::Result;

use super::engine::Engine;
use super::image::Origin;
use super::layout::Layout;
use super::store::write_whole;
use crate::progress::Progress;

/// A registry that needs longer than this for a few hundred bytes will not deliver a gigabyte.
const PATIENCE: Duration = Duration::from_secs(6);
/// Small, and as long-lived as any.
const QUESTION: &str = "docker.io/library/debian:bookworm-slim";

/// What was asked for, else what was found out before, else what a probe says.
pub(crate) async fn origin(
    asked: Option<Origin>,
    layout: &Layout,
    engine: &Engine,
    progress: &Progress,
) -> Result<Origin> {
    let remembered = std::fs::read_to_string(layout.source()).ok().and_then(|text| parse(&text));
    if let Some(known) = asked.or(remembered) {
        return Ok(known);
    }
    let origin = probe(engine).await;
    progress.say(match origin {
        Origin::Published => "a container registry answers: published images are used",
        Origin::Built => {
            "no container registry answers: images are built from Go modules and Debian packages"
        }
    });
    write_whole(&layout.source(), text(origin))?;
    Ok(origin)
}

async fn probe(engine: &Engine) -> Origin {
    let answered = engine.run().args(["manifest", "inspect", QUESTION]).deadline(PATIENCE).succeeds().await;
    if answered { Origin::Published } else { Origin::Built }
}

fn text(origin: Origin) -> &'static str {
    match origin {
        Origin::Published => "published\n",
        Origin::Built => "built\n",
    }
}

fn parse(remembered: &str) -> Option<Origin> {
    [Origin::Published, Origin::Built].into_iter().find(|origin| text(*origin) == remembered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_reads_back() {
        for origin in [Origin::Published, Origin::Built] {
            assert_eq!(parse(text(origin)), Some(origin));
        }
    }

    #[test]
    fn a_damaged_memory_is_no_memory() {
        assert_eq!(parse("publ"), None);
    }
}
