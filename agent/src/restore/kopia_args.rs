//! What kopia is told.
//!
//! Input: the spec, the proxy's address, paths. Output: argument lists and environment. Must not: hold a secret; the
//! password goes by environment, the keys are dummies the proxy replaces.

use contract::{
    ids::SnapshotId,
    pods::{RestoreSpec, SnapshotSpec},
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Keys kopia signs with; the proxy signs anew, so they open nothing.
const DUMMY_KEY: &str = "pgro";
/// User name all snapshots are made under.
const USER: &str = "canopy";

/// Where kopia may write, apart from the volume.
#[derive(Debug, Clone)]
pub(crate) struct KopiaPaths {
    /// Its configuration.
    pub(crate) config: PathBuf,
    /// Its caches and logs, all switched off; named so that nothing falls back to a home directory.
    pub(crate) scratch: PathBuf,
}

impl KopiaPaths {
    /// Both below a directory that can be written.
    pub(crate) fn below(dir: &Path) -> Self {
        Self { config: dir.join("kopia.config"), scratch: dir.join("kopia") }
    }
}

/// Flags of every call.
///
/// No password on disk, no log file, no log blob in the repository, no maintenance, no notification, and no endless
/// wait while somebody upgrades the repository. Progress every 10 s is often enough for people and for the watchdog.
fn common(paths: &KopiaPaths) -> Vec<String> {
    vec![
        format!("--config-file={}", paths.config.display()),
        format!("--log-dir={}", paths.scratch.display()),
        "--disable-file-logging".into(),
        "--disable-content-log".into(),
        "--disable-repository-log".into(),
        "--no-persist-credentials".into(),
        "--no-auto-maintenance".into(),
        "--error-notifications=never".into(),
        "--upgrade-no-block".into(),
        "--progress-update-interval=10s".into(),
    ]
}

/// `repository connect s3`: read-only and without caches, which would write every byte twice.
pub(crate) fn connect(spec: &SnapshotSpec, proxy: SocketAddr, paths: &KopiaPaths) -> Vec<String> {
    let mut args: Vec<String> = ["repository", "connect", "s3"].map(str::to_owned).into();
    args.extend(common(paths));
    args.extend([
        format!("--endpoint={proxy}"),
        "--disable-tls".into(),
        format!("--access-key={DUMMY_KEY}"),
        format!("--secret-access-key={DUMMY_KEY}"),
        format!("--bucket={}", spec.bucket),
        format!("--prefix={}", spec.prefix),
        format!("--region={}", spec.region),
        "--readonly".into(),
        format!("--override-username={USER}"),
        format!("--override-hostname={}", spec.server_id),
        format!("--cache-directory={}", paths.scratch.display()),
        "--content-cache-size-mb=0".into(),
        "--metadata-cache-size-mb=0".into(),
        "--disable-repository-format-cache".into(),
        "--no-check-for-updates".into(),
    ]);
    args
}

/// `manifest show`: what was noted of a snapshot when it was taken.
pub(crate) fn show_manifest(snapshot: &SnapshotId, paths: &KopiaPaths) -> Vec<String> {
    show(&["manifest", "show"], snapshot.as_str(), paths)
}

/// `show`: a directory as the repository holds it.
pub(crate) fn show_directory(object: &str, paths: &KopiaPaths) -> Vec<String> {
    show(&["show"], object, paths)
}

fn show(words: &[&str], id: &str, paths: &KopiaPaths) -> Vec<String> {
    let words = words.iter().map(|&word| word.to_owned());
    words.chain(common(paths)).chain(["--".to_owned(), id.to_owned()]).collect()
}

/// `snapshot restore`: every file or an error.
///
/// Owners and modes of the source are not taken over: files then belong to this user with mode 0600, directories 0700,
/// which is just what postgres asks for, and nothing is left that a later attempt could not wipe. So no permission
/// error is expected and none is ignored. What an earlier pod left is gone on with: a file that has its length and time is
/// whole, since files are moved to their places when they are; what kopia was at when it was killed is deleted, for its
/// names look like those of relations. No file is flushed by itself: one `syncfs` follows the last.
pub(super) fn restore(spec: &RestoreSpec, target: &Path, paths: &KopiaPaths) -> Vec<String> {
    let mut args: Vec<String> = ["snapshot", "restore"].map(str::to_owned).into();
    args.extend(common(paths));
    args.extend([
        "--mode=local".into(),
        format!("--parallel={}", spec.parallel),
        "--skip-owners".into(),
        "--skip-permissions".into(),
        "--no-ignore-permission-errors".into(),
        "--no-ignore-errors".into(),
        "--write-files-atomically".into(),
        "--skip-existing".into(),
        "--delete-extra".into(),
        "--no-flush-files".into(),
        "--".into(),
        spec.snapshot_id.to_string(),
        target.display().to_string(),
    ]);
    args
}

#[cfg(test)]
mod tests {
    use super::{KopiaPaths, connect, restore};
    use crate::restore::tests::spec;
    use std::path::Path;

    fn paths() -> KopiaPaths {
        KopiaPaths::below(Path::new("/tmp/x"))
    }

    #[test]
    fn connecting_is_read_only_without_caches_and_for_the_right_server() {
        let args = connect(&spec("/pgdata").snapshot(), "[::1]:4711".parse().unwrap(), &paths());
        for expected in [
            "--endpoint=[::1]:4711",
            "--disable-tls",
            "--readonly",
            "--bucket=backups",
            "--prefix=a b/",
            "--region=us-east-1",
            "--override-username=canopy",
            "--override-hostname=00000000-0000-0000-0000-000000000002",
            "--content-cache-size-mb=0",
            "--metadata-cache-size-mb=0",
            "--no-check-for-updates",
            "--no-persist-credentials",
            "--disable-repository-log",
        ] {
            assert!(args.iter().any(|arg| arg == expected), "{expected} not in {args:?}");
        }
    }

    #[test]
    fn errors_are_never_ignored() {
        let args = restore(&spec("/pgdata"), Path::new("/pgdata/restored"), &paths());
        assert!(args.contains(&"--no-ignore-errors".to_owned()));
        assert!(args.contains(&"--no-ignore-permission-errors".to_owned()));
    }

    #[test]
    fn fault_e8_files_are_gone_on_with_only_since_none_is_written_in_its_place() {
        let args = restore(&spec("/pgdata"), Path::new("/pgdata/restored"), &paths());
        for expected in ["--skip-existing", "--write-files-atomically", "--delete-extra"] {
            assert!(args.iter().any(|arg| arg == expected), "{expected}");
        }
    }

    #[test]
    fn fault_e6_snapshot_and_target_stand_behind_the_last_flag() {
        let args = restore(&spec("/pgdata"), Path::new("/pgdata/restored"), &paths());
        assert_eq!(args[args.len() - 3..], ["--", "0123456789abcdef0123456789abcdef", "/pgdata/restored"]);
    }

    #[test]
    fn no_argument_names_a_password() {
        let args = connect(&spec("/pgdata").snapshot(), "127.0.0.1:1".parse().unwrap(), &paths());
        assert!(!args.iter().any(|arg| arg.contains("password")), "{args:?}");
    }
}
