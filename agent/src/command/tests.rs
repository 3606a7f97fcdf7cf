use super::{CommandError, capture, clean, supervise};
use crate::signals::channel;
use std::{process::Stdio, sync::mpsc, time::Duration};
use tokio::process::Command;

const LONG: Duration = Duration::from_mins(1);

/// A script as a stand-in for kopia: tests may use a shell, the agent never does.
fn script(text: &str) -> Command {
    let mut command = clean("/bin/sh");
    command.args(["-c", text]);
    command
}

#[tokio::test]
async fn lines_of_stderr_come_as_they_are_written_and_stay_in_the_tail() {
    let (_sender, stop) = channel();
    let mut seen = Vec::new();
    let finished = supervise(
        script("printf '\\rone\\rtwo\\n' >&2; echo out; exit 3"),
        Stdio::null(),
        LONG,
        &stop,
        &mut |line| {
            seen.push(line.to_owned());
        },
    )
    .await
    .unwrap();
    assert_eq!(seen, ["one", "two"]);
    assert_eq!(finished.tail.text(), "one\ntwo");
    assert_eq!(finished.status.code(), Some(3));
}

#[tokio::test]
async fn fault_e3_a_program_that_goes_silent_is_ended() {
    let (_sender, stop) = channel();
    let command = script("echo started >&2; exec sleep 600");
    let error =
        supervise(command, Stdio::null(), Duration::from_millis(200), &stop, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, CommandError::Silent { .. }), "{error}");
}

#[tokio::test]
async fn a_request_to_stop_ends_the_program_by_sigterm() {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told");
    let (sender, stop) = channel();
    let (lines, line) = mpsc::channel();
    let text =
        format!("trap 'touch {}; exit 0' TERM; echo ready >&2; while :; do sleep 0.1; done", told.display());
    let mut on_line = |text: &str| {
        let _ = lines.send(text.to_owned());
        sender.stop();
    };
    let error = supervise(script(&text), Stdio::null(), LONG, &stop, &mut on_line).await.unwrap_err();
    assert!(matches!(error, CommandError::Stopped { .. }), "{error}");
    assert_eq!(line.recv().unwrap(), "ready");
    assert!(told.exists());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let (_sender, stop) = channel();
    let error = supervise(clean("/absent/kopia"), Stdio::null(), LONG, &stop, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "failed to start /absent/kopia: is it in this image?");
}

#[tokio::test]
async fn nothing_of_our_environment_but_the_named_variables_is_inherited() {
    let output = capture(clean("/usr/bin/env"), LONG).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        let name = line.split('=').next().unwrap();
        assert!(["PATH", "HOME", "TMPDIR", "TZ", "LC_ALL"].contains(&name), "{name}");
    }
}

#[tokio::test]
async fn a_short_program_that_takes_too_long_is_ended() {
    let error = capture(script("exec sleep 600"), Duration::from_millis(100)).await.unwrap_err();
    assert!(matches!(error, CommandError::Deadline { .. }), "{error}");
}
