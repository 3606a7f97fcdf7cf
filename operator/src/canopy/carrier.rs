//! What may stand in for the network between the operator and Canopy.
//!
//! Input: a request as it would be sent. Output: the answer as it would come, or why there is none. Must not: follow
//! redirects, or repeat a request.

use futures::future::BoxFuture;
use reqwest::{Request, Response};

/// An answer, or in one line without addresses why there is none.
pub type Carried = Result<Response, String>;

/// Carries requests to Canopy by another way than the network, as a simulation does, in which time must not flow.
pub trait Carrier: Send + Sync + 'static {
    /// Carries one. Dropped before its end, the answer is not heard; what the request did stays done.
    fn carry(&self, request: Request) -> BoxFuture<'_, Carried>;
}
