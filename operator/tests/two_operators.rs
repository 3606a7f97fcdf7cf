//! Two operator processes before one API server, over the wire: one leads, and hands over when it is told to end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/rights.rs"]
mod granted;

use fake_apiserver::ApiServer;
use jiff::Timestamp;
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    time::{Instant, timeout},
};

/// A failing test ends, too; on a busy machine a start takes a while.
const DEADLINE: Duration = Duration::from_secs(30);

/// A process called `name`, which is also the user it calls the API server as.
fn operator(name: &str, kubeconfig: &Path) -> Child {
    let settings = [
        ("POD_NAME", name),
        ("CANOPY_BASE_URL", "http://127.0.0.1:9"),
        ("CANOPY_PROXY_IMAGE", "pgro:0.1.0"),
        ("METRICS_ADDR", "127.0.0.1:0"),
        ("PGRO_BROKER_LISTEN_ADDR", "127.0.0.1:0"),
        ("PGRO_LEASE_DURATION_SECS", "60"),
        ("PGRO_LEASE_RENEW_SECS", "50"),
        ("PGRO_LEASE_RETRY_SECS", "1"),
    ];
    Command::new(env!("CARGO_BIN_EXE_operator"))
        .env_clear()
        .envs(settings)
        .env("KUBECONFIG", kubeconfig)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// How `user` reaches the API server on `port`.
fn kubeconfig(user: &str, port: u16) -> PathBuf {
    let config = json!({ "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{ "name": "c", "cluster": { "server": format!("http://127.0.0.1:{port}") } }],
        "users": [{ "name": "u", "user": { "token": user } }],
        "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }] });
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("two-operators-{user}.json"));
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

fn leader(server: &ApiServer) -> Option<String> {
    let lease = server.get("leases", "pgro-system", "pgro-operator")?;
    let holder = lease["spec"]["holderIdentity"].as_str()?;
    holder.rsplit_once('_').map(|(pod, _)| pod.to_owned())
}

async fn until(what: &str, reached: impl Fn() -> bool) {
    let waited = timeout(DEADLINE, async {
        let mut look = tokio::time::interval(Duration::from_millis(50));
        while !reached() {
            look.tick().await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited {} s for {what}", DEADLINE.as_secs()));
}

fn calls_about_leases(server: &ApiServer, user: &str) -> u64 {
    let counted = |audit: &fake_apiserver::Audit| {
        let about = audit.rights().iter().filter(|(right, _)| right.0 == user && right.3 == "leases");
        about.map(|(_, count)| *count).sum()
    };
    server.audit(counted)
}

#[tokio::test]
async fn fault_a14_of_two_processes_one_leads_and_hands_over_when_it_is_told_to_end() {
    let server = ApiServer::new(|| Timestamp::UNIX_EPOCH);
    server.put("namespaces", json!({ "metadata": { "name": "pgro-system" } }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let copy = server.clone();
    let api = tokio::spawn(async move { copy.serve(listener).await });

    let mut first = operator("first", &kubeconfig("first", port));
    until("the first to lead", || leader(&server).as_deref() == Some("first")).await;
    let mut second = operator("second", &kubeconfig("second", port));
    until("the second to look", || calls_about_leases(&server, "second") >= 2).await;
    assert_eq!(leader(&server).as_deref(), Some("first"));
    let wrote = |user: &str| server.audit(|audit| audit.commits().any(|entry| entry.call.user == user));
    assert!(wrote("first") && !wrote("second"), "who does not lead writes nothing");

    let told = Instant::now();
    let pid = first.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().await.unwrap().success());
    until("the second to lead", || leader(&server).as_deref() == Some("second")).await;
    assert!(told.elapsed() < Duration::from_secs(20), "the lease of 60 s was not waited for");
    assert!(timeout(DEADLINE, first.wait()).await.unwrap().unwrap().success());
    second.kill().await.unwrap();
    assert_eq!(server.audit(|audit| granted::not_granted(audit.entries())), None);
    api.abort();
}
