//! What the log says of the broker's work: who was refused and why, and no secret.

use crate::world::{token, world};
use std::{cell::RefCell, io, sync::Once};

thread_local! {
    /// What was logged by the test that runs on this thread.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything is logged from the first call of the first test on: a place in the code that is first passed while
/// nobody listens may stay mute for one who begins to listen at that moment.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| Log)
            .with_ansi(false)
            .init();
    });
}

#[tokio::test]
async fn fault_g6_the_log_names_the_refused_pod_and_holds_no_secret() {
    let world = world();
    world.ask(1, 1).await;
    world.ask(1, 2).await;
    world.ask(9, 1).await;
    let text = LOG.with_borrow(|log| String::from_utf8(log.clone())).unwrap();
    assert!(text.contains("replica-1/restore-a-x"), "{text}");
    for secret in ["canary", "secret\"", token(1).as_str()] {
        assert!(!text.contains(secret), "{text}");
    }
}
