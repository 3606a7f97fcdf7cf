//! A test's own world on the shared cluster: a group, a bucket with a repository, servers, worklist entries.
//!
//! Input: the body of a test. Output: its verdict, after everything was put away and looked over: no report unread, no
//! secret where none may be, the operator still the same, nothing left. Must not: touch what another world made.

mod calls;
mod finish;
mod ledger;
mod meddle;
mod person;
mod replica;
mod runs;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, anyhow};
use contract::canopy::{Storage, WorklistEntry};
use contract::ids::{BackupType, GroupId, Intent, ReplicaId, ReplicaKey, ServerId};
use futures::FutureExt;
use jiff::Timestamp;
use kube::Client;
use stub_canopy::{ControlClient, FaultRule};
use uuid::Uuid;

use crate::fixtures::backup::{Repository, Snapshot};
use crate::harness::{Harness, Manners};
use crate::kubernetes::{self, Restarts};
use crate::s3::S3Bucket;
use crate::{clock, evidence};

pub use replica::Replica;
pub use runs::{Moment, Restore, Runs};
pub use server::Server;

/// See the module.
pub struct World {
    /// The cluster it is on.
    pub harness: Harness,
    /// The cluster's API.
    pub client: Client,
    /// Canopy's control.
    pub canopy: ControlClient,
    /// Whose repository.
    pub group: GroupId,
    /// The kind of backup.
    pub backup_type: BackupType,
    /// Its bucket.
    pub bucket: S3Bucket,
    name: String,
    manners: Manners,
    began: Timestamp,
    restarts: Restarts,
    repository: Repository,
    settings: tempfile::TempDir,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What was ever declared: all of it is to be gone in the end.
    declared: BTreeMap<ReplicaKey, WorklistEntry>,
    /// Reports a test has looked at.
    read: BTreeMap<ReplicaKey, usize>,
    /// Replicas that fail again and again, so that reports of it may come after the test has seen enough.
    failing: BTreeSet<ReplicaKey>,
    has_repository: bool,
}

impl World {
    /// Runs a test that leaves the operator and Canopy alone.
    pub async fn run(body: impl AsyncFnOnce(&Self) -> Result<()>) {
        Self::judge(Manners::Calm, body).await;
    }

    /// Runs a test that kills the operator, or makes Canopy fail for everyone.
    pub async fn disturb(body: impl AsyncFnOnce(&Self) -> Result<()>) {
        Self::judge(Manners::Disturbing, body).await;
    }

    #[expect(clippy::panic, reason = "a test fails by panicking")]
    async fn judge(manners: Manners, body: impl AsyncFnOnce(&Self) -> Result<()>) {
        let name = std::thread::current().name().unwrap_or("test").to_owned();
        evidence::forget(&name);
        let ended = async {
            let harness = Harness::ready(manners).await?.clone();
            let world = Self::begin(harness, (name, GroupId(Uuid::new_v4())), manners).await?;
            world.live(body).await
        };
        if let Err(error) = ended.await {
            panic!("{error:#}");
        }
    }

    async fn live(&self, body: impl AsyncFnOnce(&Self) -> Result<()>) -> Result<()> {
        let ended = AssertUnwindSafe(body(self)).catch_unwind().await;
        let ended = ended.unwrap_or_else(|panic| Err(anyhow!("{}", text_of(panic.as_ref()))));
        let ended = match ended {
            Ok(()) => self.look_over().await,
            failed => failed,
        };
        let told = self.with_evidence(ended).await;
        let put_away = self.put_away().await.context("failed to put the world away");
        told.and(self.with_evidence(put_away).await)
    }

    async fn with_evidence(&self, ended: Result<()>) -> Result<()> {
        let Err(error) = ended else { return Ok(()) };
        let folder = evidence::collect(self, &error).await;
        Err(error.context(format!("evidence is in {}", folder.display())))
    }

    /// A world with nothing in it, under a name of its own.
    pub async fn begin(harness: Harness, (name, group): (String, GroupId), manners: Manners) -> Result<Self> {
        let client = kubernetes::client(&harness.cluster.kubeconfig).await?;
        let canopy = ControlClient::new(harness.furniture.canopy.clone())?;
        let repository = Repository {
            endpoint: harness.furniture.s3_endpoint(),
            bucket: format!("group-{group}").parse()?,
            prefix: "backups/".parse()?,
            password: harness.furniture.repo_password.clone(),
            keys: harness.furniture.keys.clone(),
        };
        let keys = harness.furniture.keys.clone();
        let bucket = S3Bucket::new(harness.furniture.s3.clone(), repository.bucket.clone(), keys)?;
        bucket.create_anew().await?;
        Ok(Self {
            restarts: kubernetes::operator_restarts(&client).await?,
            began: clock::now(),
            backup_type: "tamanu-postgres".parse()?,
            settings: tempfile::tempdir().context("failed to make a folder for kopia's settings")?,
            state: Mutex::default(),
            harness,
            client,
            canopy,
            group,
            bucket,
            name,
            manners,
            repository,
        })
    }

    /// An entry for `server`, not yet on the worklist.
    pub fn entry(&self, server: &Server, intent: Intent) -> WorklistEntry {
        let name = format!("{} {intent}", server.fixture.name());
        self.entry_of(server.id, &server.snapshot, intent, name)
    }

    /// An entry for one snapshot of a server, not yet on the worklist.
    pub fn entry_of(
        &self,
        server: ServerId,
        snapshot: &Snapshot,
        intent: Intent,
        name: String,
    ) -> WorklistEntry {
        WorklistEntry {
            replica_id: ReplicaId(Uuid::new_v4()),
            group_id: self.group,
            server_id: server,
            backup_type: self.backup_type.clone(),
            intent,
            name,
            freshness_seconds: None,
            snapshot_id: Some(snapshot.id.to_string()),
            snapshot_at: Some(snapshot.at),
            storage: Storage::S3,
            bucket: self.repository.bucket.to_string(),
            prefix: self.repository.prefix.to_string(),
            region: "us-east-1".into(),
            params: None,
            overdue_after_seconds: None,
        }
    }

    /// Puts an entry on the worklist, or changes the one with its key.
    pub async fn put(&self, entry: WorklistEntry) -> Result<Replica<'_>> {
        self.canopy.put_entry(&entry).await?;
        self.state().declared.insert(entry.key(), entry.clone());
        Ok(Replica::new(self, entry))
    }

    /// Declares that `server`'s backup should run for `intent`.
    pub async fn declare(&self, server: &Server, intent: Intent) -> Result<Replica<'_>> {
        self.put(self.entry(server, intent)).await
    }

    /// Makes Canopy fail.
    pub async fn inject(&self, rule: FaultRule) -> Result<()> {
        Ok(self.canopy.inject(&rule).await?)
    }

    /// The test's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Namespaces of everything that was declared.
    pub fn namespaces(&self) -> BTreeSet<String> {
        let state = self.state();
        let name =
            |entry: &WorklistEntry| contract::names::namespace_name(&entry.name, entry.key()).to_string();
        state.declared.values().map(name).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked without a text")
}
