//! The proxy between real kopia and real MinIO, in containers its own tests start by the engine's Docker API.
//!
//! Input: an engine with the two images, and how to run a call. Output: that call, told where everything is. The API is
//! there only as long as the call runs.

use anyhow::{Context, Result};
use e2e::platform::{self, Containers, Run};

use super::stage::{LIMIT, NEIGHBOURS};

pub(super) async fn call(
    there: &Containers,
    filter: Option<&str>,
    run: impl AsyncFnOnce(Run) -> Result<()>,
) -> Result<()> {
    let folder = tempfile::tempdir().context("failed to make a folder for a socket")?;
    let api = there.engine.api(folder.path()).await?;
    let call = platform::cargo().args(NEIGHBOURS.args).args(filter).deadline(LIMIT);
    let call = call.env("PGRO_TEST_KOPIA_IMAGE", &there.kopia).env("PGRO_TEST_MINIO_IMAGE", &there.minio);
    run(api.told_to(call)).await
}
