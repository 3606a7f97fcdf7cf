use super::*;

fn shell(script: &str) -> Run {
    Run::new("sh").args(["-c", script])
}

#[tokio::test]
async fn the_output_of_a_program_is_returned() {
    assert_eq!(shell("echo one; echo two >&2").output().await.unwrap(), "one\n");
}

#[tokio::test]
async fn a_failure_says_what_was_run_how_it_ended_and_what_it_said_last() {
    let error = shell("echo because >&2; exit 3").output().await.unwrap_err().to_string();
    assert!(error.contains("sh -c") && error.contains('3') && error.ends_with("because"), "{error}");
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let error = Run::new("/nowhere/kopia").output().await.unwrap_err().to_string();
    assert_eq!(error, "failed to start `kopia`: is it installed and on PATH?");
}

#[tokio::test]
async fn a_program_that_hangs_is_stopped_at_its_deadline() {
    let error = Run::new("tail").args(["-f", "/dev/null"]).deadline(Duration::from_millis(50)).output().await;
    assert!(error.unwrap_err().to_string().contains("was stopped"));
}

#[tokio::test]
async fn a_logged_failure_points_at_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("logs/x.log");
    let error = shell("echo detail; false").logged(&log).await.unwrap_err().to_string();
    assert!(error.ends_with(&format!("detail\n(all of it: {})", log.display())), "{error}");
}

#[tokio::test]
async fn a_pipe_feeds_one_program_with_the_output_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    shell("echo carried").pipe_into(Run::new("cat"), &log).await.unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "carried\n");
}

#[tokio::test]
async fn a_pipe_fails_when_either_side_fails() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    assert!(shell("exit 1").pipe_into(Run::new("cat"), &log).await.is_err());
    assert!(shell("echo x").pipe_into(shell("exit 1"), &log).await.is_err());
}

#[tokio::test]
async fn a_writer_whose_reader_is_gone_does_not_wait_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let run = Run::new("yes").deadline(Duration::from_secs(20)).pipe_into(shell("exit 4"), &log);
    let error = format!("{:#}", run.await.unwrap_err());
    assert!(error.contains("exit status: 4"), "{error}");
}

#[test]
fn only_the_last_lines_of_a_long_output_are_kept() {
    let text = (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join("\n\n");
    let kept = tail(&text);
    assert!(kept.starts_with("85\n") && kept.ends_with("99"), "{kept}");
}

#[test]
fn a_program_is_found_on_the_path_only_if_it_can_be_executed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tool");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(which("tool", Some(folder.path().as_os_str())), None);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(which("tool", Some(folder.path().as_os_str())), Some(file));
}

#[test]
fn removing_a_folder_that_is_not_there_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    remove_folder(&folder.path().join("gone")).unwrap();
}
