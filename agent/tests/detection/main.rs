//! How many damaged copies `pgro-agent` calls damaged, and how many sound ones it calls sound.
//!
//! Makes copies of real servers, each with one known defect or peculiarity, has each one prepared as its pod would, and
//! prints what came of it. It fails where the two numbers of its last line are not those of all copies:
//! `cargo test -p agent --features real-postgres --test detection`. A name selects the copies that have it in theirs (`a|b`: either), and
//! `PGRO_DETECTION_SHARE=1/2` each second one, for who runs the others elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod case;
mod damage;
mod damaged;
mod discovered;
mod elsewhere;
mod hosts;
mod indexes;
mod manifest;
mod odd;
mod outside;
mod promised;
mod sound;
#[path = "../real_postgres/source.rs"]
mod source;
mod subtle;
#[expect(dead_code, reason = "shared with the tests of real_postgres, which use all of it")]
#[path = "../real_postgres/support.rs"]
mod support;
mod table;
mod tablespaced;

use case::{Case, Ended};
use std::{
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Copies that are prepared at the same time.
const WORKERS: usize = 3;

fn main() -> ExitCode {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let share = std::env::var("PGRO_DETECTION_SHARE").unwrap_or_else(|_| "1/1".into());
    let hosts = hosts::Hosts::default();
    let mut cases = [
        damaged::cases(),
        subtle::cases(),
        discovered::cases(),
        indexes::cases(),
        sound::cases(),
        odd::cases(),
        tablespaced::cases(),
        outside::cases(),
        elsewhere::cases(),
        promised::cases(),
        manifest::cases(),
    ]
    .concat();
    cases.retain(|case| wanted.split('|').any(|part| case.name.contains(part)));
    let cases = shared(cases, &share);
    let ended = tried(&cases, &hosts);
    let table = table::Table(&ended);
    println!("{table}");
    if table.is_perfect() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Each second one from the first for a share of `1/2`, and the others for `2/2`.
fn shared(cases: Vec<Case>, share: &str) -> Vec<Case> {
    let (first, of) = share.split_once('/').expect("PGRO_DETECTION_SHARE is not of the form 1/2");
    let (first, of): (usize, usize) = (first.parse().unwrap(), of.parse().unwrap());
    cases.into_iter().skip(first - 1).step_by(of).collect()
}

/// All of them, in their order.
fn tried(cases: &[Case], hosts: &hosts::Hosts) -> Vec<Ended> {
    let (next, ended) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((index, case)) = at(cases, next.fetch_add(1, Ordering::Relaxed)) {
                    let one = case.ended(hosts);
                    ended.lock().unwrap().push((index, one));
                }
            });
        }
    });
    let mut ended = ended.into_inner().unwrap();
    ended.sort_by_key(|(index, _)| *index);
    ended.into_iter().map(|(_, ended)| ended).collect()
}

fn at(cases: &[Case], index: usize) -> Option<(usize, &Case)> {
    Some((index, cases.get(index)?))
}
