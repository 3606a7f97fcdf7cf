//! What kopia is told: once as the owner who backs up, straight to MinIO; then as the guest behind the proxy, who may
//! only read and caches nothing, as a restore pod does.

use crate::containers::{self, WORK};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

pub(crate) const BUCKET: &str = "backups";
pub(crate) const PREFIX: &str = "a b+c/";
/// Of the repository.
pub(crate) const PASSWORD: &str = "neighbours-password";
pub(crate) const REGION: &str = "us-east-1";

/// A kopia with a configuration and a log of its own.
pub(crate) struct Kopia<'c> {
    container: &'c containers::Kopia,
    folder: PathBuf,
    role: &'static str,
    endpoint: SocketAddr,
    keys: (&'static str, &'static str),
    logs: bool,
}

impl<'c> Kopia<'c> {
    pub(crate) fn new(
        container: &'c containers::Kopia,
        folder: &Path,
        role: &'static str,
        endpoint: SocketAddr,
        keys: (&'static str, &'static str),
    ) -> Self {
        Self { container, folder: folder.to_owned(), role, endpoint, keys, logs: true }
    }

    /// As a restore pod has it, whose own output is its log.
    #[allow(dead_code, reason = "for the benchmark of restores")]
    pub(crate) fn without_logs(self) -> Self {
        Self { logs: false, ..self }
    }

    async fn run(&self, verbs: &[&str], args: &[&str]) -> String {
        let role = self.role;
        let verbs = verbs.iter().map(|verb| (*verb).to_owned());
        let own = [
            format!("--config-file={WORK}/{role}.config"),
            format!("--log-dir={WORK}/{role}-logs"),
            "--no-persist-credentials".into(),
            "--no-auto-maintenance".into(),
            "--disable-repository-log".into(),
        ];
        let silent = ["--disable-file-logging", "--disable-content-log"].map(str::to_owned);
        let silent = silent.into_iter().filter(|_| !self.logs);
        let args: Vec<String> =
            verbs.chain(own).chain(silent).chain(args.iter().map(|arg| (*arg).to_owned())).collect();
        let (access, secret) = self.keys;
        let environment = [
            ("KOPIA_PASSWORD", PASSWORD),
            ("KOPIA_CHECK_FOR_UPDATES", "false"),
            ("AWS_ACCESS_KEY_ID", access),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("HOME", WORK),
        ];
        self.container.call(&environment, "kopia", &args).await
    }

    async fn repository(&self, verb: &str, more: &[&str]) {
        let place = [
            format!("--endpoint={}", self.endpoint),
            format!("--bucket={BUCKET}"),
            format!("--prefix={PREFIX}"),
            format!("--region={REGION}"),
            format!("--cache-directory={WORK}/{}-cache", self.role),
        ];
        let args: Vec<&str> = place.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let who = ["--disable-tls", "--override-username=canopy", "--override-hostname=server"];
        self.run(&["repository", verb, "s3"], &[&args[..], &who].concat()).await;
    }

    /// Makes the repository, and one backup of the folder `source`.
    pub(crate) async fn back_up(&self) -> String {
        self.repository("create", &[]).await;
        let source = format!("{WORK}/source");
        let printed = self.run(&["snapshot", "create"], &["--json", "--no-progress", &source]).await;
        let manifest: serde_json::Value = serde_json::from_str(printed.trim()).unwrap();
        manifest["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn connect(&self) {
        let as_a_pod = [
            "--readonly",
            "--content-cache-size-mb=0",
            "--metadata-cache-size-mb=0",
            "--disable-repository-format-cache",
        ];
        self.repository("connect", &as_a_pod).await;
    }

    pub(crate) async fn list(&self) -> String {
        self.run(&["snapshot", "list"], &["--all", "--json"]).await
    }

    /// To the folder `to`.
    pub(crate) async fn restore(&self, snapshot: &str, to: &str) {
        let target = format!("{WORK}/{to}");
        let whole = ["--no-ignore-errors", "--no-ignore-permission-errors", "--write-files-atomically"];
        self.run(&["snapshot", "restore"], &[&whole[..], &["--parallel=8", snapshot, &target]].concat())
            .await;
    }

    /// Lines of its log that tell of an error, a warning, or another try.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut files = Vec::new();
        collect(&self.folder.join(format!("{}-logs", self.role)), &mut files);
        let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
        assert!(texts.iter().any(|text| text.contains("GetBlob")), "kopia left no log");
        let bad =
            |line: &&str| ["ERROR", "WARN", "got error", "retry"].iter().any(|word| line.contains(word));
        texts.iter().flat_map(|text| text.lines()).filter(bad).map(str::to_owned).collect()
    }
}

/// The files below a folder; links among logs name one of them again.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}
