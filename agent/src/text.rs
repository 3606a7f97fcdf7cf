//! Other programs' output, made fit for logs and messages.
//!
//! Input: bytes of unknown encoding and length. Output: printable lines, bounded in length and number.
//! Must not: let a control character, an invalid byte or the repository password through.

use secrecy::{ExposeSecret, SecretString};
use std::{collections::VecDeque, fmt::Write, os::unix::ffi::OsStrExt, path::Path};

/// Longest line that is kept, bytes; kopia's longest error chains are below 1 KiB.
pub const LINE_MAX: usize = 4096;
/// Lines that are kept of a program's output; its last words, which is where the error is.
const TAIL_LINES: usize = 40;
/// Passwords shorter than this would turn ordinary text into stars.
const REDACT_MIN: usize = 4;

/// `bytes` with invalid UTF-8 as `\xNN` and control characters escaped.
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// A path in quotes, printable whatever bytes are in it.
pub fn quoted(path: &Path) -> String {
    format!("\"{}\"", printable(path.as_os_str().as_bytes()))
}

/// Cuts a stream into lines at `\n` and `\r`; a line longer than [`LINE_MAX`] comes in pieces.
#[derive(Debug, Default)]
pub struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// The lines that `bytes` completes, without empty ones.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in bytes {
            let ends = matches!(byte, b'\n' | b'\r');
            if !ends {
                self.pending.push(byte);
            }
            if ends || self.pending.len() >= LINE_MAX {
                lines.extend(self.finish());
            }
        }
        lines
    }

    /// What is left when the stream ends.
    pub fn finish(&mut self) -> Option<String> {
        let line = printable(&std::mem::take(&mut self.pending));
        let line = line.trim_end();
        (!line.is_empty()).then(|| line.to_owned())
    }
}

/// The last lines of a program's output.
#[derive(Debug, Clone, Default)]
pub struct Tail(VecDeque<String>);

impl Tail {
    /// Adds a line and forgets the oldest where there are too many.
    pub fn push(&mut self, line: String) {
        if self.0.len() == TAIL_LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// Oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// All kept lines as one text.
    pub fn text(&self) -> String {
        self.lines().collect::<Vec<_>>().join("\n")
    }
}

/// Takes a secret out of lines a program writes about itself.
#[derive(Debug, Clone)]
pub struct Redactor(SecretString);

impl Redactor {
    /// For lines that might hold `secret`.
    pub fn new(secret: SecretString) -> Self {
        Self(secret)
    }

    /// `line` without the secret.
    pub fn clean(&self, line: &str) -> String {
        let secret = self.0.expose_secret().trim();
        if secret.len() < REDACT_MIN { line.to_owned() } else { line.replace(secret, "***") }
    }
}

/// An error and everything that caused it, as one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
