//! `canopy-proxy`: lets kopia read one prefix of one S3 bucket with dummy keys.
//!
//! Input: plain HTTP on loopback, credentials from the broker. Output: each admitted GET or HEAD, signed anew with the
//! credentials of the moment and sent to S3; its answer, streamed back. Must not: sign anything but reads under its
//! prefix, write to the bucket, end an answer short, or let a secret out.

pub mod admit;
pub mod alarm;
pub mod args;
pub mod backoff;
pub mod clock;
pub mod credentials;
pub mod errors_xml;
pub mod forward;
pub mod http1;
pub mod limits;
pub mod listen;
pub mod logging;
pub mod post;
pub mod progress;
#[cfg(test)]
mod random;
pub mod ready;
pub mod run;
pub mod serve;
pub mod sign;
pub mod sparse;
pub mod stats;
pub mod transfer;
pub mod upstream;
