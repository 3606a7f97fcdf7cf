//! A server that is backed up: a real database in the world's repository, under the server's name.

use std::path::Path;

use anyhow::Result;
use contract::ids::{Prefix, ServerId};
use uuid::Uuid;

use super::World;
use crate::fixtures::backup::{Kopia, Snapshot};
use crate::fixtures::{Captured, Content, Fixture};

/// A server with one backup.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its id, under which it was backed up.
    pub id: ServerId,
    /// Which database it has.
    pub fixture: Fixture,
    /// What is in that.
    pub content: Content,
    /// Its backup.
    pub snapshot: Snapshot,
}

impl World {
    /// A server whose database was backed up just now.
    pub async fn server(&self, fixture: Fixture) -> Result<Server> {
        let Captured { pgdata, content, .. } = self.harness.fixture(fixture).await?;
        let id = self.opened().await?;
        let snapshot = self.kopia().snapshot(&pgdata).await?;
        Ok(Server { id, fixture, content, snapshot })
    }

    /// A server that was backed up as often as there are `names`: each a folder in `parent`.
    pub async fn backups(&self, parent: &Path, names: &[&str]) -> Result<(ServerId, Vec<Snapshot>)> {
        let id = self.opened().await?;
        Ok((id, self.kopia().snapshots(parent, names).await?))
    }

    /// The repository, opened as a new server.
    async fn opened(&self) -> Result<ServerId> {
        let id = ServerId(Uuid::new_v4());
        if std::mem::replace(&mut self.state().has_repository, true) {
            self.kopia().open(id).await?;
        } else {
            self.kopia().create(id).await?;
        }
        Ok(id)
    }

    /// The same server, backed up once more.
    pub async fn backed_up_again(&self, server: &Server) -> Result<Server> {
        let Captured { pgdata, .. } = self.harness.fixture(server.fixture).await?;
        self.kopia().open(server.id).await?;
        Ok(Server { snapshot: self.kopia().snapshot(&pgdata).await?, ..server.clone() })
    }

    fn kopia(&self) -> Kopia<'_> {
        Kopia {
            engine: &self.harness.cluster.engine,
            image: &self.harness.images.kopia,
            repository: &self.repository,
            settings: self.settings.path(),
        }
    }

    /// Where in the bucket the repository is.
    pub fn prefix(&self) -> &Prefix {
        &self.repository.prefix
    }
}
