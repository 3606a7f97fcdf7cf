//! `pgro-agent install`: puts a copy of itself where the other containers of the pod can run it.
//!
//! Input: a destination path. Output: an executable there, complete or absent. Must not: leave half a file under the
//! destination's name.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Why the copy is not there.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The running program cannot be found.
    #[error("failed to find the running program")]
    FindSelf(#[source] io::Error),
    /// It could not be copied.
    #[error("failed to copy {} to {}: is the volume mounted there, and writable?", from.display(), to.display())]
    Copy {
        /// The running program.
        from: PathBuf,
        /// The temporary destination.
        to: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The finished copy could not be given its name.
    #[error("failed to rename {} to {}", from.display(), to.display())]
    Rename {
        /// The temporary destination.
        from: PathBuf,
        /// The destination.
        to: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Copies the running program to `destination`, mode 0755.
pub fn install(destination: &Path) -> Result<(), InstallError> {
    let from = std::env::current_exe().map_err(InstallError::FindSelf)?;
    copy_executable(&from, destination)?;
    tracing::info!(destination = %destination.display(), "installed");
    Ok(())
}

fn copy_executable(from: &Path, to: &Path) -> Result<(), InstallError> {
    let temporary = to.with_extension("new");
    fs::copy(from, &temporary)
        .and_then(|_| fs::set_permissions(&temporary, fs::Permissions::from_mode(0o755)))
        .map_err(|source| InstallError::Copy { from: from.to_owned(), to: temporary.clone(), source })?;
    fs::rename(&temporary, to).map_err(|source| InstallError::Rename {
        from: temporary,
        to: to.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::copy_executable;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn the_copy_is_complete_and_executable_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::write(&from, "program").unwrap();
        fs::write(&to, "an older one, longer than the new one").unwrap();
        copy_executable(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "program");
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_destination_that_is_not_mounted_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("from");
        fs::write(&from, "program").unwrap();
        let error = copy_executable(&from, &dir.path().join("absent/agent")).unwrap_err();
        assert!(error.to_string().contains("absent/agent.new"), "{error}");
    }
}
