//! What preparing and checking a copy costs beside a plain `pg_dump` of it, on a server with the same settings.
//!
//! Input: the size in MiB as an argument (1024), PostgreSQL's programs as for the tests of `real_postgres`,
//! `PGRO_BENCH_ROUNDS` (3), `PGRO_BENCH_MEMORY_MIB` (512, the container's). Output: medians, the ratio, what each check
//! took. Each round runs both one after the other on copies of their own, which take turns to be first. No index of it
//! is in an order of another system, so that nothing is rebuilt.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "its output")]
#![allow(dead_code, reason = "shared with the tests of real_postgres, which use all of it")]

#[path = "../../tests/real_postgres/source.rs"]
mod source;
#[path = "../../tests/real_postgres/support.rs"]
mod support;

use contract::pods::{CheckName, PrepareReport};
use source::{Captured, Source};
use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::Instant,
};
use support::{BIN, Volume, succeed, unprivileged};

/// How much longer than the dump preparing may take.
const GOAL: f64 = 1.5;
/// Rows of one statement that fills: some 30 MiB with their indexes.
const BATCH: u32 = 100_000;
/// What many applications have: rows of numbers, times and texts with keys, an index of a text, and documents.
const TABLES: &str = "
    CREATE TABLE patients (id int PRIMARY KEY, code text NOT NULL UNIQUE, born date NOT NULL);
    INSERT INTO patients SELECT n, md5(n::text), date '1930-01-01' + n % 30000 FROM generate_series(1, 50000) n;
    CREATE TABLE visits (id bigserial PRIMARY KEY, patient int NOT NULL REFERENCES patients, at timestamptz NOT NULL,
        kind text NOT NULL, amount numeric(12, 2) NOT NULL, note text);
    CREATE INDEX visits_patient ON visits (patient);
    CREATE INDEX visits_kind ON visits (kind, at);
    CREATE TABLE documents (id bigserial PRIMARY KEY, visit bigint NOT NULL, body text NOT NULL);
";

/// Seconds of one round, and those of each check.
struct Round {
    dump: f64,
    prepare: f64,
    checks: BTreeMap<CheckName, f64>,
}

fn main() {
    let mib = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1024);
    let captured = filled(mib);
    println!("prepare: a database of {mib} MiB, {} MiB of memory", memory_mib());
    let rounds: Vec<Round> = (0..number("PGRO_BENCH_ROUNDS", 3)).map(|nth| round(&captured, nth)).collect();
    tell(&rounds);
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

fn memory_mib() -> u64 {
    number("PGRO_BENCH_MEMORY_MIB", 512)
}

/// A host that was shut down with a database of this size.
fn filled(mib: u64) -> Captured {
    let source = Source::initialised(&[], "postgres", "fsync = off\nmax_wal_size = 256MB\n");
    source.run("app", "DROP TABLE accounts");
    source.run("app", TABLES);
    let size = || source.ask("app", "SELECT pg_database_size('app') >> 20").unwrap().parse::<u64>().unwrap();
    while size() < mib {
        source.run("app", &batch());
    }
    source.run("app", "VACUUM ANALYZE");
    source.shut_down()
}

fn batch() -> String {
    format!(
        "INSERT INTO visits (patient, at, kind, amount, note)
         SELECT 1 + n % 50000, timestamptz '2020-01-01' + n * interval '1 minute', 'kind ' || n % 40, n * 1.25,
                repeat(md5(n::text), 3) FROM generate_series(1, {BATCH}) n;
         INSERT INTO documents (visit, body)
         SELECT n, (SELECT string_agg(md5((n * k)::text), ' ') FROM generate_series(1, 120) k)
         FROM generate_series(1, {}) n",
        BATCH / 100
    )
}

/// Whoever comes first has it no easier in the end: they take turns.
fn round(captured: &Captured, nth: u64) -> Round {
    let (dump, (prepare, report));
    if nth.is_multiple_of(2) {
        dump = dumped(captured);
        (prepare, report) = prepared(captured);
    } else {
        (prepare, report) = prepared(captured);
        dump = dumped(captured);
    }
    let secs = |ms: u64| std::time::Duration::from_millis(ms).as_secs_f64();
    let checks = report.checks.iter().map(|check| (check.name, secs(check.duration_ms))).collect();
    println!("  round {}: dump {dump:.2} s, prepare {prepare:.2} s", nth + 1);
    Round { dump, prepare, checks }
}

/// Nothing of what was copied is still to be written.
fn rested() {
    succeed(&mut Command::new("sync"));
}

fn prepared(captured: &Captured) -> (f64, PrepareReport) {
    let volume = Volume::with(captured);
    let memory = (memory_mib() << 20).to_string();
    rested();
    let began = Instant::now();
    let settings = [("PGRO_MEMORY_BYTES", memory.as_str()), ("PGRO_CHECK_BUDGET_SECS", "36000")];
    let prepared = volume.prepare_with(&settings);
    let took = began.elapsed().as_secs_f64();
    (took, prepared.sound().clone())
}

/// On a server with the settings the agent writes, as it is before anything was read.
fn dumped(captured: &Captured) -> f64 {
    let volume = Volume::with(captured);
    let buffers = format!("shared_buffers={}MB", memory_mib() / 4);
    let server = volume.serve_as("postgres", &["-c", &buffers, "-c", "autovacuum=off"]);
    let access = server.access.clone().unwrap();
    rested();
    let mut dump = unprivileged(BIN.join("pg_dump"));
    dump.args(["-h", &access.host, "-p", &access.port.to_string(), "-U", access.user, "app"]);
    let began = Instant::now();
    let status = dump.stdout(Stdio::null()).status().unwrap();
    let took = began.elapsed().as_secs_f64();
    assert!(status.success(), "pg_dump failed");
    took
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn tell(rounds: &[Round]) {
    println!("medians of {} rounds, seconds:", rounds.len());
    println!("  {:<40}{:>9.2}", "pg_dump", median(rounds.iter().map(|round| round.dump)));
    println!("  {:<40}{:>9.2}", "prepare and checks", median(rounds.iter().map(|round| round.prepare)));
    for name in rounds[0].checks.keys() {
        let took = median(rounds.iter().map(|round| round.checks[name]));
        println!("    {:<38}{took:>9.2}", format!("{name:?}"));
    }
    let ratio = median(rounds.iter().map(|round| round.prepare / round.dump));
    let met = if ratio <= GOAL { "met" } else { "MISSED" };
    println!("  {:<40}{ratio:>9.2}  goal <= {GOAL}  {met}", "prepare / pg_dump, within a round");
}
