//! Why a Job makes no pod. Its status does not say: where a quota or a policy refuses the pod, the Job controller tells
//! of it in an Event and tries again.
//!
//! Input: the picture, and Events where a Job has waited for long. Output: the cluster's own words, for the picture.
//! Must not: ask about Jobs that get on, or about the same one at every pass.

use super::trouble;
use crate::{
    model::{Attempt, JobPhase, JobSeen, Observed, Reason, Replica, Run, SizingPhase, SizingSeen, Trouble},
    reconcile::chain,
};
use contract::names::{NamespaceName, RunName};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::events::v1::Event;
use kube::{Api, Client, api::ListParams};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Every Job is without a pod for a moment; one that is for longer is asked about.
const ORDINARY: SignedDuration = SignedDuration::from_secs(20);
/// Not again before this time.
const PAUSE: Duration = Duration::from_secs(30);
/// Longest wait for an answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// Events of one Job that are looked through.
const MOST: u32 = 50;
/// Longest text that is kept, characters.
const WORDS_MAX: usize = 500;

/// A Job of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunJob {
    /// The one that asks how large the snapshot is.
    Sizing(RunName),
    /// The one that restores.
    Restore(RunName),
}

impl RunJob {
    /// Its run.
    pub fn run(&self) -> &RunName {
        match self {
            Self::Sizing(run) | Self::Restore(run) => run,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Sizing(run) => run.sizing_job(),
            Self::Restore(run) => run.job(),
        }
    }
}

/// A Job nobody knows why it makes no pod.
type Riddle = (NamespaceName, RunJob);

/// Asks, now and then.
pub struct Inquiry {
    client: Client,
    asked: BTreeMap<Riddle, Instant>,
}

impl Inquiry {
    /// Through `client`.
    pub fn new(client: Client) -> Self {
        Self { client, asked: BTreeMap::new() }
    }

    /// What is learnt about those in `riddles` that were not asked about lately.
    pub async fn ask(&mut self, riddles: Vec<Riddle>) -> Vec<(Riddle, Trouble)> {
        self.asked.retain(|riddle, at| riddles.contains(riddle) && at.elapsed() < PAUSE);
        let due: Vec<Riddle> =
            riddles.into_iter().filter(|riddle| !self.asked.contains_key(riddle)).collect();
        self.asked.extend(due.iter().map(|riddle| (riddle.clone(), Instant::now())));
        let client = &self.client;
        let answers = due.into_iter().map(async |riddle| {
            let (namespace, job) = &riddle;
            let told = tokio::time::timeout(DEADLINE, refusal(client, namespace, job)).await;
            match told {
                Ok(Ok(trouble)) => trouble.map(|trouble| (riddle, trouble)),
                Ok(Err(error)) => unanswered(namespace, &chain(&error)),
                Err(_) => unanswered(namespace, "no answer in time"),
            }
        });
        futures::future::join_all(answers).await.into_iter().flatten().collect()
    }
}

fn unanswered<T>(namespace: &NamespaceName, error: &str) -> Option<T> {
    tracing::warn!(replica.namespace = %namespace, error, "failed to ask why a Job makes no pod");
    None
}

/// The Jobs of attempts in progress that have had no pod for long.
pub fn riddles(observed: &Observed, now: Timestamp) -> Vec<Riddle> {
    observed
        .replicas()
        .filter_map(|replica| Some((replica.namespace.clone(), riddle(replica, now)?)))
        .collect()
}

fn riddle(replica: &Replica, now: Timestamp) -> Option<RunJob> {
    let name = replica.record.attempt.as_ref().filter(|attempt| attempt.is_open()).map(Attempt::run)?;
    let (waiting_for, since, job) = match replica.runs.get(&name)?.as_ref() {
        Run { job: Some(JobSeen { phase: JobPhase::Starting { waiting_for }, created_at, .. }), .. } => {
            (waiting_for, created_at, RunJob::Restore(name))
        }
        Run {
            job: None,
            sizing: Some(SizingSeen { phase: SizingPhase::Starting { waiting_for }, created_at }),
            ..
        } => (waiting_for, created_at, RunJob::Sizing(name)),
        _ => return None,
    };
    let long = now.duration_since(*since) > ORDINARY;
    (waiting_for.as_ref()?.reason == Reason::NoPod && long).then_some(job)
}

/// The latest refusal of a pod of the Job.
async fn refusal(client: &Client, namespace: &NamespaceName, job: &RunJob) -> kube::Result<Option<Trouble>> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace.as_str());
    let about = format!("reason=FailedCreate,regarding.kind=Job,regarding.name={}", job.name());
    let found = events.list(&ListParams::default().fields(&about).limit(MOST)).await?;
    let latest = found.items.into_iter().max_by_key(told_at);
    Ok(latest.and_then(|event| event.note).map(|note| {
        let words: String = note.chars().take(WORDS_MAX).collect();
        Trouble::new(trouble::of_creation(&words), words)
    }))
}

/// When it was told last: the controllers of a cluster write the older fields, others the newer ones.
fn told_at(event: &Event) -> Option<Timestamp> {
    let series = event.series.as_ref().map(|series| series.last_observed_time.0);
    let older = event.deprecated_last_timestamp.as_ref().map(|time| time.0);
    let once = event.event_time.as_ref().map(|time| time.0);
    series.or(older).or(once)
}

#[cfg(test)]
mod tests {
    use super::{Inquiry, Reason, RunJob, told_at};
    use contract::names::RunName;
    use fake_apiserver::{ApiServer, Verb};
    use jiff::Timestamp;
    use k8s_openapi::api::events::v1::Event;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn event(name: &str, job: &str, note: &str, at: &str) -> Value {
        json!({ "metadata": { "name": name, "namespace": "clinic-a-12345678" }, "reason": "FailedCreate",
            "type": "Warning", "regarding": { "kind": "Job", "name": job }, "note": note,
            "deprecatedLastTimestamp": at, "eventTime": null })
    }

    #[tokio::test(start_paused = true)]
    async fn fault_a13_the_latest_event_of_that_job_is_believed_and_asked_for_now_and_then() {
        let server = ApiServer::new(|| Timestamp::UNIX_EPOCH);
        server.put("namespaces", json!({ "metadata": { "name": "clinic-a-12345678" } }));
        let (run, other) = (RunName::of("s", 1), RunName::of("s", 2));
        let quota = "Error creating: pods \"x\" is forbidden: exceeded quota: q";
        for (name, job, note, at) in [
            ("e1", run.job(), "Error creating: a policy", "2026-01-01T00:00:01Z"),
            ("e2", run.job(), quota, "2026-01-01T00:00:03Z"),
            ("e3", other.job(), "Error creating: another", "2026-01-01T00:00:05Z"),
            ("e4", run.sizing_job(), "Error creating: of the sizing", "2026-01-01T00:00:07Z"),
        ] {
            server.put("events", event(name, &job, note, at));
        }
        let mut inquiry = Inquiry::new(server.client("someone"));
        let riddles = || vec![("clinic-a-12345678".parse().unwrap(), RunJob::Restore(run.clone()))];
        let told = inquiry.ask(riddles()).await;
        assert_eq!(
            (told.len(), told[0].1.reason, told[0].1.message.as_str()),
            (1, Reason::QuotaExceeded, quota)
        );
        for (pause, calls) in [(0, 1), (29, 1), (2, 2)] {
            tokio::time::advance(Duration::from_secs(pause)).await;
            inquiry.ask(riddles()).await;
            assert_eq!(server.audit(|audit| audit.count(Verb::List, "events")), calls);
        }
        let sizing = vec![("clinic-a-12345678".parse().unwrap(), RunJob::Sizing(run.clone()))];
        assert_eq!(inquiry.ask(sizing).await[0].1.message, "Error creating: of the sizing");
        assert!(inquiry.ask(Vec::new()).await.is_empty() && inquiry.asked.is_empty());
    }

    #[test]
    fn an_event_is_as_old_as_when_it_was_told_last() {
        let told = |fields: Value| {
            let mut event = event("e", "j", "n", "2026-01-01T00:00:02Z");
            event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            told_at(&serde_json::from_value::<Event>(event).unwrap()).map(Timestamp::as_second)
        };
        let older = told(json!({}));
        let series = json!({ "count": 2, "lastObservedTime": "2026-01-01T00:00:09.000000Z" });
        assert_eq!(told(json!({ "series": series })), older.map(|second| second + 7));
        let once = json!({ "deprecatedLastTimestamp": null, "eventTime": "2026-01-01T00:00:04.000000Z" });
        assert_eq!(told(once), older.map(|second| second + 2));
    }
}
