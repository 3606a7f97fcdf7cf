//! What a person does: reads the documentation, looks at the status, enters the commands that stand there.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Replica, World};
use crate::kubernetes::{get, operator_pod};
use crate::platform::workspace;

/// Where the operator shows its status.
const STATUS: (u16, &str) = (8080, "/status.json");
/// What stands for a replica's namespace in documented commands.
const PLACEHOLDER: &str = "<namespace>";

impl World {
    /// What the operator says of its last plan.
    pub async fn status(&self) -> Result<Value> {
        let operator = operator_pod(&self.client).await?.context("there is no operator to ask")?;
        Ok(get(&self.client, &operator, STATUS).await?.body)
    }
}

impl Replica<'_> {
    /// What the status says of it.
    pub async fn status(&self) -> Result<Value> {
        let all = self.world.status().await?;
        Ok(all.get("replicas").and_then(|all| all.get(&self.namespace)).cloned().unwrap_or_default())
    }

    /// The line of a document of this workspace that has `word` in it, meant for this replica.
    pub fn documented(&self, file: &str, word: &str) -> Result<String> {
        let text = std::fs::read_to_string(workspace().join(file))
            .with_context(|| format!("failed to read {file}"))?;
        let is_command = |line: &&str| line.starts_with("kubectl") && line.contains(word);
        let line =
            text.lines().find(is_command).with_context(|| format!("{file} has no command with {word}"))?;
        Ok(line.replace(PLACEHOLDER, &self.namespace))
    }

    /// Enters a command in a shell.
    pub async fn enters(&self, command: &str) -> Result<()> {
        self.world.harness.cluster.entered(command).output().await.map(drop)
    }
}
