//! The binary itself: signals, exit codes, the probe, and what it logs.

use crate::support::{
    client::{SOON, fetch},
    s3::Fault,
    wire::WireS3,
    world::{PREFIX, World, announced, neighbours, spec, target},
};
use contract::pods::ProxySpec;
use jiff::SignedDuration;
use std::{
    net::SocketAddr,
    process::{Output, Stdio},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    process::{Child, Command},
};

fn canopy_proxy() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canopy-proxy"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn started(spec: &ProxySpec, filter: &str) -> Child {
    canopy_proxy().envs(spec.to_env()).env("RUST_LOG", filter).spawn().unwrap()
}

async fn signalled(child: Child, signal: &str) -> Output {
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-s", signal, &pid]).status().await.unwrap().success());
    tokio::time::timeout(SOON, child.wait_with_output()).await.expect("an end").unwrap()
}

async fn exit_code(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text)
}

#[tokio::test]
async fn both_signals_end_it_with_posted_figures_and_exit_code_0() {
    for signal in ["TERM", "INT"] {
        let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
        let folder = tempfile::tempdir().unwrap();
        let spec = spec(&s3, &broker, &folder, PREFIX);
        let child = started(&spec, "info");
        tokio::time::timeout(SOON, announced(&spec.port_file)).await.expect("an address");
        let output = signalled(child, signal).await;
        assert_eq!(output.status.code(), Some(0), "{signal}: {output:?}");
        assert_eq!(broker.stats().len(), 1, "{signal}");
    }
}

#[tokio::test]
async fn it_ends_on_a_signal_even_before_it_has_credentials() {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    broker.set_down(true);
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(&s3, &broker, &folder, PREFIX);
    let child = started(&spec, "info");
    let called = tokio::time::timeout(SOON, broker.called(1)).await;
    let output = signalled(child, "TERM").await;
    assert!(called.is_ok(), "no call within {SOON:?}: {output:?}");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!spec.port_file.exists());
}

#[tokio::test]
async fn fault_g6_no_secret_is_ever_logged_even_at_the_finest_level() {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    broker.fail(403);
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(&s3, &broker, &folder, PREFIX);
    let child = started(&spec, "trace");
    let address = tokio::time::timeout(SOON, announced(&spec.port_file)).await.expect("an address");
    s3.put(&format!("{PREFIX}x"), "x");
    s3.expire("canary-id-2");
    let target = "/backups/a%20b%2Bc%3D1/x";
    let canary = [("authorization", "canary-authorization"), ("cookie", "canary-cookie")];
    assert!(fetch(address, "GET", target, &canary).await.status.is_success());
    s3.fail(Fault::Error(403, "AccessDenied"));
    fetch(address, "GET", target, &[]).await;
    fetch(address, "GET", "/backups/canary-key?canary-query", &[("x-amz-security-token", "canary")]).await;
    let output = signalled(child, "TERM").await;
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("refused the credentials") && log.contains("AccessDenied"), "{log}");
    let told: Vec<_> = log.lines().filter(|line| line.contains("canary")).collect();
    assert!(told.is_empty(), "{told:#?}");
    assert!(output.stdout.is_empty());
}

#[tokio::test]
async fn away_from_a_terminal_each_log_line_is_json() {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = spec(&s3, &broker, &folder, PREFIX);
    let child = started(&spec, "info");
    tokio::time::timeout(SOON, announced(&spec.port_file)).await.expect("an address");
    let log = String::from_utf8(signalled(child, "TERM").await.stderr).unwrap();
    assert!(log.lines().count() > 2);
    for line in log.lines() {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(json["message"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn nonsense_ends_with_64_and_one_line_that_names_it() {
    let (code, text) =
        exit_code(canopy_proxy().env("PGRO_BROKER_URL", "http://b/").env("PGRO_GROUP", "7")).await;
    assert_eq!(code, Some(64));
    assert!(
        text.contains("PGRO_GROUP=\"7\"") && text.contains("a UUID") && text.lines().count() == 1,
        "{text}"
    );
    assert_eq!(exit_code(canopy_proxy().arg("--no-such-flag")).await.0, Some(64));
    assert_eq!(exit_code(canopy_proxy().arg("ready")).await.0, Some(64));
}

#[tokio::test]
async fn help_names_every_variable() {
    let (code, text) = exit_code(canopy_proxy().arg("--help")).await;
    assert_eq!(code, Some(0));
    for name in
        ["PGRO_BROKER_URL", "PGRO_S3_PREFIX", "PGRO_PROXY_PORT_FILE", "PGRO_STATS_CALLBACK_URL", "ready"]
    {
        assert!(text.contains(name), "{name}");
    }
}

#[tokio::test]
async fn a_roots_file_that_is_missing_ends_it_with_its_name() {
    let (s3, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let spec = ProxySpec { ca_file: Some("/no/such/ca.pem".into()), ..spec(&s3, &broker, &folder, PREFIX) };
    let (code, text) = exit_code(canopy_proxy().envs(spec.to_env())).await;
    assert_eq!(code, Some(1));
    assert!(text.contains("/no/such/ca.pem"), "{text}");
}

#[tokio::test]
async fn the_probe_says_0_while_the_proxy_runs_and_1_otherwise() {
    let world = World::start().await;
    let file = world.folder.path().join("proxy");
    let probe = || {
        let mut command = canopy_proxy();
        command.arg("ready").arg("--port-file").arg(&file);
        command
    };
    assert_eq!(exit_code(&mut probe()).await.0, Some(0));
    world.tell_to_stop();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    while TcpStream::connect(world.address).await.is_ok() {
        ticks.tick().await;
    }
    assert_eq!(exit_code(&mut probe()).await.0, Some(1));
}

async fn resident_mib(pid: u32) -> u64 {
    let status = tokio::fs::read_to_string(format!("/proc/{pid}/status")).await.unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// A client that asks and does not read; the kernel shall keep little for it.
async fn stalled(address: SocketAddr, path: &str) -> TcpStream {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }.unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    stream
}

/// Once it has not grown for half a second.
async fn settled_mib(pid: u32) -> u64 {
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    let (mut most, mut same) = (0, 0);
    while same < 10 {
        ticks.tick().await;
        let now = resident_mib(pid).await;
        same = if now > most { 0 } else { same + 1 };
        most = most.max(now);
    }
    most
}

#[tokio::test]
async fn fault_d18_256_readers_that_stall_fit_into_64_mib() {
    let (fake, broker) = neighbours(SignedDuration::from_hours(1)).await;
    let large = WireS3::start(vec![7; 20 << 20].into(), false, Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let spec =
        ProxySpec { endpoint: Some(large.url.parse().unwrap()), ..spec(&fake, &broker, &folder, PREFIX) };
    let child = started(&spec, "info");
    let address = tokio::time::timeout(SOON, announced(&spec.port_file)).await.expect("an address");
    let path = target("x");
    let stalled = futures::future::join_all((0..256).map(|_| stalled(address, &path))).await;
    let resident =
        tokio::time::timeout(SOON * 3, settled_mib(child.id().unwrap())).await.expect("an end of growth");
    assert!(resident <= 64, "{resident} MiB");
    assert_eq!(stalled.len(), 256);
}
