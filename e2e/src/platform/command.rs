//! Runs other programs: each with a deadline, and with its output kept for whoever has to find out why it failed.
//!
//! Input: a program, its arguments, a deadline. Output: what it printed, or one error that says what was attempted,
//! how it ended and the last lines it printed. A program whose future is dropped is killed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

/// As many lines of a failed program as tell why without burying the sentence above them.
const TAIL_LINES: usize = 15;
/// For programs that answer at once or are broken.
pub(crate) const QUICK: Duration = Duration::from_mins(3);
/// For builds and downloads on a slow machine: the slowest single step measured took six minutes on two cores, and over
/// forty-five on a crowded machine.
pub(crate) const LONG: Duration = Duration::from_mins(75);

/// One call of a program.
#[derive(Debug)]
pub struct Run {
    program: String,
    command: tokio::process::Command,
    deadline: Duration,
}

impl Run {
    /// A call of `program`, which is looked up on `PATH`.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let name = Path::new(program.as_ref()).file_name().unwrap_or(program.as_ref());
        let program_name = name.to_string_lossy().into_owned();
        let mut command = tokio::process::Command::new(program);
        command.kill_on_drop(true).stdin(Stdio::null());
        Self { program: program_name, command, deadline: QUICK }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.args([arg])
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Keeps an environment variable from the program.
    #[must_use]
    pub fn without(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs in `folder`.
    #[must_use]
    pub fn dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Gives up, and kills the program, after `deadline` (three minutes unless told).
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs to a successful end and returns what was printed on standard output.
    pub async fn output(mut self) -> Result<String> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let described = self.described();
        let child = self.command.spawn().map_err(|error| not_started(&self.program, error))?;
        let output = tokio::time::timeout(self.deadline, child.wait_with_output())
            .await
            .map_err(|_| too_slow(&described, self.deadline))?
            .with_context(|| format!("failed to wait for `{described}`"))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let all = format!("{printed}\n{}", String::from_utf8_lossy(&output.stderr));
            return Err(failed(&described, output.status, &all));
        }
        Ok(printed)
    }

    /// Whether it ends successfully; a program that is missing or too slow does not.
    pub async fn succeeds(self) -> bool {
        self.output().await.is_ok()
    }

    /// Runs to a successful end with all it prints going to the file `log`, which is begun anew.
    pub async fn logged(mut self, log: &Path) -> Result<()> {
        let (out, err) = log_file(log)?;
        self.command.stdout(out).stderr(err);
        let described = self.described();
        let mut child = self.command.spawn().map_err(|error| not_started(&self.program, error))?;
        let status = tokio::time::timeout(self.deadline, child.wait())
            .await
            .map_err(|_| too_slow(&described, self.deadline))?
            .with_context(|| format!("failed to wait for `{described}`"))?;
        finished(&described, status, log)
    }

    /// As [`Run::output`], with standard error going to the file `log`.
    pub async fn split(mut self, log: &Path) -> Result<String> {
        let (err, _) = log_file(log)?;
        self.command.stdout(Stdio::piped()).stderr(err);
        let described = self.described();
        let child = self.command.spawn().map_err(|error| not_started(&self.program, error))?;
        let output = tokio::time::timeout(self.deadline, child.wait_with_output())
            .await
            .map_err(|_| too_slow(&described, self.deadline))?
            .with_context(|| format!("failed to wait for `{described}`"))?;
        finished(&described, output.status, log)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs to a successful end with its output going where ours goes.
    pub async fn shown(mut self) -> Result<()> {
        let described = self.described();
        let mut child = self.command.spawn().map_err(|error| not_started(&self.program, error))?;
        let status = tokio::time::timeout(self.deadline, child.wait())
            .await
            .map_err(|_| too_slow(&described, self.deadline))?
            .with_context(|| format!("failed to wait for `{described}`"))?;
        if status.success() { Ok(()) } else { Err(failed(&described, status, "")) }
    }

    /// Runs this and `reader` side by side, our standard output being the reader's input.
    pub async fn pipe_into(mut self, mut reader: Run, log: &Path) -> Result<()> {
        let (out, err) = log_file(log)?;
        let described = format!("{} | {}", self.described(), reader.described());
        self.command.stdout(Stdio::piped()).stderr(err.try_clone().context("failed to share the log file")?);
        let mut writer = self.command.spawn().map_err(|error| not_started(&self.program, error))?;
        let pipe: Stdio = writer.stdout.take().context("the writer has no output")?.try_into()?;
        reader.command.stdin(pipe).stdout(out).stderr(err);
        let mut reading = reader.command.spawn().map_err(|error| not_started(&reader.program, error))?;
        // The parent's copy of the pipe must go, or a writer whose reader died would wait for ever.
        drop(reader);
        let both = async { tokio::try_join!(writer.wait(), reading.wait()) };
        let (wrote, read) = tokio::time::timeout(self.deadline, both)
            .await
            .map_err(|_| too_slow(&described, self.deadline))?
            .with_context(|| format!("failed to wait for `{described}`"))?;
        finished(&described, if read.success() { wrote } else { read }, log)
    }

    /// The command line, short enough for a message. No secret is ever an argument, so all may be shown.
    pub(crate) fn described(&self) -> String {
        let command = self.command.as_std();
        let arguments: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        let line = format!("{} {}", self.program, arguments.join(" "));
        if line.chars().count() > 160 { line.chars().take(160).chain("…".chars()).collect() } else { line }
    }
}

fn log_file(log: &Path) -> Result<(std::fs::File, std::fs::File)> {
    let opened = || -> std::io::Result<_> {
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = std::fs::File::create(log)?;
        Ok((file.try_clone()?, file))
    };
    opened().with_context(|| format!("failed to create the log file {}", log.display()))
}

fn finished(described: &str, status: ExitStatus, log: &Path) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let printed = std::fs::read(log).unwrap_or_default();
    Err(failed(
        described,
        status,
        &format!("{}\n(all of it: {})", String::from_utf8_lossy(&printed), log.display()),
    ))
}

fn failed(described: &str, status: ExitStatus, printed: &str) -> anyhow::Error {
    anyhow!("`{described}` ended with {status}; its last lines:\n{}", tail(printed))
}

fn too_slow(described: &str, deadline: Duration) -> anyhow::Error {
    anyhow!("`{described}` was stopped: it had not finished after {} s", deadline.as_secs())
}

fn not_started(program: &str, error: std::io::Error) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("failed to start `{program}`: is it installed and on PATH?"))
}

fn tail(printed: &str) -> String {
    let lines: Vec<&str> = printed.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

/// Where a program is, if it is on `path`.
pub(crate) fn which(program: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let executable = |file: &PathBuf| {
        std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(path?).map(|folder| folder.join(program)).find(executable)
}

/// Removes a folder and what is in it; one that is not there is fine.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            bail!("failed to remove {}: {error}", folder.display())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
