//! Kubernetes Events: `kubectl events -n <namespace>` shows those of a replica, and of the operator's namespace those
//! that are about all of them, or about a namespace that takes none.
//!
//! Input: news. Output: events. Must not: hold up the passes, or fail; an event is a courtesy.

use super::{EventReason, News, Place};
use contract::names::NamespaceName;
use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, Recorder, Reporter},
};
use std::time::Duration;

/// Longest note an Event may carry, bytes.
const NOTE_MAX: usize = 1024;
/// All events of a pass together are not waited for longer than this.
const DEADLINE: Duration = Duration::from_secs(5);
/// More of them in one pass are logged alone: a mass of events helps nobody.
const MOST: usize = 100;
/// Events on their way at a time.
const SIDE_BY_SIDE: usize = 8;

/// Publishes news as Events.
#[derive(Clone)]
pub struct Events {
    recorder: Recorder,
    home: NamespaceName,
}

impl Events {
    /// As the operator `instance`, its pod's name where known, of namespace `home`.
    pub fn new(client: Client, instance: Option<String>, home: NamespaceName) -> Self {
        let reporter = Reporter { controller: "pgro.bes.au/operator".to_owned(), instance };
        Self { recorder: Recorder::new(client, reporter), home }
    }

    /// Publishes `news`; what does not get through is logged and costs nothing else.
    pub async fn publish(&self, news: Vec<News>) {
        if news.len() > MOST {
            tracing::warn!(events.left_out = news.len() - MOST, "too many events for one pass");
        }
        let all = stream::iter(
            news.into_iter().take(MOST).map(|news| async move { self.publish_one(&news).await }),
        );
        let published = all.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>();
        if tokio::time::timeout(DEADLINE, published).await.is_err() {
            tracing::warn!("failed to publish all events in time");
        }
    }

    async fn publish_one(&self, news: &News) {
        let regarding = regarding(news.reason, news.about.as_ref(), &self.home);
        if let Err(error) = self.recorder.publish(&event(news), &regarding).await {
            let namespace = news.about.as_ref().map(tracing::field::display);
            tracing::warn!(replica.namespace = namespace, %error, "failed to publish an event");
        }
    }
}

/// The namespace it is about; an event is kept in the namespace its object is said to lie in, else in `default`.
fn regarding(reason: EventReason, about: Option<&NamespaceName>, home: &NamespaceName) -> ObjectReference {
    let about = about.unwrap_or(home);
    let kept = match reason.place() {
        Place::Replica => about,
        Place::Operator => home,
    };
    ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Namespace".to_owned()),
        name: Some(about.to_string()),
        namespace: Some(kept.to_string()),
        ..ObjectReference::default()
    }
}

fn event(news: &News) -> Event {
    Event {
        type_: news.reason.kind(),
        reason: news.reason.as_str().to_owned(),
        action: news.reason.action().to_owned(),
        note: Some(cut(&news.note).to_owned()),
        secondary: None,
    }
}

fn cut(note: &str) -> &str {
    &note[..note.floor_char_boundary(NOTE_MAX)]
}

#[cfg(test)]
mod tests {
    use super::{NOTE_MAX, event, regarding};
    use crate::tell::{EventReason, News};

    fn failed(note: &str) -> News {
        News { reason: EventReason::RestoreFailed, about: None, note: note.to_owned() }
    }

    #[test]
    fn a_failure_is_a_warning_with_its_reason() {
        let event = event(&failed("credentials_denied: 403"));
        assert_eq!(
            (event.reason.as_str(), event.note.as_deref()),
            ("RestoreFailed", Some("credentials_denied: 403"))
        );
        assert!(matches!(event.type_, kube::runtime::events::EventType::Warning));
    }

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let note = event(&failed(&"ü€".repeat(2000))).note.unwrap();
        assert!(note.len() <= NOTE_MAX && note.len() > NOTE_MAX - 4 && note.starts_with("ü€ü"));
    }

    #[test]
    fn events_are_about_the_namespace_and_kept_where_they_can_be() {
        let namespace = "clinic-a-12345678".parse().unwrap();
        for (reason, about, name, kept) in [
            (EventReason::Verified, Some(&namespace), "clinic-a-12345678", "clinic-a-12345678"),
            (EventReason::Unreadable, Some(&namespace), "clinic-a-12345678", "pgro-system"),
            (EventReason::TeardownHeld, None, "pgro-system", "pgro-system"),
        ] {
            let regarding = regarding(reason, about, &"pgro-system".parse().unwrap());
            assert_eq!((regarding.name.as_deref(), regarding.namespace.as_deref()), (Some(name), Some(kept)));
        }
    }
}
