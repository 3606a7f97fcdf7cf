//! The process: flags, environment, signals, exit codes, logs.

use crate::world::{entry, replica, request};
use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStderr, Command, Output, Stdio},
};
use stub_canopy::ControlClient;
use tempfile::NamedTempFile;
use url::Url;

fn command(variables: &[(&str, &str)], flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stub-canopy"));
    command.env_clear().envs(variables.iter().copied()).args(flags).stderr(Stdio::piped());
    command
}

fn run(variables: &[(&str, &str)], flags: &[&str]) -> (Output, String) {
    let output = command(variables, flags).output().unwrap();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    (output, stderr)
}

/// A running process; killed if the test fails before it stopped it.
struct Process {
    child: Child,
    logs: BufReader<ChildStderr>,
}

impl Process {
    fn start(variables: &[(&str, &str)], flags: &[&str]) -> Self {
        let mut child = command(variables, flags).spawn().unwrap();
        let logs = BufReader::new(child.stderr.take().unwrap());
        Self { child, logs }
    }

    fn next_log(&mut self) -> Value {
        let mut line = String::new();
        self.logs.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON log: {line:?}"))
    }

    /// The control of the process, once it says where it listens.
    fn control(&mut self) -> ControlClient {
        ControlClient::new(self.base_url()).unwrap()
    }

    fn base_url(&mut self) -> Url {
        let said =
            std::iter::repeat_with(|| self.next_log()).find(|log| log["message"] == "listening").unwrap();
        format!("http://{}", said["addr"].as_str().unwrap()).parse().unwrap()
    }

    /// Its exit code after this signal, and the rest of its logs.
    fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.logs.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
    }
}

#[test]
fn wrong_usage_ends_with_64() {
    for flags in [["--listen"].as_slice(), &["--no-such-flag"], &["surplus"]] {
        let (output, stderr) = run(&[], flags);
        assert_eq!((output.status.code(), stderr.is_empty()), (Some(64), false), "{flags:?}");
    }
}

#[test]
fn a_value_that_does_not_parse_ends_with_64_and_one_line_that_names_it() {
    let variable = ("STUB_CREDENTIAL_TTL_SECS", "soon");
    let by_flag = run(&[], &["--credential-ttl-secs", "soon"]);
    for (output, stderr) in [run(&[variable], &[]), by_flag] {
        assert_eq!(output.status.code(), Some(64));
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains("STUB_CREDENTIAL_TTL_SECS=\"soon\""), "{stderr}");
        assert!(stderr.contains("expected 1 to 3600 seconds"), "{stderr}");
    }
}

#[test]
fn help_names_every_variable_of_the_contract_and_succeeds() {
    let (output, _) = run(&[], &["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for variable in [
        "LISTEN_ADDR",
        "WORKLIST_FILE",
        "S3_ENDPOINT",
        "S3_ACCESS_KEY",
        "S3_SECRET_KEY",
        "STATIC_ACCESS_KEY_ID",
        "STATIC_SECRET_ACCESS_KEY",
        "STATIC_SESSION_TOKEN",
        "CREDENTIAL_TTL_SECS",
        "REPO_PASSWORD",
        "TLS_CERT",
        "TLS_KEY",
        "CLIENT_CA",
    ] {
        assert!(help.contains(&format!("STUB_{variable}")), "{variable}");
    }
}

#[test]
fn an_address_that_is_taken_ends_with_1_and_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let (output, stderr) = run(&[("STUB_LISTEN_ADDR", &addr)], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains(&format!("failed to listen on {addr}")), "{stderr}");
}

#[tokio::test]
async fn a_process_starts_from_its_worklist_file_and_stops_in_order_on_a_signal() {
    let mut file = NamedTempFile::new().unwrap();
    write!(file, "{}", json!([entry(1, 2)])).unwrap();
    for signal in ["-TERM", "-INT"] {
        let file = file.path().to_str().unwrap();
        let mut process = Process::start(&[("STUB_WORKLIST_FILE", file)], &["--listen-addr", "127.0.0.1:0"]);
        let control = process.control();
        assert!(control.is_up().await);
        control.remove_entry(replica(1), None).await.expect("the entry of the file is there");
        let (code, rest) = process.stop(signal);
        assert_eq!(code, Some(0), "{rest}");
        assert!(rest.contains("stopping"), "{rest}");
    }
}

#[test]
fn help_shows_no_secret_of_the_environment() {
    let (help, _) = run(&[("STUB_REPO_PASSWORD", "canary"), ("STUB_S3_SECRET_KEY", "canary")], &["--help"]);
    assert!(!String::from_utf8(help.stdout).unwrap().contains("canary"));
}

#[tokio::test]
async fn secrets_that_are_handed_out_are_in_no_log_however_detailed() {
    let variables = [
        ("STUB_STATIC_SECRET_ACCESS_KEY", "canary-1"),
        ("STUB_STATIC_SESSION_TOKEN", "canary-2"),
        ("STUB_REPO_PASSWORD", "canary-3"),
        ("RUST_LOG", "trace"),
        ("STUB_LISTEN_ADDR", "127.0.0.1:0"),
    ];
    let mut process = Process::start(&variables, &[]);
    let base = process.base_url();
    ControlClient::new(base.clone()).unwrap().put_entry(&entry(1, 2)).await.unwrap();
    let call = reqwest::Client::new().post(base.join("/restore-credentials").unwrap());
    let answer = call.header("X-Version", "1").body(request().to_string()).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("canary-1"));
    let (_, rest) = process.stop("-TERM");
    assert!(rest.contains("credentials") && !rest.contains("canary"), "{rest}");
}

#[test]
fn a_certificate_and_a_key_that_do_not_go_together_end_with_64() {
    let dir = tempfile::tempdir().unwrap();
    let [one, other] =
        ["localhost", "elsewhere"].map(|name| generate_simple_self_signed([name.to_owned()]).unwrap());
    let (cert, key) = (dir.path().join("tls.crt"), dir.path().join("tls.key"));
    std::fs::write(&cert, one.cert.pem()).unwrap();
    std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    let flags = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let (output, stderr) = run(&[("STUB_LISTEN_ADDR", "127.0.0.1:0")], &flags);
    assert_eq!(output.status.code(), Some(64), "{stderr}");
    assert!(stderr.contains("failed to set up TLS"), "{stderr}");
}
