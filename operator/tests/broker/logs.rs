//! What the log says of the broker's work: who was refused and why, and no secret.

use crate::world::{token, world};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing::instrument::WithSubscriber;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn fault_g6_the_log_names_the_refused_pod_and_holds_no_secret() {
    let (world, log) = (world(), Log::default());
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let asking = async {
        world.ask(1, 1).await;
        world.ask(1, 2).await;
        world.ask(9, 1).await;
    };
    asking.with_subscriber(subscriber).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("replica-1/restore-a-x"), "{text}");
    for secret in ["canary", "secret\"", token(1).as_str()] {
        assert!(!text.contains(secret), "{text}");
    }
}
