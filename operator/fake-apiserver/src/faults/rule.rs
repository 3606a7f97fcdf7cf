//! One rule: which calls, how often, what.

use super::Harm;
use crate::request::{Call, Verb};

/// A rule of trouble. Without conditions it fits every call, always.
#[derive(Debug, Clone)]
pub struct Fault {
    harm: Harm,
    verbs: Option<Vec<Verb>>,
    resource: Option<&'static str>,
    namespace: Option<String>,
    name: Option<String>,
    user: Option<String>,
    writes: bool,
    skip: u64,
    every: u64,
    times: u64,
    seen: u64,
}

impl Fault {
    /// Does `harm`.
    pub fn new(harm: Harm) -> Self {
        Self {
            harm,
            verbs: None,
            resource: None,
            namespace: None,
            name: None,
            user: None,
            writes: false,
            skip: 0,
            every: 1,
            times: u64::MAX,
            seen: 0,
        }
    }

    /// Only to these verbs.
    #[must_use]
    pub fn verbs(self, verbs: &[Verb]) -> Self {
        Self { verbs: Some(verbs.to_vec()), ..self }
    }

    /// Only to this verb on this kind.
    #[must_use]
    pub fn on(self, verb: Verb, resource: &'static str) -> Self {
        self.verbs(&[verb]).resource(resource)
    }

    /// Only to this kind.
    #[must_use]
    pub fn resource(self, resource: &'static str) -> Self {
        Self { resource: Some(resource), ..self }
    }

    /// Only in this namespace, or to it.
    #[must_use]
    pub fn namespace(self, namespace: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), ..self }
    }

    /// Only to objects of this name.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// Only to this user.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..self }
    }

    /// Only to calls that can change something; those that are answered and forgotten are none.
    #[must_use]
    pub fn writes(self) -> Self {
        Self { writes: true, ..self }
    }

    /// The first so many calls that fit are spared.
    #[must_use]
    pub fn skip(self, skip: u64) -> Self {
        Self { skip, ..self }
    }

    /// Only every so-manyth of the calls that fit.
    #[must_use]
    pub fn every(self, every: u64) -> Self {
        Self { every: every.max(1), ..self }
    }

    /// At most so many times.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    pub(super) fn strike(&mut self, call: &Call) -> Option<Harm> {
        if self.times == 0 || !self.fits(call) {
            return None;
        }
        self.seen += 1;
        if self.seen <= self.skip || !(self.seen - self.skip).is_multiple_of(self.every) {
            return None;
        }
        self.times -= 1;
        Some(self.harm.clone())
    }

    fn fits(&self, call: &Call) -> bool {
        let namespace = if call.kind.resource == "namespaces" { &call.name } else { &call.namespace };
        self.verbs.as_ref().is_none_or(|verbs| verbs.contains(&call.verb))
            && self.resource.is_none_or(|resource| resource == call.kind.resource)
            && self.namespace.as_ref().is_none_or(|wanted| wanted == namespace)
            && self.name.as_ref().is_none_or(|wanted| *wanted == call.name)
            && self.user.as_ref().is_none_or(|wanted| *wanted == call.user)
            && (!self.writes || (call.verb.is_write() && call.kind.stored))
    }
}
