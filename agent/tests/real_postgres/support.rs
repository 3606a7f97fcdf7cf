//! Running the agent and servers as a user who is not root, on a temporary volume.

use crate::source::Captured;
use contract::pods::{Check, CheckName, PrepareReport, RestoreResult, TerminationDocument};
use rustix::process::geteuid;
use std::{
    fs,
    io::Write,
    os::unix::{fs::PermissionsExt, fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A user without rights; postgres refuses to run as root.
const NOBODY: u32 = 65534;
/// Starting a server on an idle machine takes a second.
const START_DEADLINE: Duration = Duration::from_mins(1);

/// The server programs of this machine.
pub(crate) static BIN: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    debian.sort();
    places.extend(debian.into_iter().rev());
    let lacking =
        "these tests need PostgreSQL's initdb in PATH or /usr/lib/postgresql: apt-get install postgresql";
    let linked = places.into_iter().find(|place| place.join("initdb").is_file()).expect(lacking);
    // images link some of the programs into PATH, not all
    fs::canonicalize(linked.join("initdb")).unwrap().parent().unwrap().to_owned()
});

/// Their major version.
pub(crate) static MAJOR: LazyLock<u16> = LazyLock::new(|| {
    let said = Command::new(BIN.join("postgres")).arg("--version").output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let version = said.split(' ').nth(2).unwrap();
    version.split('.').next().unwrap().trim().parse().unwrap()
});

/// A command run by somebody who is not root.
pub(crate) fn unprivileged(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.env("LC_ALL", "C").stdin(Stdio::null());
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// A directory that the unprivileged user owns.
pub(crate) fn owned(path: &Path) {
    fs::create_dir_all(path).unwrap();
    if geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Gives it to the unprivileged user.
pub(crate) fn give(path: &Path) {
    if geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

/// Runs a command to a good end.
pub(crate) fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A program of this text. Another process writes it: a thread that forks while this one has it open would make it busy.
fn executable(path: &Path, text: &str) {
    let mut install = Command::new("install");
    let mut child =
        install.args(["-m", "755", "/dev/stdin"]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// A pod's volume and scratch space.
pub(crate) struct Volume {
    root: TempDir,
}

/// What the agent left.
pub(crate) struct Prepared {
    pub(crate) report: PrepareReport,
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
}

impl Prepared {
    /// The check of this name.
    pub(crate) fn check(&self, name: CheckName) -> &Check {
        self.report.checks.iter().find(|check| check.name == name).unwrap()
    }

    /// Asserts that it may be served.
    pub(crate) fn sound(&self) -> &PrepareReport {
        assert!(self.report.is_sound(), "{:#?}\n{}", self.report, self.log);
        assert_eq!(self.status.code(), Some(0));
        &self.report
    }
}

impl Volume {
    /// With a copy of what was captured as `restored`, owned and closed as kopia leaves it.
    pub(crate) fn with(captured: &Captured) -> Self {
        let volume = Self::empty();
        succeed(Command::new("cp").arg("-a").arg(captured.path()).arg(volume.data_dir()));
        volume
    }

    /// With what was captured itself.
    pub(crate) fn of(captured: Captured) -> Self {
        let volume = Self::empty();
        fs::rename(captured.path(), volume.data_dir()).unwrap();
        drop(captured);
        volume
    }

    /// With nothing on it.
    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let volume = Self { root };
        for directory in ["pgdata", "run", "scratch", "agent"] {
            owned(&volume.root.path().join(directory));
        }
        volume
    }

    /// The data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.root.path().join("pgdata/restored")
    }

    /// Directory of the socket.
    pub(crate) fn socket_dir(&self) -> PathBuf {
        self.root.path().join("run")
    }

    /// The agent, installed where an unprivileged user can run it: the one cargo built, or `PGRO_AGENT` where these
    /// tests run in a container that has it elsewhere.
    fn agent(&self) -> PathBuf {
        let path = self.root.path().join("agent/pgro-agent");
        let built = std::env::var_os("PGRO_AGENT").unwrap_or_else(|| env!("CARGO_BIN_EXE_pgro-agent").into());
        succeed(Command::new(built).arg("install").arg(&path));
        path
    }

    /// Runs `restore` with a stand-in for kopia that copies `snapshot`, and tells how it ended.
    pub(crate) fn restore(&self, snapshot: &Path) -> (RestoreResult, ExitStatus, String) {
        let scratch = self.root.path().join("scratch");
        let (kopia, log, proxy) =
            (scratch.join("stand-in"), scratch.join("termination-log"), scratch.join("proxy"));
        let copies = format!("for last; do :; done\ncp -a '{}' \"$last\"\n", snapshot.display());
        executable(&kopia, &format!("#!/bin/sh\n[ \"$1\" = repository ] && exit 0\n{copies}"));
        fs::write(&proxy, "[::1]:1\n").unwrap();
        let mut command = unprivileged(self.agent());
        command.arg("restore").env("TMPDIR", &scratch).env("PGRO_KOPIA", &kopia).env("TERMINATION_LOG", &log);
        command.env("PGRO_VOLUME", self.root.path().join("pgdata")).env("PGRO_PROXY_PORT_FILE", &proxy);
        command.envs([
            ("PGRO_SNAPSHOT_ID", "0123456789abcdef0123456789abcdef"),
            ("PGRO_SERVER_ID", "00000000-0000-0000-0000-000000000002"),
            ("PGRO_S3_BUCKET", "backups"),
            ("PGRO_S3_REGION", "us-east-1"),
            ("KOPIA_PASSWORD", "canary-repository"),
        ]);
        let output = command.output().unwrap();
        let result = RestoreResult::from_termination_message(&fs::read_to_string(&log).unwrap()).unwrap();
        (result, output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs `prepare` with these settings in place of the usual ones.
    pub(crate) fn prepare_with(&self, settings: &[(&str, &str)]) -> Prepared {
        let log = self.root.path().join("scratch/termination-log");
        let mut command = unprivileged(self.agent());
        command.arg("prepare").env("TMPDIR", self.root.path().join("scratch"));
        command.env("PGRO_POSTGRES_BIN", &*BIN).env("PGRO_SOCKET_DIR", self.socket_dir());
        command.env("TERMINATION_LOG", &log).env("PGRO_VOLUME", self.root.path().join("pgdata"));
        command.envs([
            ("PGRO_RUN", "0123456789"),
            ("PGRO_SNAPSHOT_ID", "0123456789abcdef0123456789abcdef"),
            ("PGRO_SNAPSHOT_AT", "2026-01-02T03:04:05Z"),
            ("PGRO_INTENT", "verify"),
            ("PGRO_DATA_DIR", "restored"),
            ("PGRO_MEMORY_BYTES", "268435456"),
            ("PGRO_CHECK_BUDGET_SECS", "1200"),
            ("PGRO_RECOVERY_BUDGET_SECS", "600"),
            ("PGRO_SUPERUSER_PASSWORD", "canary-super"),
            ("PGRO_ANALYTICS_PASSWORD", "canary-analytics"),
        ]);
        let output = command.envs(settings.iter().copied()).output().unwrap();
        let text = fs::read_to_string(&log).unwrap();
        Prepared {
            report: PrepareReport::from_termination_message(&text).unwrap(),
            status: output.status,
            log: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs `prepare`.
    pub(crate) fn prepare(&self) -> Prepared {
        self.prepare_with(&[])
    }

    /// Starts the server as the postgres container does, on a port of 127.0.0.1 that is free.
    pub(crate) fn serve(&self) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("port={port}");
        let mut server =
            Server::start(&self.data_dir(), &["-c", "listen_addresses=127.0.0.1", "-c", &listen]);
        let access =
            Access { host: "127.0.0.1".into(), port, user: "pgro_superuser", password: "canary-super" };
        Server::wait(&access);
        server.access = Some(access);
        server
    }

    /// Starts a server on what was captured, with its socket alone, and lets `user` in.
    pub(crate) fn serve_as(&self, user: &'static str, settings: &[&str]) -> Server {
        let host = self.socket_dir().display().to_string();
        let socket = format!("unix_socket_directories={host}");
        let alone = ["-c", "listen_addresses=", "-c", &socket];
        let mut server = Server::start(&self.data_dir(), &[&alone[..], settings].concat());
        let access = Access { host, port: 5432, user, password: "" };
        Server::wait(&access);
        server.access = Some(access);
        server
    }

    /// Starts the server as the postgres container does, but with its socket alone, and asks the probe.
    pub(crate) fn is_ready(&self) -> (bool, bool) {
        let probe = || {
            let mut command = unprivileged(self.agent());
            command.arg("ready").env("PGRO_SOCKET_DIR", self.socket_dir()).output().unwrap().status.success()
        };
        let server = Server::start(&self.data_dir(), &["-c", "listen_addresses="]);
        let host = self.socket_dir().display().to_string();
        Server::wait(&Access { host, port: 5432, user: "pgro_superuser", password: "" });
        let running = probe();
        drop(server);
        (running, probe())
    }
}

/// How to log in.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
}

impl Access {
    /// Runs statements and returns the first column of the first row, where there is one.
    pub(crate) fn ask(&self, database: &str, statements: &str) -> Result<Option<String>, String> {
        let mut config = tokio_postgres::Config::new();
        config.host(&self.host).port(self.port).user(self.user).password(self.password).dbname(database);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let text = |error: tokio_postgres::Error| match error.as_db_error() {
                Some(db) => db.message().to_owned(),
                None => error.to_string(),
            };
            let (client, connection) = config.connect(tokio_postgres::NoTls).await.map_err(text)?;
            tokio::spawn(connection);
            let messages = client.simple_query(statements).await.map_err(text)?;
            Ok(messages.iter().find_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0)?.to_owned()),
                _ => None,
            }))
        })
    }
}

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) access: Option<Access>,
}

impl Server {
    /// Starts a server on `data_dir`.
    pub(crate) fn start(data_dir: &Path, settings: &[&str]) -> Self {
        let mut command = unprivileged(BIN.join("postgres"));
        command.arg("-D").arg(data_dir).args(settings).stderr(Stdio::null()).stdout(Stdio::null());
        Self { child: command.spawn().unwrap(), access: None }
    }

    /// Waits until it answers.
    pub(crate) fn wait(access: &Access) {
        let started = Instant::now();
        while let Err(error) = access.ask("template1", "SELECT 1") {
            assert!(started.elapsed() < START_DEADLINE, "the server does not answer: {error}");
            std::thread::yield_now();
        }
    }

    /// Asks as this user.
    pub(crate) fn ask_as(
        &self,
        user: &'static str,
        password: &'static str,
        database: &str,
        statements: &str,
    ) -> Result<Option<String>, String> {
        Access { user, password, ..self.access.clone().unwrap() }.ask(database, statements)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = self.child.wait();
    }
}
