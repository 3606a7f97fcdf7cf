//! The operator: Canopy's worklist in, restored, verified, serving databases out.
//!
//! The files tell the way: [`observe`] the cluster, [`plan`] what to do, build [`resources`], [`apply`] the steps;
//! [`tell`] what happened; [`reconcile`] is one pass over them, [`task`] the loop, which changes of what is observed
//! wake, [`lead`] what keeps it to one process. Around it: [`canopy`], the `broker` restore pods ask for credentials,
//! and the `admin` port.

#[cfg(test)]
extern crate self as operator; // what unit and integration tests share names the crate from outside

pub mod admin;
pub mod apply;
pub mod args;
pub mod broker;
pub mod canopy;
pub mod clock;
pub mod home;
pub mod lead;
pub mod logging;
pub mod metrics;
pub mod model;
pub mod observe;
pub mod plan;
pub mod rbac;
pub mod reconcile;
pub mod resources;
pub mod run;
pub mod serve;
pub mod task;
pub mod tell;
