//! Kubernetes Events, in the replica's own namespace: `kubectl events -n <namespace>` shows them.

use crate::plan::Notice;
use contract::names::NamespaceName;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use std::time::Duration;

/// Longest note an Event may carry, bytes.
const NOTE_MAX: usize = 1024;

/// An event is a courtesy: it is not waited for longer than this.
const DEADLINE: Duration = Duration::from_secs(5);

/// Publishes notices as Events.
#[derive(Clone)]
pub struct Events {
    recorder: Recorder,
}

impl Events {
    /// As the operator `instance`, its pod's name where known.
    pub fn new(client: Client, instance: Option<String>) -> Self {
        let reporter = Reporter { controller: "pgro.bes.au/operator".to_owned(), instance };
        Self { recorder: Recorder::new(client, reporter) }
    }

    /// Publishes `notice`; a failure is logged and costs nothing else.
    pub(super) async fn publish(&self, namespace: &NamespaceName, notice: &Notice) {
        let (event, regarding) = (event(notice), regarding(namespace));
        match tokio::time::timeout(DEADLINE, self.recorder.publish(&event, &regarding)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(replica.namespace = %namespace, %error, "failed to publish an event");
            }
            Err(_) => tracing::warn!(replica.namespace = %namespace, "failed to publish an event in time"),
        }
    }
}

/// The namespace itself; named as lying in itself, so that the event is kept there and not in `default`.
fn regarding(namespace: &NamespaceName) -> ObjectReference {
    ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Namespace".to_owned()),
        name: Some(namespace.to_string()),
        namespace: Some(namespace.to_string()),
        ..ObjectReference::default()
    }
}

fn event(notice: &Notice) -> Event {
    let (type_, reason, action, note) = match notice {
        Notice::Verified { snapshot, .. } => (
            EventType::Normal,
            "Verified",
            "Serve",
            format!("snapshot {snapshot} is restored, sound, and served"),
        ),
        Notice::Failed { message, .. } => (EventType::Warning, "RestoreFailed", "Restore", message.clone()),
        Notice::TearingDown => {
            let note = "the worklist has not named this replica for long enough; it is torn down";
            (EventType::Normal, "TearingDown", "TearDown", note.to_owned())
        }
    };
    Event {
        type_,
        reason: reason.to_owned(),
        action: action.to_owned(),
        note: Some(cut(&note).to_owned()),
        secondary: None,
    }
}

fn cut(note: &str) -> &str {
    let mut end = note.len().min(NOTE_MAX);
    while !note.is_char_boundary(end) {
        end -= 1;
    }
    &note[..end]
}

#[cfg(test)]
mod tests {
    use super::{NOTE_MAX, event, regarding};
    use crate::{model::FailureClass, plan::Notice};
    use contract::ids::Intent;

    fn failed(message: &str) -> Notice {
        Notice::Failed {
            intent: Intent::Verify,
            class: FailureClass::CredentialsDenied,
            message: message.to_owned(),
        }
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
        let note = event(&failed(&"ü".repeat(2000))).note.unwrap();
        assert!(note.len() <= NOTE_MAX && note.chars().all(|c| c == 'ü'));
    }

    #[test]
    fn events_lie_in_the_namespace_they_are_about() {
        let about = regarding(&"clinic-a-12345678".parse().unwrap());
        assert_eq!(about.name, about.namespace);
    }
}
