//! What was told already and still holds, so that it is told once and not at every pass.

use super::{EventReason, News, Pass, stopwatch::Stopwatch};
use crate::plan::{Decision, Scope};
use contract::names::NamespaceName;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Condition {
    /// The guard holds all teardown.
    Held,
    /// A bucket or a group does not answer.
    Parked(Scope),
    /// A namespace of ours does not read.
    Unreadable(NamespaceName),
    /// A namespace does not go.
    Stuck(NamespaceName),
    /// Somebody else's object is in the way.
    Collision(NamespaceName),
    /// What serves is in trouble.
    Trouble(NamespaceName),
}

impl Condition {
    fn news(&self, note: String) -> News {
        let (reason, about) = match self {
            Self::Held => (EventReason::TeardownHeld, None),
            Self::Parked(_) => (EventReason::RestoresParked, None),
            Self::Unreadable(namespace) => (EventReason::Unreadable, Some(namespace.clone())),
            Self::Stuck(namespace) => (EventReason::TerminatingStuck, Some(namespace.clone())),
            Self::Collision(namespace) => (EventReason::ForeignCollision, Some(namespace.clone())),
            Self::Trouble(namespace) => (EventReason::ServingTrouble, Some(namespace.clone())),
        };
        News { reason, about, note }
    }

    /// The news that it is over, where people wait for that.
    fn end(&self) -> Option<News> {
        let (reason, note) = match self {
            Self::Held => {
                let note = "what is absent from the worklist is no reason to hold teardown any more";
                (EventReason::TeardownReleased, note.to_owned())
            }
            Self::Parked(scope) => (EventReason::RestoresResumed, format!("{scope} is asked again")),
            Self::Stuck(_) | Self::Unreadable(_) | Self::Collision(_) | Self::Trouble(_) => return None,
        };
        Some(News { reason, about: None, note })
    }

    /// Whether a pass in which it was not met shows that it is over: a collision is met only by trying.
    fn is_over(&self, pass: &Pass<'_>) -> bool {
        match self {
            Self::Held | Self::Parked(_) | Self::Unreadable(_) | Self::Stuck(_) | Self::Trouble(_) => true,
            Self::Collision(namespace) => {
                !matches!(pass.plan.decisions.get(namespace), Some(Decision::Do(_)))
            }
        }
    }
}

/// The conditions people have been told of. A restart forgets them, and tells once more.
#[derive(Debug, Default)]
pub struct Standing {
    told: BTreeSet<Condition>,
    pub(super) stopwatch: Stopwatch,
}

impl Standing {
    /// What is new among `conditions`, and what is over that people wait for.
    pub(super) fn change(&mut self, conditions: BTreeMap<Condition, String>, pass: &Pass<'_>) -> Vec<News> {
        let is_over = |condition: &Condition| !conditions.contains_key(condition) && condition.is_over(pass);
        let over: Vec<Condition> = self.told.extract_if(.., is_over).collect();
        let fresh = conditions.into_iter().filter(|(condition, _)| self.told.insert(condition.clone()));
        let mut news: Vec<News> = fresh.map(|(condition, note)| condition.news(note)).collect();
        news.extend(over.iter().filter_map(Condition::end));
        news
    }
}
