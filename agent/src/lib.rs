//! `pgro-agent`: what runs inside the restore and postgres pods, instead of shell.
//!
//! Input: the pod's environment and its volume. Output: one document as the container's termination message, a log,
//! and an exit code. Must not: speak to Kubernetes or Canopy, start a shell, put a secret into argv or a log, or
//! follow a link that leaves the volume.

pub mod cli;
mod command;
pub mod install;
pub mod logging;
pub mod prepare;
pub mod ready;
pub mod restore;
pub mod signals;
pub mod size;
pub mod termination;
pub mod text;
