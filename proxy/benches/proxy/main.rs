//! What the proxy costs, beside reading directly and beside a program that only copies bytes (the floor).
//!
//! Each round runs direct, copier and proxy one after the other, so that whatever else the machine does falls on all of
//! them; medians and ratios over the rounds are printed. CPU is that of the process in the middle alone.
//! `PGRO_BENCH_ROUNDS` and `PGRO_BENCH_SECS` make it longer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "its output")]
#![allow(clippy::cast_precision_loss, reason = "figures are shown with three digits")]

mod copier;
mod load;
mod processes;
mod signing;
mod upstream;

use load::{Load, Run};
use processes::{Middle, Proxy};
use std::{env, net::SocketAddr, time::Duration};
use upstream::Upstream;

const SMALL: Load = Load { name: "4 KiB x 32", key: "small", connections: 32 };
const LARGE: Load = Load { name: "20 MiB x 8", key: "large", connections: 8 };

#[tokio::main]
async fn main() {
    let args: Vec<String> = env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("copier") => copier::copy(args[2].parse().unwrap()).await,
        Some("upstream") => upstream::serve(args.get(2).map(String::as_str)).await,
        _ => compare().await,
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

async fn compare() {
    signing::measure();
    let folder = tempfile::tempdir().unwrap();
    let plain = Upstream::start(None).await;
    let copier = Middle::copier(plain.address).await;
    let proxy = Proxy::start(&plain.url(), None, folder.path()).await;
    for load in [SMALL, LARGE] {
        let middles = [
            ("direct", plain.address, None),
            ("copier", copier.address, Some(copier.pid())),
            ("proxy", proxy.address, Some(proxy.pid())),
        ];
        table(&load, &middles).await;
    }
    println!("\nproxy, plain upstream: {}", processes::memory(proxy.pid()));
    load::stall(proxy.address, 256).await;
    println!("proxy, 256 readers that stall: {}", processes::memory(proxy.pid()));
    over_tls(folder.path()).await;
}

async fn over_tls(folder: &std::path::Path) {
    let ca = folder.join("ca.pem");
    let upstream = Upstream::start(Some(&ca)).await;
    let proxy = Proxy::start(&upstream.url(), Some(&ca), folder).await;
    for load in [SMALL, LARGE] {
        let name = format!("{}, TLS upstream", load.name);
        table(&Load { name: &name, ..load }, &[("proxy", proxy.address, Some(proxy.pid()))]).await;
    }
}

/// Median rate and CPU of each, and both as ratios to the copier's.
async fn table(load: &Load<'_>, middles: &[(&str, SocketAddr, Option<u32>)]) {
    let (rounds, secs) = (number("PGRO_BENCH_ROUNDS", 5), number("PGRO_BENCH_SECS", 2));
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); middles.len()];
    for _ in 0..rounds {
        for (runs, (_, address, pid)) in runs.iter_mut().zip(middles) {
            runs.push(load::run(load, *address, *pid, Duration::from_secs(secs)).await);
        }
    }
    println!("\n{} ({rounds} rounds of {secs} s, medians)", load.name);
    println!(
        "{:<8}{:>12}{:>12}{:>14}{:>14}{:>10}{:>10}",
        "", "requests/s", "MiB/s", "CPU us/req", "CPU s/GiB", "x rate", "x CPU"
    );
    let floor = middles.iter().position(|(name, ..)| *name == "copier");
    let rate = |nth: usize| median(&runs[nth], Run::rate);
    let cpu = |nth: usize| median(&runs[nth], Run::cpu_per_request);
    for (nth, (name, ..)) in middles.iter().enumerate() {
        let ratio = |of: &dyn Fn(usize) -> f64| floor.map_or(f64::NAN, |floor| of(nth) / of(floor));
        let (mib, per_gib) = (median(&runs[nth], Run::mib), median(&runs[nth], Run::cpu_per_gib));
        println!(
            "{name:<8}{:>12.0}{mib:>12.0}{:>14.1}{per_gib:>14.3}{:>10.2}{:>10.2}",
            rate(nth),
            cpu(nth) * 1e6,
            ratio(&rate),
            ratio(&cpu)
        );
    }
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<_> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
