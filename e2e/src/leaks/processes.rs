//! The arguments of every process on this machine, for as long as it is watched: containers of the cluster's node are
//! processes of this machine too.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Text;

/// Short enough to see a program that does its work in a second.
const EVERY: Duration = Duration::from_millis(200);

/// A watch that is kept.
pub struct Processes {
    stop: oneshot::Sender<()>,
    seen: JoinHandle<BTreeSet<String>>,
}

impl Processes {
    /// Begins one.
    pub fn watch() -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, seen: tokio::spawn(watched(stopped)) }
    }

    /// Ends it; returns every command line seen, one a line.
    pub async fn stop(self) -> Text {
        // A watch that has ended by itself has nobody to listen; what it saw then is nothing, and looks blind.
        let _ = self.stop.send(());
        let lines: Vec<String> = self.seen.await.unwrap_or_default().into_iter().collect();
        Text { place: "the arguments of a process".into(), text: lines.join("\n") }
    }
}

async fn watched(mut stopped: oneshot::Receiver<()>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = &mut stopped => return seen,
            _ = tick.tick() => seen.extend(command_lines()),
        }
    }
}

/// Processes come and go while this looks; those it cannot read are gone.
fn command_lines() -> Vec<String> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    files.map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeouts::TOLD;
    use crate::wait::{Look, until};

    #[tokio::test]
    async fn a_process_is_seen_with_its_arguments() {
        let mut child = tokio::process::Command::new("tail");
        let child = child
            .args(["--follow", "/dev/null", "--sleep-interval=61.5"])
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        until(TOLD, || async {
            let seen = command_lines().iter().any(|line| line.contains("--sleep-interval=61.5"));
            Ok(Look::some(seen.then_some(()), "not among the processes"))
        })
        .await
        .unwrap();
        drop(child);
    }

    #[tokio::test]
    async fn a_watch_keeps_what_it_saw() {
        let watch = Processes::watch();
        // The first look is at once; a second tick of our own comes after it.
        let mut tick = tokio::time::interval(EVERY);
        tick.tick().await;
        tick.tick().await;
        let own = std::env::args().next().unwrap();
        assert!(watch.stop().await.text.contains(&own));
    }
}
