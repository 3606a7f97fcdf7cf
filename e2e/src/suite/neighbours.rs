//! The proxy between real kopia and real MinIO, in containers its own tests start by the engine's Docker API.
//!
//! Input: an engine with the two images, and how to run a call. Output: that call, told where everything is. The API is
//! there only as long as the call runs.

use anyhow::{Context, Result};
use e2e::platform::{self, Containers, Run};

use super::stage::{LIMIT, NEIGHBOURS};

/// The benchmark that has real kopia and real MinIO, too.
const BENCH: [&str; 7] = ["bench", "-p", "proxy", "--features", "real-neighbours", "--bench", "restore"];
/// The program a restore pod runs.
const AGENT: [&str; 4] = ["build", "--bins", "--package", "agent"];

/// The proxy's tests whose names contain `filter`.
pub(super) async fn call(
    there: &Containers,
    filter: Option<&str>,
    run: impl AsyncFnOnce(Run) -> Result<()>,
) -> Result<()> {
    called(there, platform::cargo().args(NEIGHBOURS.args).args(filter), run).await
}

/// A restore by the agent through the proxy, beside kopia alone.
pub(super) async fn bench(there: &Containers) -> Result<()> {
    let built = platform::build_static(&AGENT, &platform::log("agent")?).await?;
    let agent = built.first().context("cargo built no program in the package agent")?;
    called(there, platform::cargo().args(BENCH).env("PGRO_TEST_AGENT", agent), async |run| run.shown().await)
        .await
}

async fn called(there: &Containers, call: Run, run: impl AsyncFnOnce(Run) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir().context("failed to make a folder for a socket")?;
    let api = there.engine.api(folder.path()).await?;
    let call = call
        .deadline(LIMIT)
        .env("PGRO_TEST_KOPIA_IMAGE", &there.kopia)
        .env("PGRO_TEST_MINIO_IMAGE", &there.minio);
    run(api.told_to(call)).await
}
