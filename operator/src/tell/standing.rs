//! What was told already and still holds, so that it is told once and not at every pass.

use super::{EventReason, News, Pass};
use crate::plan::Decision;
use contract::names::NamespaceName;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Condition {
    /// The guard holds all teardown.
    Held,
    /// A namespace of ours does not read.
    Unreadable(NamespaceName),
    /// A namespace does not go.
    Stuck(NamespaceName),
    /// Somebody else's object is in the way.
    Collision(NamespaceName),
}

impl Condition {
    fn news(&self, note: String) -> News {
        let (reason, about) = match self {
            Self::Held => (EventReason::TeardownHeld, None),
            Self::Unreadable(namespace) => (EventReason::Unreadable, Some(namespace.clone())),
            Self::Stuck(namespace) => (EventReason::TerminatingStuck, Some(namespace.clone())),
            Self::Collision(namespace) => (EventReason::ForeignCollision, Some(namespace.clone())),
        };
        News { reason, about, note }
    }

    /// Whether a pass in which it was not met shows that it is over: a collision is met only by trying.
    fn is_over(&self, pass: &Pass<'_>) -> bool {
        match self {
            Self::Held | Self::Unreadable(_) | Self::Stuck(_) => true,
            Self::Collision(namespace) => {
                !matches!(pass.plan.decisions.get(namespace), Some(Decision::Do(_)))
            }
        }
    }
}

/// The conditions people have been told of. A restart forgets them, and tells once more.
#[derive(Debug, Default)]
pub struct Standing(BTreeSet<Condition>);

impl Standing {
    /// What is new among `conditions`, and what is over that people wait for.
    pub(super) fn change(&mut self, conditions: BTreeMap<Condition, String>, pass: &Pass<'_>) -> Vec<News> {
        let released = self.0.contains(&Condition::Held) && !conditions.contains_key(&Condition::Held);
        self.0.retain(|condition| conditions.contains_key(condition) || !condition.is_over(pass));
        let fresh = conditions.into_iter().filter(|(condition, _)| self.0.insert(condition.clone()));
        let mut news: Vec<News> = fresh.map(|(condition, note)| condition.news(note)).collect();
        if released {
            let note = "what is absent from the worklist is no reason to hold teardown any more".to_owned();
            news.push(News { reason: EventReason::TeardownReleased, about: None, note });
        }
        news
    }
}
