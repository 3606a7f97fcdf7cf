//! What a restore by `pgro-agent` through `canopy-proxy` costs beside kopia alone: the same snapshot in the same MinIO,
//! by the same kopia in the same container.
//!
//! Input: a Docker API, two images and a static `pgro-agent` (`PGRO_TEST_AGENT`); `just bench-restore` sees to all of them.
//! Output: medians, and ratios within a round. Each round runs both one after the other, from a disk that is at rest.
//! Kopia leaves its files in memory; the agent ends when they are on the disk, so kopia is shown with that, too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "its output")]
#![allow(dead_code, reason = "shared with the tests among neighbours, which use all of it")]

#[path = "../../tests/neighbours/broker.rs"]
mod broker;
#[path = "../../tests/neighbours/containers.rs"]
mod containers;
#[path = "../../tests/neighbours/files.rs"]
mod files;
#[path = "../proxy/goals.rs"]
mod goals;
#[path = "../../tests/behaviour/support/http.rs"]
mod http;
#[path = "../../tests/neighbours/kopia.rs"]
mod kopia;
#[path = "../../tests/neighbours/link.rs"]
mod link;
#[path = "../../tests/neighbours/neighbourhood.rs"]
mod neighbourhood;
#[path = "../../tests/neighbours/sidecar.rs"]
mod sidecar;

use containers::WORK;
use contract::{env, pods::RestoreSpec};
use goals::{Goal, told};
use link::Link;
use neighbourhood::{Neighbourhood, SERVER, Scale};
use std::{fs, num::NonZeroU16, path::Path, time::Duration};
use tokio::{process::Command, time::Instant};

/// Credentials outlive the benchmark: their rotation is measured elsewhere.
const LIFE: Duration = Duration::from_hours(1);
/// The volume, and where kopia alone restores to.
const VOLUME: &str = "volume";
const ALONE: &str = "alone";

/// Seconds of one round.
struct Round {
    alone: f64,
    flushed: f64,
    agent: f64,
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let (rounds, large) = (number("PGRO_BENCH_ROUNDS", 5), number("PGRO_BENCH_MIB", 768));
    let scale = Scale { large, life: LIFE };
    let there = Neighbourhood::of(scale, async |minio| Link::none(minio)).await;
    let agent = std::env::var("PGRO_TEST_AGENT").expect("PGRO_TEST_AGENT names the static program");
    fs::copy(agent, there.folder().join("pgro-agent")).unwrap();
    let _proxy = there.proxy().await;
    let mut all = Vec::new();
    for nth in 0..rounds {
        all.push(round(&there, nth % 2 == 0).await);
    }
    tell(&all, large);
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Whoever comes first has it no easier in the end: they take turns.
async fn round(there: &Neighbourhood, agent_first: bool) -> Round {
    let (agent, (alone, flushed));
    if agent_first {
        agent = by_agent(there).await;
        (alone, flushed) = by_kopia(there).await;
    } else {
        (alone, flushed) = by_kopia(there).await;
        agent = by_agent(there).await;
    }
    Round { alone, flushed, agent }
}

/// Both calls that a restore is; seconds until the second ends, and until all is on the disk.
async fn by_kopia(there: &Neighbourhood) -> (f64, f64) {
    empty(&there.folder().join(ALONE)).await;
    let (kopia, began) = (there.alone(), Instant::now());
    kopia.connect().await;
    kopia.restore(&there.snapshot, ALONE).await;
    let alone = began.elapsed().as_secs_f64();
    sync().await;
    let flushed = began.elapsed().as_secs_f64();
    there.is_restored(ALONE).await;
    (alone, flushed)
}

async fn by_agent(there: &Neighbourhood) -> f64 {
    empty(&there.folder().join(VOLUME)).await;
    let spec = spec(there).to_env();
    let own = [
        (env::REPOSITORY_PASSWORD, kopia::PASSWORD.to_owned()),
        ("TERMINATION_LOG", format!("{WORK}/result")),
        ("TMPDIR", WORK.to_owned()),
    ];
    let pairs: Vec<(&str, &str)> =
        spec.iter().chain(&own).map(|(name, value)| (*name, value.as_str())).collect();
    let began = Instant::now();
    there.call(&pairs, &format!("{WORK}/pgro-agent"), &["restore".to_owned()]).await;
    let took = began.elapsed().as_secs_f64();
    there.is_restored(&format!("{VOLUME}/restored")).await;
    took
}

/// What a restore pod is told.
fn spec(there: &Neighbourhood) -> RestoreSpec {
    RestoreSpec {
        snapshot_id: there.snapshot.parse().unwrap(),
        server_id: SERVER.parse().unwrap(),
        bucket: kopia::BUCKET.parse().unwrap(),
        prefix: kopia::PREFIX.parse().unwrap(),
        region: kopia::REGION.parse().unwrap(),
        port_file: format!("{WORK}/proxy").into(),
        volume: format!("{WORK}/{VOLUME}").into(),
        parallel: NonZeroU16::new(8).unwrap(),
        expected_bytes: None,
        expected_files: None,
        progress_file: None,
    }
}

async fn empty(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir(folder).unwrap();
    sync().await;
}

async fn sync() {
    assert!(Command::new("sync").status().await.unwrap().success());
}

fn tell(rounds: &[Round], large: usize) {
    println!("restore of {large} files of a megabyte and more ({} rounds, medians)", rounds.len());
    for (name, seconds) in [
        ("kopia alone", median(rounds, |round| round.alone)),
        ("kopia alone, then flushed", median(rounds, |round| round.flushed)),
        ("agent and proxy", median(rounds, |round| round.agent)),
    ] {
        println!("{name:<28}{seconds:>9.2} s");
    }
    told(
        "time, of kopia's alone and flushed",
        median(rounds, |round| round.agent / round.flushed),
        Goal::AtMost(1.05),
    );
    told(
        "time, of kopia's alone, which flushes nothing",
        median(rounds, |round| round.agent / round.alone),
        Goal::AtMost(1.05),
    );
}

fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
