//! Faults on order: which calls go wrong, how, and how often.
//!
//! Input: rules from `POST /_control/faults`. Output: the fault of one call, if any; each is used up as often as
//! the rule says. Must not: do the harm (that is `routes::harm`).

use contract::ids::GroupId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::{num::NonZeroU32, time::Duration};

/// One of Canopy's four endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// `POST /restore-capabilities`
    Capabilities,
    /// `GET /restore-worklist`
    Worklist,
    /// `POST /restore-credentials`
    Credentials,
    /// `POST /restore-verification`
    Verification,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A problem document with this status instead of the answer; the call has no effect.
    Status(FaultStatus),
    /// The call has its effect; the answer is held back this long.
    DelayMs(DelayMs),
    /// The call has its effect; the answer's body ends after this many bytes though more were announced.
    Truncate(usize),
    /// This text with status 200 instead of the answer; the call has no effect.
    Body(String),
    /// The connection is closed without an answer; the call has no effect.
    Close(Always),
}

impl Fault {
    /// A problem document with this status.
    ///
    /// # Panics
    /// Where `status` is none an answer can have; a test has misspelt it.
    #[expect(clippy::expect_used, reason = "a literal in a test; over HTTP the same mistake is a 422")]
    pub fn status(status: u16) -> Self {
        Self::Status(FaultStatus::try_from(status).expect("a status from 200 to 599"))
    }

    /// An answer that comes late.
    ///
    /// # Panics
    /// Where `delay` is longer than ten minutes.
    #[expect(clippy::expect_used, reason = "a literal in a test; over HTTP the same mistake is a 422")]
    pub fn delay(delay: Duration) -> Self {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Self::DelayMs(DelayMs::try_from(millis).expect("a delay of at most ten minutes"))
    }

    /// No answer at all.
    pub fn close() -> Self {
        Self::Close(Always)
    }
}

/// A status an answer can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct FaultStatus(StatusCode);

impl FaultStatus {
    /// The status.
    pub fn get(self) -> StatusCode {
        self.0
    }
}

impl TryFrom<u16> for FaultStatus {
    type Error = InvalidRule;
    fn try_from(status: u16) -> Result<Self, InvalidRule> {
        let known = StatusCode::from_u16(status).ok().filter(|s| (200..600).contains(&s.as_u16()));
        known.map(Self).ok_or(InvalidRule::Status(status))
    }
}

impl From<FaultStatus> for u16 {
    fn from(status: FaultStatus) -> Self {
        status.0.as_u16()
    }
}

/// A delay of at most ten minutes: no client waits longer, and every wait has an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct DelayMs(u64);

impl DelayMs {
    /// As a duration.
    pub fn get(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl TryFrom<u64> for DelayMs {
    type Error = InvalidRule;
    fn try_from(millis: u64) -> Result<Self, InvalidRule> {
        if millis <= 600_000 { Ok(Self(millis)) } else { Err(InvalidRule::Delay(millis)) }
    }
}

impl From<DelayMs> for u64 {
    fn from(delay: DelayMs) -> Self {
        delay.0
    }
}

/// The word `true`, the only value `close` can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct Always;

impl TryFrom<bool> for Always {
    type Error = InvalidRule;
    fn try_from(value: bool) -> Result<Self, InvalidRule> {
        if value { Ok(Self) } else { Err(InvalidRule::Close) }
    }
}

impl From<Always> for bool {
    fn from(_: Always) -> Self {
        true
    }
}

/// A rule that means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// No answer has it.
    #[error("status {0} is no status of an answer: expected 200 to 599")]
    Status(u16),
    /// No client waits so long.
    #[error("delay_ms {0} is too long: expected at most 600000")]
    Delay(u64),
    /// To leave a connection open is no fault.
    #[error("close can only be true")]
    Close,
    /// The endpoint's calls do not name a group.
    #[error("calls of {0:?} name no group: leave group out, or choose credentials or verification")]
    Group(Endpoint),
}

/// Which calls a fault happens to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Calls of this endpoint,
    pub endpoint: Endpoint,
    /// about this group, or any where there is none,
    #[serde(default)]
    pub group: Option<GroupId>,
    /// so often, or for ever.
    #[serde(default)]
    pub times: Option<NonZeroU32>,
    /// What happens.
    pub fault: Fault,
}

impl FaultRule {
    /// Every call of `endpoint`, for ever.
    pub fn new(endpoint: Endpoint, fault: Fault) -> Self {
        Self { endpoint, group: None, times: None, fault }
    }

    /// Only the next `times` calls; 0 is for ever.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = NonZeroU32::new(times);
        self
    }

    /// Only calls about this group.
    #[must_use]
    pub fn group(mut self, group: GroupId) -> Self {
        self.group = Some(group);
        self
    }

    /// Refuses a rule that no call could ever meet.
    pub fn check(&self) -> Result<(), InvalidRule> {
        let nameless = matches!(self.endpoint, Endpoint::Capabilities | Endpoint::Worklist);
        if nameless && self.group.is_some() { Err(InvalidRule::Group(self.endpoint)) } else { Ok(()) }
    }

    fn meets(&self, endpoint: Endpoint, group: Option<GroupId>) -> bool {
        self.endpoint == endpoint && (self.group.is_none() || self.group == group)
    }
}

/// The rules in force, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FaultRule>);

impl Faults {
    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of one call: that of the first rule it meets, which is used up once by it.
    pub(crate) fn next(&mut self, endpoint: Endpoint, group: Option<GroupId>) -> Option<Fault> {
        let index = self.0.iter().position(|rule| rule.meets(endpoint, group))?;
        let rule = &mut self.0[index];
        let fault = rule.fault.clone();
        match rule.times.map(NonZeroU32::get) {
            None => {}
            Some(1) => drop(self.0.remove(index)),
            Some(left) => rule.times = NonZeroU32::new(left - 1),
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests;
