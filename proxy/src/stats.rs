//! Traffic between the proxy and S3, and what came of requests, counted while it happens.
//!
//! Input: bytes seen by sockets and bodies, answers, refused signatures. Output: the figures of the statistics callback.
//! Must not: estimate.

pub mod callback;
pub mod requests;

use contract::broker::{ProxyStats, TrafficStats};
use requests::Requests;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Running totals. Reads have no request bodies, so payload is only ever received.
#[derive(Debug, Default)]
pub struct Traffic {
    sent_raw: AtomicU64,
    received_raw: AtomicU64,
    received_payload: AtomicU64,
    /// Counted beside it.
    pub requests: Requests,
}

impl Traffic {
    /// Bytes written to a socket, TLS included.
    pub fn sent_raw(&self, bytes: usize) {
        self.sent_raw.fetch_add(bytes as u64, Relaxed);
    }

    /// Bytes read from a socket, TLS included.
    pub fn received_raw(&self, bytes: usize) {
        self.received_raw.fetch_add(bytes as u64, Relaxed);
    }

    /// Bytes of answer bodies, those of errors and of retried answers included.
    pub fn received_payload(&self, bytes: usize) {
        self.received_payload.fetch_add(bytes as u64, Relaxed);
    }

    /// The figures so far.
    pub fn snapshot(&self) -> ProxyStats {
        let traffic = TrafficStats {
            s3_sent_raw_bytes: self.sent_raw.load(Relaxed),
            s3_sent_payload_bytes: 0,
            s3_received_raw_bytes: self.received_raw.load(Relaxed),
            s3_received_payload_bytes: self.received_payload.load(Relaxed),
        };
        ProxyStats { traffic, requests: self.requests.answered(), resign_retries: self.requests.resigned() }
    }
}
