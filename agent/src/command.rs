//! Running other programs: argv only, a clean environment, bounded output, always an end.
//!
//! Input: a program, its arguments, and what may end it early. Output: its exit status and its last lines.
//! Must not: use a shell, pass our own environment on, or leave a child behind.

use crate::{
    signals::Stop,
    text::{Lines, Tail},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    ffi::OsStr,
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

/// What children may see of our environment; everything else could steer them.
const INHERITED: [&str; 4] = ["PATH", "HOME", "TMPDIR", "TZ"];
/// How long a child may take to end after SIGTERM; below the pod's own grace period of 30 s.
const GRACE: Duration = Duration::from_secs(10);

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// It could not be started.
    #[error("failed to start {program}: is it in this image?")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// Its output or exit status could not be had.
    #[error("failed to follow {program}")]
    Follow {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It said nothing for so long that it is taken for stuck.
    #[error("{program} made no progress for {} s and was ended", after.as_secs())]
    Silent {
        /// The program.
        program: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// It took longer than it may.
    #[error("{program} was not done within {} s and was ended", after.as_secs())]
    Deadline {
        /// The program.
        program: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// We were told to stop, and ended it.
    #[error("told to stop while {program} was running")]
    Stopped {
        /// The program.
        program: String,
    },
}

/// How a program ended by itself.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit status.
    pub(crate) status: ExitStatus,
    /// Its last lines.
    pub(crate) tail: Tail,
}

/// A command with nothing inherited but [`INHERITED`], messages in English, no input, and a directory that is there.
pub(crate) fn clean(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").current_dir("/").stdin(Stdio::null()).kill_on_drop(true);
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Runs a short program to its end and hands back all it wrote to stdout and stderr.
pub(crate) async fn capture(
    mut command: Command,
    deadline: Duration,
) -> Result<std::process::Output, CommandError> {
    let program = name(&command);
    match timeout(deadline, command.output()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(source)) => Err(CommandError::Start { program, source }),
        Err(_) => Err(CommandError::Deadline { program, after: deadline }),
    }
}

/// Runs a long program, gives each line of its stderr to `on_line`, and ends it when it is silent or we are stopped.
/// What it says on stdout goes to `stdout`.
pub(crate) async fn supervise(
    mut command: Command,
    stdout: Stdio,
    silence: Duration,
    stop: &Stop,
    on_line: &mut (dyn FnMut(&str) + Send),
) -> Result<Finished, CommandError> {
    let program = name(&command);
    let mut child = command
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| CommandError::Start { program: program.clone(), source })?;
    let mut tail = Tail::default();
    let outcome = match child.stderr.take() {
        Some(stderr) => follow(stderr, &program, silence, stop, on_line, &mut tail).await,
        None => Ok(()),
    };
    if let Err(error) = outcome {
        end(&mut child, GRACE).await;
        return Err(error);
    }
    let status = child.wait().await.map_err(|source| CommandError::Follow { program, source })?;
    Ok(Finished { status, tail })
}

async fn follow(
    mut stderr: impl AsyncRead + Unpin,
    program: &str,
    silence: Duration,
    stop: &Stop,
    on_line: &mut (dyn FnMut(&str) + Send),
    tail: &mut Tail,
) -> Result<(), CommandError> {
    let mut lines = Lines::default();
    let mut buffer = vec![0; 8192];
    loop {
        let read = tokio::select! {
            read = timeout(silence, stderr.read(&mut buffer)) => read,
            () = stop.requested() => return Err(CommandError::Stopped { program: program.to_owned() }),
        };
        let count = read
            .map_err(|_| CommandError::Silent { program: program.to_owned(), after: silence })?
            .map_err(|source| CommandError::Follow { program: program.to_owned(), source })?;
        let complete =
            if count == 0 { lines.finish().into_iter().collect() } else { lines.push(&buffer[..count]) };
        for line in complete {
            on_line(&line);
            tail.push(line);
        }
        if count == 0 {
            return Ok(());
        }
    }
}

/// Sends `signal` to a child that was not waited for yet; one that has ended is no error.
pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = kill_process(pid, signal)
    {
        tracing::debug!(%error, "failed to signal a child");
    }
}

/// Ends a child: SIGTERM, and SIGKILL after `grace`.
async fn end(child: &mut Child, grace: Duration) {
    signal(child, Signal::TERM);
    if timeout(grace, child.wait()).await.is_err()
        && let Err(error) = child.kill().await
    {
        tracing::error!(%error, "failed to kill a child");
    }
}

fn name(command: &Command) -> String {
    command.as_std().get_program().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
