//! Hours of trouble on virtual time: as long as patience lasts, a client sees none of it.

use crate::support::{
    memory::{Memory, Setting},
    s3::{BUCKET, Fault, Weather},
    world::{PREFIX, target},
};
use futures::future::join_all;
use http::StatusCode;
use jiff::SignedDuration;
use proxy::limits::Limits;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const OUTAGE: Duration = Duration::from_mins(10);
const BODY: &str = "0123456789";

fn list() -> String {
    format!("/{BUCKET}/?list-type=2&prefix=a%20b%2Bc%3D1%2F")
}

fn memory(setting: Setting) -> Memory {
    let memory = Memory::start(setting);
    memory.s3.put(&format!("{PREFIX}x"), BODY);
    memory
}

/// Twenty-four objects and four lists at a time.
async fn all_arrive(memory: &Memory) {
    let path = target("x");
    let objects = join_all((0..24).map(|_| memory.reads(&path, BODY)));
    let list = list();
    let key = format!("<Key>{PREFIX}x</Key>");
    let lists = join_all((0..4).map(|_| memory.reads(&list, &key)));
    let (objects, lists) = tokio::join!(objects, lists);
    assert!(objects.into_iter().chain(lists).all(|arrived| arrived));
}

#[tokio::test(start_paused = true)]
async fn faults_d1_and_d2_ten_minutes_of_any_weather_are_absorbed() {
    for weather in [
        Weather::Error(503, "SlowDown"),
        Weather::Error(500, "InternalError"),
        Weather::Refused,
        Weather::Reset,
    ] {
        let memory = memory(Setting::default());
        all_arrive(&memory).await;
        memory.s3.set_weather(Some(weather));
        let began = Instant::now();
        let clears = async {
            sleep(OUTAGE).await;
            memory.s3.set_weather(None);
        };
        tokio::join!(all_arrive(&memory), clears);
        assert!(began.elapsed() < OUTAGE + Duration::from_secs(30), "{weather:?}: {:?}", began.elapsed());
        all_arrive(&memory).await;
    }
}

#[tokio::test(start_paused = true)]
async fn fault_d1_an_s3_that_asks_to_slow_down_is_not_stormed() {
    let memory = memory(Setting::default());
    memory.s3.set_weather(Some(Weather::Error(503, "SlowDown")));
    let clears = async {
        sleep(OUTAGE).await;
        memory.s3.set_weather(None);
    };
    tokio::join!(all_arrive(&memory), clears);
    // Twenty-eight clients, each at most every few seconds.
    let asked = memory.s3.seen().len();
    assert!(asked < 28 * 200, "{asked} requests in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn fault_d1_when_patience_ends_all_are_told_and_none_is_held_again() {
    let limits = Limits { patience: Duration::from_mins(5), ..Limits::default() };
    let memory = memory(Setting { limits, ..Setting::default() });
    memory.s3.set_weather(Some(Weather::Refused));
    let began = Instant::now();
    let path = target("x");
    let told = join_all((0..8).map(|_| memory.fetch("GET", &path))).await;
    assert!(told.iter().all(|got| got.status == StatusCode::SERVICE_UNAVAILABLE));
    assert!(began.elapsed() >= Duration::from_mins(5));
    let again = Instant::now();
    for _ in 0..10 {
        assert_eq!(memory.fetch("GET", &path).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert!(again.elapsed() < Duration::from_mins(2), "kopia asks a hundred times: {:?}", again.elapsed());
    memory.s3.set_weather(None);
    assert!(memory.reads(&path, BODY).await);
}

/// Ten requests in the life of a grant, until the broker has issued a thousand.
async fn read_on(memory: &Memory, first: usize) -> usize {
    let path = target("x");
    let mut nth = first;
    while nth < 10_000 {
        match nth {
            nth if nth % 37 == 0 => memory.s3.expire(&format!("id-{}", memory.broker.issued())),
            nth if nth % 53 == 0 => memory.s3.fail(Fault::Error(403, "InvalidAccessKeyId")),
            _ => {}
        }
        assert!(memory.reads(&path, BODY).await, "request {nth}");
        sleep(Duration::from_secs(20)).await;
        nth += 4;
    }
    nth
}

/// Down for a while at every fiftieth grant, and once for longer than a grant lives.
async fn restarts(memory: &Memory) {
    let mut next = 50;
    loop {
        sleep(Duration::from_secs(1)).await;
        if memory.broker.issued() >= next {
            memory.broker.set_down(true);
            let past_expiry = if next == 500 { 120 } else { 8 };
            sleep(Duration::from_secs(past_expiry)).await;
            memory.broker.set_down(false);
            next += 50;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_c1_to_c7_a_thousand_rotations_under_ten_thousand_reads_are_unseen() {
    let memory = memory(Setting { life: SignedDuration::from_secs(60), ..Setting::default() });
    let reading = join_all((0..4).map(|first| read_on(&memory, first)));
    tokio::select! {
        _ = reading => {}
        () = restarts(&memory) => {}
    }
    let (issued, asked) = (memory.broker.issued(), memory.s3.seen().len());
    println!("{issued} grants under 10000 reads, which were {asked} requests to S3");
    assert!(issued >= 1_000 && asked > 10_000, "{issued} grants, {asked} requests");
}

#[tokio::test(start_paused = true)]
async fn fault_c7_a_broker_that_is_down_past_expiry_holds_requests_and_loses_none() {
    let memory = memory(Setting { life: SignedDuration::from_secs(60), ..Setting::default() });
    all_arrive(&memory).await;
    memory.broker.set_down(true);
    sleep(Duration::from_secs(61)).await;
    let back = async {
        sleep(OUTAGE).await;
        memory.broker.set_down(false);
    };
    let began = Instant::now();
    tokio::join!(all_arrive(&memory), back);
    assert!(began.elapsed() >= OUTAGE);
}

#[tokio::test(start_paused = true)]
async fn fault_c5_a_clock_that_is_twenty_minutes_off_is_set_right_by_s3() {
    for minutes in [-20, 20] {
        let memory = memory(Setting { ahead: SignedDuration::from_mins(minutes), ..Setting::default() });
        all_arrive(&memory).await;
        let dates = memory.s3.seen().into_iter().map(|seen| seen.headers["x-amz-date"].clone());
        assert!(dates.collect::<std::collections::BTreeSet<_>>().len() > 1, "S3 refused the first date");
        assert_eq!(memory.fetch("HEAD", &target("x")).await.status, StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn fault_c5_a_head_learns_the_time_too() {
    let memory = memory(Setting { ahead: SignedDuration::from_mins(20), ..Setting::default() });
    assert_eq!(memory.fetch("HEAD", &target("x")).await.status, StatusCode::OK);
    let stats = memory.traffic.snapshot();
    assert_eq!((stats.requests.head.success, stats.resign_retries.clock), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn fault_d22_a_request_held_past_midnight_is_stamped_anew() {
    let memory = memory(Setting { life: SignedDuration::from_hours(48), ..Setting::default() });
    // Virtual time begins at noon.
    sleep(Duration::from_mins(12 * 60 - 7)).await;
    memory.s3.set_weather(Some(Weather::Error(503, "SlowDown")));
    let clears = async {
        sleep(Duration::from_mins(14)).await;
        memory.s3.set_weather(None);
    };
    let path = target("x");
    assert!(tokio::join!(memory.reads(&path, BODY), clears).0);
    let days: std::collections::BTreeSet<_> = memory
        .s3
        .seen()
        .iter()
        .map(|seen| seen.headers["x-amz-date"].to_str().unwrap()[..8].to_owned())
        .collect();
    assert_eq!(days.into_iter().collect::<Vec<_>>(), ["20261122", "20261123"]);
}
