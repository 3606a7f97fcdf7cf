//! Logs on stderr: one JSON object a line, or readable lines where a person watches.
//!
//! Input: `RUST_LOG` (default `info`). Must not: be given secrets; their types cannot be printed.

use std::io::{self, IsTerminal};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Sends the logs of this process to stderr; a second call changes nothing.
pub fn init() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let result = if io::stderr().is_terminal() {
        tracing::subscriber::set_global_default(readable(filter, io::stderr))
    } else {
        tracing::subscriber::set_global_default(json(filter, io::stderr))
    };
    if result.is_err() {
        tracing::debug!("logs are set up already");
    }
}

fn readable<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false).finish()
}

fn json<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).json().flatten_event(true).finish()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::json;
    use std::{
        io,
        sync::{Arc, Mutex},
    };
    use tracing_subscriber::EnvFilter;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged meanwhile, as it is logged in a cluster.
    pub(crate) fn captured(of: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(json(EnvFilter::new("info"), move || writer.clone()), of);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn fault_g5_a_hostile_text_stays_within_its_one_json_line() {
        let text = captured(|| {
            tracing::info!(replica.name = "a\nlevel=ERROR \u{1b}[31m{\"", "named");
            tracing::debug!("not asked for");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["replica.name"], "a\nlevel=ERROR \u{1b}[31m{\"");
        assert_eq!((&line["level"], &line["message"]), (&"INFO".into(), &"named".into()));
    }
}
