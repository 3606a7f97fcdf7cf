//! What was done to the data so far, kept on the volume before it is done: a pod that takes over has to know.
//!
//! Input: the volume's mount point. Output: the repairs, and whose indexes wait to be rebuilt. Must not: forget; data
//! whose log was reset never look so again.

use super::checks::Outcome;
use contract::pods::Fix;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// The file, below the mount point.
const LEDGER: &str = ".pgro-repairs.json";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Entries {
    fixes: Vec<Fix>,
    remapped: BTreeSet<String>,
    recovery: Option<String>,
    #[serde(default)]
    closed: BTreeSet<String>,
    #[serde(default)]
    orders: BTreeMap<String, BTreeSet<u32>>,
    #[serde(default)]
    let_in: Option<String>,
    #[serde(default)]
    triggers: BTreeMap<String, Vec<(u32, String)>>,
    #[serde(default)]
    held: bool,
    #[serde(default)]
    manifest: Option<Outcome>,
}

/// All that was done.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    entries: Entries,
}

impl Ledger {
    /// As an earlier pod left it, or empty. One that cannot be read is an error: it may hold a reset log.
    pub(super) fn open(volume: &Path) -> io::Result<Self> {
        let path = volume.join(LEDGER);
        let entries = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Entries::default(),
            Err(error) => return Err(error),
        };
        Ok(Self { path, entries })
    }

    /// Repairs in the order they were made.
    pub(super) fn fixes(&self) -> Vec<Fix> {
        self.entries.fixes.clone()
    }

    /// Adds one; once is enough.
    pub(super) fn fixed(&mut self, fix: Fix) -> io::Result<()> {
        if self.entries.fixes.contains(&fix) {
            return Ok(());
        }
        self.entries.fixes.push(fix);
        self.write()
    }

    /// Databases whose locale was mapped, and whose text is in an order of its own until they are rebuilt.
    pub(super) fn remapped(&self) -> &BTreeSet<String> {
        &self.entries.remapped
    }

    /// Adds them, with the repair they went through.
    pub(super) fn remap(&mut self, databases: impl IntoIterator<Item = String>) -> io::Result<()> {
        self.entries.remapped.extend(databases);
        self.write()?;
        self.fixed(Fix::Locale)
    }

    /// Orders of columns and indexes whose locale was mapped, by database: object ids.
    pub(super) fn remapped_orders(&self, database: &str) -> Vec<u32> {
        self.entries.orders.get(database).into_iter().flatten().copied().collect()
    }

    /// Adds them, with the repair they are about to go through.
    pub(super) fn remap_orders(&mut self, database: &str, orders: &[u32]) -> io::Result<()> {
        self.entries.orders.entry(database.to_owned()).or_default().extend(orders);
        self.write()?;
        self.fixed(Fix::Locale)
    }

    /// Why recovery could not start, where the log was reset.
    pub(super) fn recovery(&self) -> Option<&str> {
        self.entries.recovery.as_deref()
    }

    /// Recovery cannot start because of `said`; the log is about to be reset.
    pub(super) fn reset(&mut self, said: &str) -> io::Result<()> {
        self.entries.recovery = Some(said.to_owned());
        self.write()?;
        self.fixed(Fix::ResetWal)
    }

    /// Whether the files were held against their manifest before a server changed them.
    pub(super) fn is_held(&self) -> bool {
        self.entries.held
    }

    /// What came of that; none where no manifest speaks of them.
    pub(super) fn manifest(&self) -> Option<&Outcome> {
        self.entries.manifest.as_ref()
    }

    /// They were held against it, and a server is about to change them.
    pub(super) fn hold(&mut self, manifest: Option<Outcome>) -> io::Result<()> {
        (self.entries.held, self.entries.manifest) = (true, manifest);
        self.write()
    }

    /// Databases that took no sessions before we opened them.
    pub(super) fn closed(&self) -> &BTreeSet<String> {
        &self.entries.closed
    }

    /// These databases are about to be opened.
    pub(super) fn opened(&mut self, databases: impl IntoIterator<Item = String>) -> io::Result<()> {
        self.entries.closed.extend(databases);
        self.write()
    }

    /// A superuser that may log in only as long as our own is not there.
    pub(super) fn let_in(&self) -> Option<&str> {
        self.entries.let_in.as_deref()
    }

    /// This superuser was let in.
    pub(super) fn lets_in(&mut self, role: String) -> io::Result<()> {
        self.entries.let_in = Some(role);
        self.write()
    }

    /// Event triggers that were kept from firing, by database: object ids, and what they were marked with.
    pub(super) fn triggers(&self) -> &BTreeMap<String, Vec<(u32, String)>> {
        &self.entries.triggers
    }

    /// These event triggers are about to be kept from firing.
    pub(super) fn silenced(&mut self, database: &str, triggers: Vec<(u32, String)>) -> io::Result<()> {
        self.entries.triggers.entry(database.to_owned()).or_default().extend(triggers);
        self.write()
    }

    fn write(&self) -> io::Result<()> {
        let temporary = self.path.with_extension("new");
        fs::write(&temporary, serde_json::to_vec(&self.entries)?)?;
        fs::File::open(&temporary)?.sync_all()?;
        fs::rename(temporary, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ledger, Outcome};
    use contract::pods::{CheckResult, Fix};

    #[test]
    fn fault_f9_a_pod_that_takes_over_knows_that_the_log_was_reset_and_why() {
        let dir = tempfile::tempdir().unwrap();
        Ledger::open(dir.path()).unwrap().reset("no checkpoint").unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        assert_eq!((ledger.fixes(), ledger.recovery()), (vec![Fix::ResetWal], Some("no checkpoint")));
    }

    #[test]
    fn a_pod_that_takes_over_knows_whose_indexes_wait_to_be_rebuilt() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(dir.path()).unwrap();
        ledger.remap(["b".into(), "a\n".into()]).unwrap();
        ledger.remap(["b".into()]).unwrap();
        ledger.remap_orders("b", &[16400]).unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        assert!(ledger.remapped().iter().eq(["a\n", "b"]));
        assert_eq!((ledger.remapped_orders("b"), ledger.remapped_orders("c")), (vec![16400], vec![]));
        assert_eq!(ledger.fixes(), [Fix::Locale]);
    }

    #[test]
    fn a_pod_that_takes_over_knows_what_has_to_be_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::open(dir.path()).unwrap();
        ledger.opened(["archive".into()]).unwrap();
        ledger.silenced("app", vec![(16400, "A".into())]).unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        assert!(ledger.closed().iter().eq(["archive"]));
        assert_eq!(ledger.triggers()["app"], [(16400, "A".to_owned())]);
        assert_eq!(ledger.fixes(), []);
    }

    #[test]
    fn a_pod_that_takes_over_knows_what_the_files_were_before_a_server_changed_them() {
        let dir = tempfile::tempdir().unwrap();
        let damage = Outcome::other(CheckResult::Failed, "files", "base/5/1259 is missing");
        let mut ledger = Ledger::open(dir.path()).unwrap();
        assert!(!ledger.is_held());
        ledger.hold(Some(damage.clone())).unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        assert_eq!((ledger.is_held(), ledger.manifest()), (true, Some(&damage)));
    }

    #[test]
    fn a_ledger_of_an_earlier_version_is_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join(super::LEDGER),
            r#"{"fixes":["locale"],"remapped":[],"recovery":null}"#,
        )
        .unwrap();
        assert_eq!(Ledger::open(dir.path()).unwrap().fixes(), [Fix::Locale]);
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(super::LEDGER), "{").unwrap();
        assert!(Ledger::open(dir.path()).is_err());
    }
}
