//! Looks for secrets where none may be: in every object but Secrets, in every log, in Canopy's ledger, in processes.
//!
//! Input: what is secret in a world, and what can be read of it. Output: where a secret was found, without the secret.
//! Must not: print one.

mod processes;
mod secret;
mod texts;

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result};

use crate::kubernetes::{self, FURNITURE, SYSTEM};
use crate::world::World;

pub use processes::Processes;
pub use secret::Secrets;
pub use texts::{Text, cluster_texts};

/// A secret that was found where it may not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// Which secret.
    pub what: String,
    /// Where.
    pub place: String,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is in {}", self.what, self.place)
    }
}

/// Every secret of a world: the furniture's, and those in its namespaces.
pub async fn secrets(world: &World) -> Result<Secrets> {
    let mut secrets = Secrets::default();
    for (what, value) in world.harness.furniture.secrets() {
        secrets.add(what, value);
    }
    for namespace in world.namespaces() {
        secrets.add_values(&namespace, &kubernetes::secret_values(&world.client, &namespace).await?);
    }
    Ok(secrets)
}

/// Every leak in what can be read of a world now.
pub async fn search(world: &World) -> Result<BTreeSet<Leak>> {
    let secrets = secrets(world).await?;
    let ledger =
        serde_json::to_string(&world.canopy.ledger().await?).context("failed to write the ledger down")?;
    let mut leaks = secrets.found_in(&Text { place: "Canopy's ledger".into(), text: ledger });
    let all = world.namespaces().into_iter().chain([SYSTEM.to_owned(), FURNITURE.to_owned()]);
    for text in cluster_texts(world, all).await? {
        leaks.extend(secrets.found_in(&text));
    }
    Ok(leaks)
}
