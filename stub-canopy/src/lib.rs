//! Canopy for tests and demos: a real server that is scripted, strict, and records everything.
//!
//! Input: worklist entries and faults through `/_control`, calls of a client on Canopy's four endpoints.
//! Output: answers as Canopy gives them, and a ledger of every call. Must not: forgive a client anything.
//!
//! A test starts one in process and drives it through the same HTTP control a cluster test uses:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use stub_canopy::{Config, Endpoint, Fault, FaultRule, StubCanopy};
//!
//! let canopy = StubCanopy::start(Config::loopback()).await?;
//! canopy.control().inject(&FaultRule::new(Endpoint::Worklist, Fault::status(503)).times(2)).await?;
//! // … point the client under test at `canopy.base_url()` …
//! assert_eq!(canopy.control().ledger().await?.worklist_polls, 3);
//! canopy.stop().await;
//! # Ok(())
//! # }
//! ```

pub mod args;
pub mod clock;
mod config;
mod connection;
mod control;
mod faults;
mod handle;
mod in_process;
mod issuer;
mod ledger;
pub mod logging;
mod problem;
mod routes;
mod server;
pub mod settings;
mod state;
mod tls;
mod worklist;

pub use config::{Config, Keys, StsConfig, TlsConfig};
pub use control::{ControlClient, ControlError};
pub use faults::{Endpoint, Fault, FaultRule, InvalidRule};
pub use handle::{Handle, StubCanopy};
pub use in_process::{HungUp, InProcess};
pub use ledger::{CapabilitiesCall, CredentialsCall, Ledger, NO_ANSWER, Unexpected, VerificationCall};
pub use server::{Server, StartError};
pub use tls::{EnrolError, Enrolled, use_ring};
pub use worklist::{Entry, Place, Worklist};
