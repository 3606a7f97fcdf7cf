//! Real databases, made by real PostgreSQL and caught in the middle of their work.
//!
//! Input: an engine, the image of a major version, the cache. Output: a folder with a data directory as a crash would
//! leave it, and what is known to be in it. Made once, kept under a key of everything it was made from.
//! Must not: stop the source server before the copy, or leave a container behind.

mod cache;
mod capture;
mod recipe;
mod source;

pub mod backup;

pub use cache::{Captured, Content, Files, ensure};
pub use recipe::{DATABASE, Fixture};
