//! The operator as a process, and what it costs the machine.

use serde_json::Value;
use std::{fs, path::Path, process::Stdio, time::Duration};
use tokio::process::{Child, Command};
use url::Url;

/// The unit of CPU time in `/proc`: on Linux always a hundredth of a second.
const TICK_MS: f64 = 10.0;

/// A running operator; it ends with this value.
pub(crate) struct Operator {
    child: Child,
}

impl Operator {
    /// Starts one against that API server and that Canopy, looking at both every `interval`.
    pub(crate) fn start(api: &Url, canopy: &Url, interval: Duration) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let port = free_port();
        let kubeconfig = folder.join(format!("kubeconfig-{port}"));
        fs::write(&kubeconfig, kubeconfig_for(api)).expect("the target folder can be written to");
        let log = fs::File::create(folder.join("operator.log")).expect("the target folder can be written to");
        let child = Command::new(env!("CARGO_BIN_EXE_operator"))
            .env_clear()
            .envs(allocator())
            .env("KUBECONFIG", &kubeconfig)
            .env("CANOPY_BASE_URL", canopy.as_str())
            .env("CANOPY_RECONCILE_INTERVAL_SECS", interval.as_secs().to_string())
            .env("CANOPY_PROXY_IMAGE", "registry.example/pgro:bench")
            .env("METRICS_ADDR", format!("127.0.0.1:{port}"))
            .env("PGRO_BROKER_LISTEN_ADDR", "127.0.0.1:0")
            .env("PGRO_TEARDOWN_ABSENCES", "3")
            .env("PGRO_TEARDOWN_MIN_SECS", "1")
            .env("PGRO_TEARDOWN_HOLD_SECS", "1")
            .env("PGRO_TEARDOWN_WINDOW_COUNT", "100")
            .stdout(Stdio::from(log.try_clone().expect("a file has more than one handle")))
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .expect("the operator starts");
        Self { child }
    }

    /// Memory now and at its peak, in MiB.
    pub(crate) fn memory_mib(&self) -> (f64, f64) {
        let status = self.proc("status");
        let kib = |key: &str| -> f64 {
            let line = status.lines().find(|line| line.starts_with(key)).expect("/proc tells memory");
            line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number of KiB")
        };
        (kib("VmRSS:") / 1024.0, kib("VmHWM:") / 1024.0)
    }

    /// CPU time taken so far, in milliseconds.
    pub(crate) fn cpu_ms(&self) -> f64 {
        let stat = self.proc("stat");
        // The name in the second field may hold anything, but ends with the last parenthesis.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| -> f64 { fields[field].parse().expect("a number of ticks") };
        (ticks(11) + ticks(12)) * TICK_MS
    }

    fn proc(&self, file: &str) -> String {
        let id = self.child.id().expect("the operator runs");
        fs::read_to_string(format!("/proc/{id}/{file}")).expect("the operator runs")
    }
}

/// What the deployed operator's allocator is told.
fn allocator() -> Vec<(String, String)> {
    let manifest = include_str!("../../../deploy/base/deployment.yaml");
    let deployment: Value = serde_saphyr::from_str(manifest).expect("the manifest reads");
    let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let told = env.iter().filter_map(|var| Some((text(&var["name"])?, text(&var["value"])?)));
    told.filter(|(name, _)| name.starts_with("MALLOC_")).collect()
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

fn kubeconfig_for(api: &Url) -> String {
    serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{ "name": "bench", "cluster": { "server": api } }],
        "users": [{ "name": "bench", "user": { "token": "operator" } }],
        "contexts": [{ "name": "bench", "context": { "cluster": "bench", "user": "bench" } }],
    })
    .to_string()
}
