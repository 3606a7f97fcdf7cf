//! What the proxy costs, beside reading directly and beside a program that only copies bytes (the floor).
//!
//! Each round runs all of them one after the other, so that whatever else the machine does falls on each; medians over
//! the rounds are printed, of figures and of ratios within a round, beside the goals. CPU is that of the process in the
//! middle alone. `PGRO_BENCH_ROUNDS`, `PGRO_BENCH_SECS` and `PGRO_BENCH_PACKS` make it longer; `PGRO_BENCH_OTHER` names
//! another build of the proxy to be measured beside this one; `PGRO_BENCH_PARTS` (`sign`, `plain`, `tls`, `wait`) makes it
//! shorter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "its output")]
#![allow(clippy::cast_precision_loss, reason = "figures are shown with three digits")]

mod copier;
mod goals;
mod load;
mod peer;
mod processes;
mod restore;
mod signing;
mod upstream;

use goals::{Goal, told};
use load::{Load, Run};
use processes::{Ahead, Middle};
use restore::Restored;
use std::{env, net::SocketAddr, path::Path, time::Duration};
use tokio::runtime::{Builder, Runtime};
use upstream::Upstream;

const SMALL: Load = Load { name: "4 KiB x 32", key: "small", connections: 32 };
const LARGE: Load = Load { name: "20 MiB x 8", key: "large", connections: 8 };

fn main() {
    let args: Vec<String> = env::args().collect();
    let (role, first) = (args.get(1).map_or("", String::as_str), args.get(2).map(String::as_str));
    let many = || Runtime::new().unwrap();
    // As the proxy does it.
    let two = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match role {
        "copier" => many().block_on(copier::copy(first.unwrap().parse().unwrap())),
        "upstream" => many().block_on(upstream::serve(first, Duration::ZERO)),
        "slow-upstream" => many().block_on(upstream::serve(None, upstream::FIRST_BYTE)),
        "peer" => two().block_on(peer::relay(first.unwrap().to_owned(), args.get(3).map(String::as_str))),
        _ => many().block_on(compare()),
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

async fn compare() {
    let parts = env::var("PGRO_BENCH_PARTS").unwrap_or_else(|_| "sign plain tls wait".to_owned());
    let is_wanted = |part: &str| parts.split_whitespace().any(|wanted| wanted == part);
    let folder = tempfile::tempdir().unwrap();
    if is_wanted("sign") {
        signing::measure();
    }
    if is_wanted("plain") {
        over_plain(folder.path()).await;
    }
    if is_wanted("tls") {
        over_tls(folder.path()).await;
    }
    if is_wanted("wait") {
        waiting(folder.path()).await;
    }
}

async fn over_plain(folder: &Path) {
    let plain = Upstream::start(None).await;
    let copier = Middle::copier(plain.address).await;
    let peer = Middle::peer(&plain.url(), None).await;
    let proxy = Middle::start(&plain.url(), None, folder, Ahead::On).await;
    let other = other(&plain.url(), folder).await;
    let mut middles = vec![
        ("direct", plain.address, None),
        ("copier", copier.address, Some(copier.pid())),
        ("hyper", peer.address, Some(peer.pid())),
        ("proxy", proxy.address, Some(proxy.pid())),
    ];
    middles.extend(other.as_ref().map(|other| ("other", other.address, Some(other.pid()))));
    let small = table(&SMALL, &middles, "copier").await;
    told("rate, of the copier's", small.ratio(3, 1, Run::rate), Goal::AtLeast(0.92));
    told(
        "CPU a request, of the copier's (17 us to 14)",
        small.ratio(3, 1, Run::cpu_per_request),
        Goal::AtMost(1.21),
    );
    told(
        "CPU a request, of the hyper-based one's",
        small.ratio(3, 2, Run::cpu_per_request),
        Goal::AtMost(0.60),
    );
    if other.is_some() {
        println!("  CPU a request, of the other build's: {:.3}", small.ratio(3, 4, Run::cpu_per_request));
    }
    told("MiB resident with 32 connections", processes::resident(proxy.pid()), Goal::AtMost(16.0));
    let large = table(&LARGE, &middles, "copier").await;
    told("rate, of the copier's", large.ratio(3, 1, Run::rate), Goal::AtLeast(0.95));
    told("CPU a GiB, of the copier's", large.ratio(3, 1, Run::cpu_per_gib), Goal::AtMost(1.05));
    if other.is_some() {
        println!("  CPU a GiB, of the other build's: {:.3}", large.ratio(3, 4, Run::cpu_per_gib));
    }
    load::stall(proxy.address, 256).await;
    told("MiB resident with 256 readers that stall", processes::resident(proxy.pid()), Goal::AtMost(64.0));
}

/// Another build of the proxy, where one is named, so that two can be compared within one run.
async fn other(endpoint: &str, folder: &Path) -> Option<Middle> {
    let program = env::var_os("PGRO_BENCH_OTHER")?;
    let folder = folder.join("other");
    std::fs::create_dir(&folder).unwrap();
    Some(Middle::build(Path::new(&program), endpoint, None, &folder, Ahead::On).await)
}

async fn over_tls(folder: &Path) {
    let ca = folder.join("ca.pem");
    let upstream = Upstream::start(Some(&ca)).await;
    let peer = Middle::peer(&upstream.url(), Some(&ca)).await;
    let proxy = Middle::start(&upstream.url(), Some(&ca), folder, Ahead::On).await;
    let middles = [("hyper", peer.address, Some(peer.pid())), ("proxy", proxy.address, Some(proxy.pid()))];
    for load in [SMALL, LARGE] {
        let name = format!("{}, TLS upstream", load.name);
        let runs = table(&Load { name: &name, ..load }, &middles, "hyper").await;
        told(
            "CPU a GiB, of hyper's with hyper-rustls",
            runs.ratio(1, 0, Run::cpu_per_gib),
            Goal::AtMost(0.85),
        );
    }
}

/// Latency-bound, with and without reading ahead. The more workers read at a time, the less of it is waiting: eight of
/// them would take 1 GiB/s from an S3 of no bandwidth limit even directly, and what a machine with few processors can carry
/// through a second program is little more; the copier shows what passing through any costs.
async fn waiting(folder: &Path) {
    let slow = Upstream::slow().await;
    let (ahead, plain) = (folder.join("ahead"), folder.join("plain"));
    for folder in [&ahead, &plain] {
        std::fs::create_dir(folder).unwrap();
    }
    let ahead = Middle::start(&slow.url(), None, &ahead, Ahead::On).await;
    let plain = Middle::start(&slow.url(), None, &plain, Ahead::Off).await;
    let copier = Middle::copier(slow.address).await;
    let ways = [slow.address, copier.address, plain.address, ahead.address];
    for workers in [1, 2, 8] {
        restored(workers, &ways, slow.address).await;
    }
}

async fn restored(workers: usize, ways: &[SocketAddr; 4], upstream: SocketAddr) {
    let rounds = number("PGRO_BENCH_ROUNDS", 5);
    let packs = usize::try_from(number("PGRO_BENCH_PACKS", 6)).unwrap() * workers;
    let mut runs: [Vec<Restored>; 4] = Default::default();
    for _ in 0..rounds {
        for (runs, address) in runs.iter_mut().zip(ways) {
            runs.push(restore::run(packs, workers, *address, upstream).await);
        }
    }
    println!(
        "\n30 ms to the first byte, {workers} workers, ranges of 4 MiB of packs of 20 MiB ({rounds} rounds of {packs} packs, medians)"
    );
    println!("{:<10}{:>12}{:>10}{:>20}", "", "MiB/s", "x rate", "sent for each asked");
    let ratio = |nth: usize| {
        let pairs: Vec<_> = runs[nth].iter().zip(&runs[0]).collect();
        median(&pairs, |(one, direct)| one.rate / direct.rate)
    };
    for (nth, name) in ["direct", "copier", "as asked", "ahead"].iter().enumerate() {
        let rate = median(&runs[nth], |run| run.rate) / f64::from(1 << 20);
        let fetched = median(&runs[nth], |run| run.fetched);
        println!("{name:<10}{rate:>12.0}{:>10.2}{fetched:>20.3}", ratio(nth));
    }
    told("rate, of reading directly", ratio(3), Goal::AtLeast(2.5));
    told(
        "bytes S3 sent for each that was asked for",
        median(&runs[3], |run| run.fetched),
        Goal::AtMost(1.10),
    );
}

/// All rounds of all that were compared.
struct Runs(Vec<Vec<Run>>);

impl Runs {
    fn median(&self, nth: usize, of: impl Fn(&Run) -> f64) -> f64 {
        median(&self.0[nth], of)
    }

    /// The median over rounds of one's figure to another's in the same round.
    fn ratio(&self, one: usize, other: usize, of: impl Fn(&Run) -> f64) -> f64 {
        let pairs: Vec<_> = self.0[one].iter().zip(&self.0[other]).collect();
        median(&pairs, |(one, other)| of(one) / of(other))
    }
}

/// Median rate and CPU of each, and both as ratios to one of them.
async fn table(load: &Load<'_>, middles: &[(&str, SocketAddr, Option<u32>)], base: &str) -> Runs {
    let (rounds, secs) = (number("PGRO_BENCH_ROUNDS", 5), number("PGRO_BENCH_SECS", 2));
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); middles.len()];
    for _ in 0..rounds {
        for (runs, (_, address, pid)) in runs.iter_mut().zip(middles) {
            runs.push(load::run(load, *address, *pid, Duration::from_secs(secs)).await);
        }
    }
    let (runs, base) = (Runs(runs), middles.iter().position(|(name, ..)| *name == base).unwrap());
    println!("\n{} ({rounds} rounds of {secs} s, medians)", load.name);
    println!(
        "{:<8}{:>12}{:>12}{:>14}{:>14}{:>10}{:>10}",
        "", "requests/s", "MiB/s", "CPU us/req", "CPU s/GiB", "x rate", "x CPU"
    );
    for (nth, (name, ..)) in middles.iter().enumerate() {
        println!(
            "{name:<8}{:>12.0}{:>12.0}{:>14.1}{:>14.3}{:>10.2}{:>10.2}",
            runs.median(nth, Run::rate),
            runs.median(nth, Run::mib),
            runs.median(nth, Run::cpu_per_request) * 1e6,
            runs.median(nth, Run::cpu_per_gib),
            runs.ratio(nth, base, Run::rate),
            runs.ratio(nth, base, Run::cpu_per_request)
        );
    }
    runs
}

fn median<T>(runs: &[T], of: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<_> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
