//! A Kubernetes API server for tests: in process, strict, scripted, and the same on every run.
//!
//! Input: requests of clients, as the real server takes them. Output: the answers it would give: revisions, pages,
//! watches, preconditions, server-side apply, finalizers, refusals with their reasons. Must not: forgive a client
//! anything, run a thread of its own, or look at a real clock.
//!
//! ```
//! # async fn example() -> kube::Result<()> {
//! use fake_apiserver::{ApiServer, Fault, Harm, Verb};
//! use k8s_openapi::api::core::v1::Namespace;
//! use kube::{Api, api::PostParams};
//!
//! let server = ApiServer::new(|| "2026-01-01T00:00:00Z".parse().unwrap());
//! server.faults(|faults| faults.add(Fault::new(Harm::status(503)).on(Verb::Create, "namespaces").times(1)));
//! let namespaces: Api<Namespace> = Api::all(server.client("someone"));
//! assert!(namespaces.create(&PostParams::default(), &Namespace::default()).await.is_err());
//! assert_eq!(server.audit(|audit| audit.calls()), 1);
//! # Ok(())
//! # }
//! ```

pub mod audit;
pub mod controllers;
pub mod faults;
mod kinds;
mod object;
mod read;
mod refusal;
mod request;
mod selector;
mod server;
mod store;
mod watch;
mod write;

pub use audit::{Audit, Entry};
pub use controllers::{Controllers, Messages, Outcome};
pub use faults::{Fault, Faults, Harm};
pub use kinds::{KINDS, Kind, KindId};
pub use object::Object;
pub use request::{Call, Verb};
pub use server::{ApiServer, Clock};
