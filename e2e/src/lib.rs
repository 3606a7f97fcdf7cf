//! The cluster harness: a real kind cluster with real kopia, MinIO and PostgreSQL, made from whatever the machine can
//! reach, and the commands built on it.

pub mod client;
pub mod clock;
pub mod demo;
pub mod evidence;
pub mod fixtures;
pub mod furniture;
pub mod harness;
pub mod kubernetes;
pub mod leaks;
pub mod platform;
pub mod progress;
pub mod s3;
pub mod timeouts;
pub mod wait;
pub mod world;
