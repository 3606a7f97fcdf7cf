//! S3 credentials: fetched from the broker ahead of need, by one task, for everyone.
//!
//! Input: the broker's answers, the clock, and word that S3 refused a generation. Output: [`Vault::usable`], which
//! waits until there are credentials that may be signed with. Must not: let two fetches run at once, or let a request
//! wait while what it needs is at hand.

pub mod broker;
pub mod issued;
pub mod keeper;
pub mod refresh;
pub mod vault;

pub use broker::{Broker, BrokerError};
pub use issued::{Issued, Unusable};
pub use keeper::{Issuer, Keeper};
pub use vault::Vault;
