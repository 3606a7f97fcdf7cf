use super::{Kopia, KopiaError};
use crate::{restore::tests::script, signals::channel};
use contract::pods::FailureReason;
use std::{ffi::OsString, path::Path};

/// A stand-in for kopia that says `says` on stderr and ends with `code`.
fn fake(dir: &Path, says: &str, code: u8) -> OsString {
    let path = dir.join("kopia");
    script(&path, &format!("#!/bin/sh\nprintf '{says}' >&2\nexit {code}\n"));
    path.into()
}

async fn run(says: &str, code: u8) -> Result<(), KopiaError> {
    let dir = tempfile::tempdir().unwrap();
    let program = fake(dir.path(), says, code);
    let (_sender, stop) = channel();
    let kopia = Kopia { program: &program, password: &"canary-7f3a".into(), stop: &stop };
    kopia.run("restore", &["snapshot".into()]).await
}

#[tokio::test]
async fn a_restore_without_a_word_of_errors_is_a_success() {
    run(
        r"\rProcessed 5 (3 MB) of 4 (3 MB).\nRestored 2 files, 2 directories and 1 symbolic links (3 MB).\n",
        0,
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn fault_e4_a_restore_that_passed_over_errors_is_a_failure_whatever_its_exit_code() {
    let error = run(r"\rProcessed 5 (3 MB) of 4 (3 MB), ignored 3 errors.\n", 0).await.unwrap_err();
    assert!(matches!(error, KopiaError::PassedOver { ignored: 3, .. }), "{error}");
    assert_eq!(error.failure().reason, FailureReason::RestoreIncomplete);
}

#[tokio::test]
async fn fault_e5_a_wrong_password_is_classified_and_not_repeated() {
    let error = run("invalid repository password for canary-7f3a", 1).await.unwrap_err();
    let failure = error.failure();
    assert_eq!(failure.reason, FailureReason::RepositoryPassword);
    assert!(!failure.message.contains("canary"), "{failure}");
}

#[tokio::test]
async fn fault_e2_a_killed_kopia_is_an_incomplete_restore() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kopia");
    script(&path, "#!/bin/sh\nkill -9 $$\n");
    let (_sender, stop) = channel();
    let program = path.into();
    let kopia = Kopia { program: &program, password: &"x".into(), stop: &stop };
    let failure = kopia.run("restore", &[]).await.unwrap_err().failure();
    assert_eq!(failure.reason, FailureReason::RestoreIncomplete);
    assert!(failure.message.contains("signal: 9"), "{failure}");
}

#[tokio::test]
async fn an_image_without_kopia_is_told_as_such() {
    let (_sender, stop) = channel();
    let program = "/absent/kopia".into();
    let kopia = Kopia { program: &program, password: &"x".into(), stop: &stop };
    let failure = kopia.run("restore", &[]).await.unwrap_err().failure();
    assert_eq!(failure.reason, FailureReason::Internal);
    assert!(failure.message.contains("is it in this image?"), "{failure}");
}

#[tokio::test]
async fn progress_is_told_apart_from_words() {
    let dir = tempfile::tempdir().unwrap();
    let says = r"\rProcessed 1 (2 MB) of 4 (3 MB).\rProcessed 5 (3 MB) of 4 (3 MB).\nRestored 2 files, 2 directories.\n";
    let program = fake(dir.path(), says, 0);
    let (_sender, stop) = channel();
    let kopia = Kopia { program: &program, password: &"x".into(), stop: &stop };
    let mut told = Vec::new();
    kopia.follow("restore", &[], &mut |progress| told.push(progress.bytes_written)).await.unwrap();
    assert_eq!(told, [2_000_000, 3_000_000]);
}
