//! The cluster harness: a real kind cluster with real kopia, MinIO and PostgreSQL, made from whatever the machine can
//! reach, and the commands built on it.

pub mod platform;
pub mod progress;
