//! The private server: started on the restored files, reachable by nobody else.
//!
//! Input: programs, a neutralised data directory. Output: a running server, or why there is none.
//! Must not: listen on a network, live longer than this program, or be waited for without end.

use super::{binaries::Binaries, hba};
use crate::{
    command::{clean, signal},
    signals::Stop,
    text::{Lines, Tail},
};
use rustix::process::Signal;
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    process::{Child, ChildStderr},
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Looking at the lock file ten times a second costs nothing beside recovery.
const INTERVAL: Duration = Duration::from_millis(100);
/// Where the server says how far it is, as `pg_ctl` reads it; a knock on the socket would fill its log.
const LOCK_FILE: &str = "postmaster.pid";
/// A fast shutdown writes all dirty buffers, at most a quarter of the pod's memory.
const SHUTDOWN: Duration = Duration::from_mins(10);
/// Lines of the server that are passed on; a damaged database can produce them without end.
const LINES_LOGGED: usize = 2000;

/// Why there is no server, or no clean end of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServerError {
    /// Its access file could not be written.
    #[error("failed to write {}", path.display())]
    WriteAccess {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program could not be started.
    #[error("failed to start {}", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ended before it took sessions.
    #[error("failed to recover the database: the server ended with {status}: {said}")]
    Recover {
        /// How it ended.
        status: ExitStatus,
        /// Its last telling words.
        said: String,
    },
    /// It did not take sessions in time.
    #[error("failed to recover the database within {} s: {said}", after.as_secs())]
    Deadline {
        /// How long it was waited for.
        after: Duration,
        /// Its last words.
        said: String,
    },
    /// It did not end cleanly.
    #[error("failed to shut the database down cleanly: {said}")]
    ShutDown {
        /// Its last telling words.
        said: String,
    },
    /// We were told to stop.
    #[error("told to stop")]
    Stopped,
}

/// Where a private server runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The programs.
    pub(super) binaries: &'a Binaries,
    /// The data.
    pub(super) data_dir: &'a Path,
    /// Directory of the socket.
    pub(super) socket_dir: &'a Path,
    /// A directory for its access file, outside the data: a crash must not leave it in force.
    pub(super) scratch: &'a Path,
    /// Major version.
    pub(super) major: u16,
    /// Memory of the container, bytes.
    pub(super) memory_bytes: u64,
}

/// A running private server; ended with this value.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    tail: Arc<Mutex<Tail>>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts it; recovery begins at once.
    pub(super) fn start(place: Place<'_>) -> Result<Self, ServerError> {
        let access = place.scratch.join("pgro-private-hba.conf");
        fs::write(&access, hba::PRIVATE)
            .map_err(|source| ServerError::WriteAccess { path: access.clone(), source })?;
        let program = place.binaries.postgres();
        let mut command = clean(&program);
        command.arg("-D").arg(place.data_dir).args(private_settings(place.socket_dir, &access));
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| ServerError::Start { program, source })?;
        let tail = Arc::new(Mutex::new(Tail::default()));
        let reader = child.stderr.take().map(|stderr| tokio::spawn(read(stderr, Arc::clone(&tail))));
        Ok(Self { child, tail, reader })
    }

    /// Waits until it takes sessions.
    pub(super) async fn opened(
        &mut self,
        place: Place<'_>,
        deadline: Duration,
        stop: &Stop,
    ) -> Result<(), ServerError> {
        let lock_file = place.data_dir.join(LOCK_FILE);
        let waited = tokio::select! {
            waited = timeout(deadline, self.wait_open(&lock_file)) => waited,
            () = stop.requested() => return Err(ServerError::Stopped),
        };
        waited.unwrap_or_else(|_| Err(ServerError::Deadline { after: deadline, said: self.last_words() }))
    }

    async fn wait_open(&mut self, lock_file: &Path) -> Result<(), ServerError> {
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                self.drain().await;
                return Err(ServerError::Recover { status, said: self.last_words() });
            }
            let text = fs::read_to_string(lock_file).unwrap_or_default();
            if is_open(&text, self.child.id()) {
                return Ok(());
            }
            sleep(INTERVAL).await;
        }
    }

    /// Ends it as a running server is ended well: sessions closed, everything written.
    pub(super) async fn shut_down(mut self) -> Result<(), ServerError> {
        signal(&self.child, Signal::INT);
        let clean = match timeout(SHUTDOWN, self.child.wait()).await {
            Ok(Ok(status)) => status.success(),
            Ok(Err(_)) | Err(_) => false,
        };
        self.drain().await;
        if clean { Ok(()) } else { Err(ServerError::ShutDown { said: self.last_words() }) }
    }

    /// The last lines that say why, or the very last ones.
    pub(super) fn last_words(&self) -> String {
        telling(&self.tail.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what the server wrote before it ended; its children may hold the pipe a little longer.
    async fn drain(&mut self) {
        if let Some(reader) = self.reader.take() {
            let _ = timeout(Duration::from_secs(5), reader).await;
        }
    }
}

/// Settings that hold while nobody but us may connect.
fn private_settings(socket_dir: &Path, access: &Path) -> Vec<OsString> {
    let mut arguments = Vec::new();
    // with the background writer and timed checkpoints off, nobody writes to a file while it is looked at
    let settings: [(&str, &Path); 6] = [
        ("listen_addresses", Path::new("")),
        ("unix_socket_directories", socket_dir),
        ("hba_file", access),
        ("autovacuum", Path::new("off")),
        ("bgwriter_lru_maxpages", Path::new("0")),
        ("checkpoint_timeout", Path::new("1d")),
    ];
    for (name, value) in settings {
        let mut setting = OsString::from(format!("{name}="));
        setting.push(value);
        arguments.extend(["-c".into(), setting]);
    }
    arguments
}

async fn read(mut stderr: ChildStderr, tail: Arc<Mutex<Tail>>) {
    let (mut lines, mut buffer, mut logged) = (Lines::default(), vec![0; 8192], 0);
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        for line in lines.push(&buffer[..count]) {
            logged += 1;
            if logged <= LINES_LOGGED {
                tracing::info!("postgres: {line}");
            }
            tail.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }
}

/// Whether the lock file of process `pid` says that sessions are taken: the first line is the process, the eighth the
/// state.
fn is_open(lock_file: &str, pid: Option<u32>) -> bool {
    let line = |index: usize| lock_file.lines().nth(index).map(str::trim);
    pid.is_some_and(|pid| line(0) == Some(&pid.to_string())) && line(7) == Some("ready")
}

fn telling(tail: &Tail) -> String {
    let is_grave = |line: &&str| line.contains("FATAL:") || line.contains("PANIC:") || line.contains("HINT:");
    let grave: Vec<&str> = tail.lines().filter(is_grave).collect();
    let words: Vec<&str> = if grave.is_empty() { tail.lines().collect() } else { grave };
    words[words.len().saturating_sub(3)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::{is_open, private_settings, telling};
    use crate::text::Tail;
    use std::path::Path;

    fn tail(lines: &[&str]) -> Tail {
        let mut tail = Tail::default();
        for line in lines {
            tail.push((*line).to_owned());
        }
        tail
    }

    #[test]
    fn the_private_server_has_no_network() {
        let settings = private_settings(Path::new("/run/postgresql"), Path::new("/tmp/hba"));
        assert!(settings.iter().any(|setting| setting == "listen_addresses="));
    }

    #[test]
    fn fault_f9_the_words_that_say_why_are_told() {
        let said = telling(&tail(&[
            "LOG:  starting PostgreSQL 15",
            "PANIC:  could not locate a valid checkpoint record",
            "LOG:  startup process was terminated by signal 6: Aborted",
        ]));
        assert_eq!(said, "PANIC:  could not locate a valid checkpoint record");
    }

    #[test]
    fn where_nothing_grave_was_said_the_last_lines_are_told() {
        assert_eq!(telling(&tail(&["a", "b", "c", "d"])), "b; c; d");
    }

    #[test]
    fn only_our_own_server_that_says_ready_is_open() {
        let lock_file = |pid: u32, state: &str| format!("{pid}\n/pgdata\n1\n5432\n/run\n\n 1 2\n{state}\n");
        assert!(is_open(&lock_file(7, "ready   "), Some(7)));
        for state in ["starting", "stopping", "standby "] {
            assert!(!is_open(&lock_file(7, state), Some(7)), "{state}");
        }
        assert!(!is_open(&lock_file(8, "ready   "), Some(7)), "the source's lock file");
        assert!(!is_open("7\n/pgdata\n", Some(7)) && !is_open("", Some(7)));
    }
}
