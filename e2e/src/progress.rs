//! Says what is being done and how long it took.
//!
//! Input: named pieces of work. Output: one line when each starts, ends, or has been running for a while, and a table of
//! where the time went. Must not decide anything: a step's result passes through untouched.

mod line;
mod table;

use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use table::{Outcome, Timing};

/// How often a step that is still running says so: often enough to see life on a terminal, seldom enough that a
/// quarter of an hour of compiling stays readable in a log.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A shared record of steps and their times; clones write to the same record.
#[derive(Clone, Debug)]
pub struct Progress {
    started: Instant,
    timings: Arc<Mutex<Vec<Timing>>>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { started: Instant::now(), timings: Arc::default() }
    }
}

impl Progress {
    /// Prints one line, stamped with the seconds since the start.
    pub fn say(&self, text: &str) {
        // A reader who closed the pipe has seen enough: that must not end the work.
        let _ = writeln!(std::io::stdout(), "{} {text}", line::stamp(self.started.elapsed()));
    }

    /// Passes on what a program has printed.
    pub fn show(&self, printed: &[u8]) {
        // As above.
        let _ = std::io::stdout().write_all(printed);
    }

    /// Records that nothing had to be done for `name`.
    pub fn cached(&self, name: &str) {
        self.record(Timing { name: name.to_owned(), took: Duration::ZERO, outcome: Outcome::Cached });
    }

    /// Runs `work`, saying when it starts and ends and, now and then, that it still runs.
    /// `log` is the file the work writes to; its last line is shown while waiting.
    pub fn step<T, E>(
        &self,
        name: &str,
        log: Option<&Path>,
        work: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        // Boxed, or every caller's future would hold the whole of the work twice.
        let work = Box::pin(work);
        async move {
            let began = Instant::now();
            self.say(&format!("{name} …"));
            let result = self.watch(name, log, began, work).await;
            let outcome = if result.is_ok() { Outcome::Done } else { Outcome::Failed };
            let timing = Timing { name: name.to_owned(), took: began.elapsed(), outcome };
            self.say(&line::finished(&timing));
            self.record(timing);
            result
        }
    }

    async fn watch<T>(
        &self,
        name: &str,
        log: Option<&Path>,
        began: Instant,
        mut work: impl Future<Output = T> + Unpin,
    ) -> T {
        loop {
            match tokio::time::timeout(HEARTBEAT, &mut work).await {
                Ok(done) => return done,
                Err(_) => {
                    self.say(&line::running(name, began.elapsed(), log.and_then(line::last_of).as_deref()));
                }
            }
        }
    }

    fn record(&self, timing: Timing) {
        self.timings.lock().unwrap_or_else(PoisonError::into_inner).push(timing);
    }

    /// Every step so far, in the order in which they ended.
    pub fn timings(&self) -> Vec<Timing> {
        self.timings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The table of where the time went, slowest first.
    pub fn table(&self) -> String {
        table::render(&self.timings(), self.started.elapsed())
    }
}

#[cfg(test)]
mod tests;
