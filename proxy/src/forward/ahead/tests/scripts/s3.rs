//! An S3 that follows a script, in memory: objects of other bytes under each key, replaced now and then, and answers that go
//! wrong. Versions of two objects have the same name, so that nothing but the key tells them apart.

use crate::{
    http1::RequestHead,
    random::Random,
    transfer::wish::Wish,
    upstream::{Dial, dial::Dialing},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// One way to answer.
#[derive(Debug, Clone, Copy)]
enum Turn {
    /// As asked.
    Honest,
    /// As asked, broken off after so many bytes.
    Cut(u64),
    /// The object is replaced first.
    Replaced,
    /// The same, and nobody looks at `If-Match`.
    Spliced,
    /// The whole object, as if no range had been asked for.
    Ignored,
    /// A range that begins a byte late, honestly labelled.
    Shifted,
    /// A range that ends early, honestly labelled.
    Narrow(u64),
    /// With a byte behind the end.
    Longer,
    /// Without a name for the version.
    Nameless,
    /// 503.
    Busy,
    /// Closed without a word.
    Reset,
    /// No word at all.
    Silent,
}

impl Turn {
    fn pick(random: &mut Random) -> Self {
        match random.below(24) {
            0 => Self::Replaced,
            1 => Self::Spliced,
            2 => Self::Ignored,
            3 => Self::Shifted,
            4 => Self::Narrow(random.below(40)),
            5 => Self::Longer,
            6 => Self::Nameless,
            7 => Self::Busy,
            8 => Self::Reset,
            9 => Self::Silent,
            10..=16 => Self::Cut(random.below(80)),
            _ => Self::Honest,
        }
    }
}

/// What is known of the object, by all connections.
pub(super) struct State {
    random: Random,
    is_honest: bool,
    shortest: u64,
    /// What an answer takes to begin.
    latency: Duration,
    /// How often all objects were replaced.
    pub(super) version: u64,
    /// Requests that came.
    pub(super) asked: u64,
}

/// The script.
#[derive(Clone)]
pub(super) struct Script(Arc<Mutex<State>>);

/// A byte of a version of an object: two of them hardly ever agree.
pub(super) fn byte(object: u64, version: u64, at: u64) -> u8 {
    Random(object << 48 | version << 32 | at).next().to_le_bytes()[0]
}

impl Script {
    pub(super) fn of(seed: u64, is_honest: bool) -> Self {
        let mut random = Random(seed);
        let (shortest, latency) = (20 + random.below(200), Duration::ZERO);
        Self(Arc::new(Mutex::new(State { random, is_honest, shortest, latency, version: 0, asked: 0 })))
    }

    /// An honest one with objects of so many bytes, which takes so long to begin each answer.
    pub(super) fn slow(bytes: u64, latency: Duration) -> Self {
        let script = Self::of(0, true);
        script.with(|state| (state.shortest, state.latency) = (bytes, latency));
        script
    }

    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    /// Each version is a little longer than the one before.
    pub(super) fn len(&self, version: u64) -> u64 {
        self.with(|state| state.shortest) + 3 * version
    }

    fn turn(&self) -> Turn {
        self.with(|state| {
            state.asked += 1;
            let turn = if state.is_honest { Turn::Honest } else { Turn::pick(&mut state.random) };
            state.version += u64::from(matches!(turn, Turn::Replaced | Turn::Spliced));
            turn
        })
    }

    async fn serve(self, mut stream: DuplexStream) {
        let mut head = Vec::new();
        // A peer that goes away ends this.
        while let Ok(byte) = stream.read_u8().await {
            head.push(byte);
            if head.ends_with(b"\r\n\r\n") {
                tokio::time::sleep(self.with(|state| state.latency)).await;
                let (answer, goes_on) = self.answer(&std::mem::take(&mut head)).await;
                if stream.write_all(&answer).await.is_err() || !goes_on {
                    return;
                }
            }
        }
    }

    /// What is sent, and whether the connection stays.
    async fn answer(&self, head: &[u8]) -> (Vec<u8>, bool) {
        let head = RequestHead::parse(head, 64).unwrap();
        let text = |name| head.all(name).next().map(|value| std::str::from_utf8(value).unwrap().to_owned());
        let (range, tag) = (text("range").unwrap(), text("if-match"));
        let object = head.target.rsplit('/').next().unwrap().parse().unwrap();
        let turn = self.turn();
        let version = self.with(|state| state.version);
        let is_other = tag.is_some_and(|tag| tag != format!("\"{version}\""));
        match turn {
            Turn::Reset => (Vec::new(), false),
            Turn::Silent => std::future::pending().await,
            Turn::Busy => (refusal("503 Slow Down", "SlowDown"), true),
            _ if is_other && !matches!(turn, Turn::Spliced) => {
                (refusal("412 Precondition Failed", "PreconditionFailed"), true)
            }
            _ => self.object(turn, (object, version), &range),
        }
    }

    fn object(&self, turn: Turn, (object, version): (u64, u64), range: &str) -> (Vec<u8>, bool) {
        let total = self.len(version);
        let (first, last) = match Wish::parse(range).unwrap() {
            Wish::Between(first, last) => (first, last.min(total - 1)),
            Wish::From(first) => (first, total - 1),
            Wish::Last(_) => unreachable!("nobody here asks so"),
        };
        if first >= total {
            return (refusal("416 Range Not Satisfiable", "InvalidRange"), true);
        }
        let (first, last) = match turn {
            Turn::Ignored => (0, total - 1),
            Turn::Shifted if first < last => (first + 1, last),
            Turn::Narrow(by) => (first, last.saturating_sub(by).max(first)),
            _ => (first, last),
        };
        let tag =
            if matches!(turn, Turn::Nameless) { String::new() } else { format!("etag: \"{version}\"\r\n") };
        let (status, part) = match turn {
            Turn::Ignored => ("200 OK", String::new()),
            _ => ("206 Partial Content", format!("content-range: bytes {first}-{last}/{total}\r\n")),
        };
        let length = last - first + 1;
        let mut out =
            format!("HTTP/1.1 {status}\r\n{tag}{part}content-length: {length}\r\n\r\n").into_bytes();
        let sent = if let Turn::Cut(after) = turn { after.min(length) } else { length };
        out.extend((first..first + sent).map(|at| byte(object, version, at)));
        out.extend(matches!(turn, Turn::Longer).then_some(b'!'));
        (out, !matches!(turn, Turn::Cut(_)))
    }
}

fn refusal(status: &str, code: &str) -> Vec<u8> {
    let document = format!("<Error><Code>{code}</Code></Error>");
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{document}", document.len()).into_bytes()
}

impl Dial for Script {
    fn dial(&self) -> Dialing {
        let (near, far) = duplex(1 << 10);
        drop(tokio::spawn(self.clone().serve(far)));
        Box::pin(std::future::ready(Ok(Box::new(near) as Box<dyn crate::upstream::Io>)))
    }
}
