//! The programs that are compared, each a process of its own, so that its CPU and memory can be told.

use contract::pods::ProxySpec;
use std::{fs, net::SocketAddr, path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::interval,
};

/// Ticks of `/proc/<pid>/stat`; Linux has had a hundred a second for ever.
const TICKS: f64 = 100.0;

/// Something that listens.
pub(crate) struct Middle {
    pub(crate) address: SocketAddr,
    child: Child,
}

/// Whether the proxy reads ahead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    On,
    Off,
}

/// This program again, in another role; its first line is its address.
pub(crate) async fn own(args: &[&str]) -> Middle {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.args(args).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    Middle { address: line.trim().parse().unwrap(), child }
}

/// A second installation is refused, which is as good.
pub(crate) fn provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Middle {
    pub(crate) async fn copier(target: SocketAddr) -> Self {
        own(&["copier", &target.to_string()]).await
    }

    pub(crate) async fn peer(url: &str, ca: Option<&Path>) -> Self {
        let ca = ca.map(|ca| ca.display().to_string());
        let args: Vec<_> = ["peer", url].into_iter().chain(ca.as_deref()).collect();
        own(&args).await
    }

    /// The real program, with a broker that hands out a token of 900 bytes.
    pub(crate) async fn start(endpoint: &str, ca: Option<&Path>, folder: &Path, ahead: Ahead) -> Self {
        Self::build(Path::new(env!("CARGO_BIN_EXE_canopy-proxy")), endpoint, ca, folder, ahead).await
    }

    /// Another build of it.
    pub(crate) async fn build(
        program: &Path,
        endpoint: &str,
        ca: Option<&Path>,
        folder: &Path,
        ahead: Ahead,
    ) -> Self {
        let port_file = folder.join(format!("port-{}", ca.is_some()));
        let spec = ProxySpec {
            broker_url: broker().await.parse().unwrap(),
            broker_token_file: None,
            group: "00000000-0000-0000-0000-000000000007".parse().unwrap(),
            backup_type: "benchmark".parse().unwrap(),
            bucket: "bucket".parse().unwrap(),
            prefix: "".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
            endpoint: Some(endpoint.parse().unwrap()),
            ca_file: ca.map(Into::into),
            port_file: port_file.clone(),
            stats_callback_url: None,
            restore_deadline_secs: None,
        };
        let child = Command::new(program)
            .envs(spec.to_env())
            .env("RUST_LOG", "warn")
            .env(proxy::args::READ_AHEAD, if ahead == Ahead::On { "true" } else { "false" })
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut ticks = interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            if let Some(address) = proxy::listen::previous(&port_file) {
                return Self { address, child };
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }
}

async fn broker() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let token = "T".repeat(900);
    let json = format!(
        r#"{{"credentials":{{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"secret","SessionToken":"{token}","Expiration":"{}"}}}}"#,
        proxy::clock::Clock::system().now() + jiff::SignedDuration::from_hours(1)
    );
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{json}", json.len());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // One call an hour; what it asks for does not matter here.
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// Of a process, user and system.
pub(crate) fn cpu_seconds(pid: Option<u32>) -> f64 {
    let Some(pid) = pid else { return f64::NAN };
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit(") ").next().unwrap();
    let fields: Vec<_> = after_name.split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
}

/// MiB resident now.
pub(crate) fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
