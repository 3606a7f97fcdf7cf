//! Source hosts: real servers whose files are captured while they run.

use crate::support::{Access, BIN, MAJOR, Server, give, owned, succeed, unprivileged};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// An application's data: enough that indexes have several pages.
const APPLICATION: &str = "
    CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL, balance numeric NOT NULL);
    INSERT INTO accounts SELECT n, md5(n::text), n FROM generate_series(1, 20000) n;
    CREATE INDEX accounts_owner ON accounts (owner);
";

/// A running source host.
pub(crate) struct Source {
    root: TempDir,
    server: Server,
    access: Access,
}

impl Source {
    /// A host with a database `app`, whose superuser is `postgres`.
    pub(crate) fn new() -> Self {
        Self::initialised(&[], "postgres", "")
    }

    /// The same with settings of `initdb`, another superuser and lines of `postgresql.conf`.
    pub(crate) fn initialised(initdb: &[&str], user: &'static str, config: &str) -> Self {
        let root = rooted();
        let data = template(initdb, user).join("data");
        succeed(Command::new("cp").arg("-a").arg(data).arg(root.path()));
        Self::started(root, user, config)
    }

    /// A host of its own, on files that are there.
    fn started(root: TempDir, user: &'static str, config: &str) -> Self {
        let data = root.path().join("data");
        let host = root.path().join("run").display().to_string();
        let settings = format!("listen_addresses=''\nunix_socket_directories='{host}'\n");
        fs::write(data.join("postgresql.conf"), settings + config).unwrap();
        let access = Access { host, port: 5432, user, password: "" };
        let server = Server::start(&data, &[]);
        Server::wait(&access);
        Self { root, server, access }
    }

    /// Runs statements in a database.
    pub(crate) fn run(&self, database: &str, statements: &str) {
        self.ask(database, statements);
    }

    /// Runs statements that may fail.
    pub(crate) fn attempt(&self, database: &str, statements: &str) -> Result<Option<String>, String> {
        self.access.ask(database, statements)
    }

    /// Runs statements in a database and returns the first value.
    pub(crate) fn ask(&self, database: &str, statements: &str) -> Option<String> {
        self.access.ask(database, statements).unwrap()
    }

    /// The first file of a relation, relative to the data directory, with everything of it written.
    pub(crate) fn file_of(&self, database: &str, relation: &str) -> PathBuf {
        self.run(database, "CHECKPOINT");
        self.ask(database, &format!("SELECT pg_relation_filepath('{relation}')")).unwrap().into()
    }

    /// A copy made while all processes stand still, as a volume snapshot of the running host is.
    pub(crate) fn capture(&self) -> Captured {
        let captured = Captured(tempfile::tempdir().unwrap());
        let _still = Still::of(self.processes());
        succeed(Command::new("cp").arg("-a").arg(self.root.path().join("data")).arg(captured.path()));
        captured
    }

    /// Where the running server has its data.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// A directory of this host beside its data, for the server.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        let place = self.root.path().join(name);
        place
            .ancestors()
            .take_while(|path| *path != self.root.path())
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .for_each(owned);
        place
    }

    /// A copy that PostgreSQL's own tool makes of the running server, with a label and the log it needs.
    pub(crate) fn base_backup(&self) -> Captured {
        let captured = Captured(tempfile::tempdir().unwrap());
        owned(captured.0.path());
        let mut command = unprivileged(BIN.join("pg_basebackup"));
        command.arg("-D").arg(captured.path()).args(["-X", "stream", "-c", "fast", "-h", &self.access.host]);
        succeed(command.args(["-U", self.access.user, "--no-sync"]));
        captured
    }

    /// A running server that follows this one, over its socket.
    pub(crate) fn standby(&self) -> Self {
        let (root, captured) = (rooted(), self.base_backup());
        fs::rename(captured.path(), root.path().join("data")).unwrap();
        let signal = root.path().join("data/standby.signal");
        fs::write(&signal, "").unwrap();
        give(&signal);
        let config = format!("primary_conninfo = 'host={} user={}'\n", self.access.host, self.access.user);
        Self::started(root, self.access.user, &config)
    }

    /// A running server of its own on these files.
    pub(crate) fn resumed_from(captured: Captured) -> Self {
        let root = rooted();
        fs::rename(captured.path(), root.path().join("data")).unwrap();
        drop(captured);
        Self::started(root, "postgres", "")
    }

    /// Waits until it has replayed all that `source` has written.
    pub(crate) fn caught_up(&self, source: &Self) {
        let written = source.ask("postgres", "SELECT pg_current_wal_flush_lsn()").unwrap();
        let behind = format!("SELECT pg_last_wal_replay_lsn() < '{written}'");
        let started = Instant::now();
        while self.ask("postgres", &behind).as_deref() != Some("f") {
            assert!(started.elapsed() < Duration::from_mins(5), "the standby does not follow");
            std::thread::yield_now();
        }
    }

    /// The files after the server ended as it should.
    pub(crate) fn shut_down(self) -> Captured {
        let Self { root, server, .. } = self;
        drop(server);
        Captured(root)
    }

    /// The same, damaged.
    pub(crate) fn shut_down_with(self, damage: impl FnOnce(&Path)) -> Captured {
        let captured = self.shut_down();
        damage(&captured.path());
        captured
    }

    /// The captured files, damaged.
    pub(crate) fn capture_with(&self, damage: impl FnOnce(&Path)) -> Captured {
        let captured = self.capture();
        damage(&captured.path());
        captured
    }

    /// The postmaster, which starts no more processes once it stands still, and its children.
    fn processes(&self) -> Vec<Pid> {
        let postmaster = Pid::from_child(&self.server.child);
        let parent = format!("\nPPid:\t{}\n", postmaster.as_raw_nonzero());
        let is_child = |directory: &Path| {
            fs::read_to_string(directory.join("status")).is_ok_and(|status| status.contains(&parent))
        };
        let entries = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let children = entries
            .filter(|path| is_child(path))
            .filter_map(|path| Pid::from_raw(path.file_name()?.to_str()?.parse().ok()?));
        std::iter::once(postmaster).chain(children).collect()
    }
}

/// A host's place, which the server's user may enter.
fn rooted() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    owned(&root.path().join("run"));
    root
}

/// A host that was shut down once its database was filled, kept for the next tests: `initdb` costs more than all else of
/// one. There are as many as there are settings; their names tell versions and content apart.
fn template(initdb: &[&str], user: &'static str) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut hasher = DefaultHasher::new();
    (&*BIN, APPLICATION, user, initdb, unchecked(), geteuid().as_raw()).hash(&mut hasher);
    let place = std::env::temp_dir().join(format!("pgro-host-{:016x}", hasher.finish()));
    if !place.exists() {
        let made = filled(initdb, user).0.keep();
        // somebody else's is as good
        if fs::rename(&made, &place).is_err() {
            fs::remove_dir_all(made).unwrap();
        }
    }
    place
}

fn filled(initdb: &[&str], user: &'static str) -> Captured {
    let root = rooted();
    let data = root.path().join("data");
    owned(&data);
    let mut command = unprivileged(BIN.join("initdb"));
    command.arg("-D").arg(&data).args(["-A", "trust", "-U", user, "--no-sync", "-E", "UTF8"]);
    succeed(command.args(["--locale", "C.UTF-8", "--wal-segsize", "1"]).args(unchecked()).args(initdb));
    let source = Source::started(root, user, "");
    source.run("template1", "CREATE DATABASE app");
    source.run("app", APPLICATION);
    source.shut_down()
}

/// From 18 on, pages have checksums unless this is said; `--data-checksums` after it wins.
fn unchecked() -> Option<&'static str> {
    (*MAJOR >= 18).then_some("--no-data-checksums")
}

/// A captured data directory.
pub(crate) struct Captured(TempDir);

impl Captured {
    /// Where it is.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// Another one with the same files.
    pub(crate) fn copied(&self) -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        succeed(Command::new("cp").arg("-a").arg(self.path()).arg(copy.path()));
        copy
    }
}

/// Processes that stand still until this is dropped.
struct Still(Vec<Pid>);

impl Still {
    fn of(processes: Vec<Pid>) -> Self {
        signal(&processes, Signal::STOP);
        Self(processes)
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        signal(&self.0, Signal::CONT);
    }
}

/// A session's process may have ended since it was listed.
fn signal(processes: &[Pid], signal: Signal) {
    for pid in processes {
        let _ = kill_process(*pid, signal);
    }
}
