//! Where the traffic figures and the progress of a restore go.

use contract::{
    broker::TrafficStats,
    names::{NamespaceName, annotations},
};
use futures::future::BoxFuture;
use k8s_openapi::api::{batch::v1::Job, core::v1::Namespace};
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
};
use serde_json::json;

/// Why figures were not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SinkError {
    /// There is nothing to keep them with.
    #[error("failed to keep traffic figures: Job {job} no longer exists")]
    NoJob {
        /// The Job, with its namespace.
        job: String,
    },
    /// The API server did not take them.
    #[error("failed to keep traffic figures with Job {job} ({why}); grant `patch` on jobs")]
    Patch {
        /// The Job, with its namespace.
        job: String,
        /// What the API server said.
        why: String,
    },
    /// The API server did not take the progress.
    #[error("failed to show how far the restore in namespace {namespace} is ({why})")]
    Show {
        /// Of the replica.
        namespace: NamespaceName,
        /// What the API server said.
        why: String,
    },
}

/// Keeps the figures of a Job until they are reported.
pub trait StatsSink: Send + Sync + 'static {
    /// Keeps `stats` with `job`.
    fn keep<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        job: &'a str,
        stats: TrafficStats,
    ) -> BoxFuture<'a, Result<(), SinkError>>;

    /// Shows `progress` on `namespace`, if that is still the one with this UID.
    fn show<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        uid: &'a str,
        progress: String,
    ) -> BoxFuture<'a, Result<(), SinkError>>;
}

/// Keeps them in annotations of Job and namespace. Needs `patch` on both.
#[derive(Clone)]
pub struct KubeStatsSink(Client);

impl KubeStatsSink {
    /// A sink over `client`.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    async fn patch(
        &self,
        namespace: &NamespaceName,
        name: &str,
        stats: TrafficStats,
    ) -> Result<(), SinkError> {
        let jobs: Api<Job> = Api::namespaced(self.0.clone(), namespace.as_str());
        let job = format!("{namespace}/{name}");
        let patch = Patch::Merge(annotated(stats));
        match jobs.patch_metadata(name, &PatchParams::default(), &patch).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(refusal)) if refusal.code == 404 => Err(SinkError::NoJob { job }),
            Err(error) => Err(SinkError::Patch { job, why: error.to_string() }),
        }
    }
}

impl StatsSink for KubeStatsSink {
    fn keep<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        job: &'a str,
        stats: TrafficStats,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(self.patch(namespace, job, stats))
    }

    fn show<'a>(
        &'a self,
        namespace: &'a NamespaceName,
        uid: &'a str,
        progress: String,
    ) -> BoxFuture<'a, Result<(), SinkError>> {
        let annotations = json!({ annotations::RESTORE_PROGRESS: progress });
        let patch = Patch::Merge(json!({ "metadata": { "uid": uid, "annotations": annotations } }));
        Box::pin(async move {
            let namespaces: Api<Namespace> = Api::all(self.0.clone());
            let shown = namespaces.patch_metadata(namespace.as_str(), &PatchParams::default(), &patch).await;
            shown
                .map(drop)
                .map_err(|error| SinkError::Show { namespace: namespace.clone(), why: error.to_string() })
        })
    }
}

/// The merge patch; the figures are JSON within the annotation's text.
fn annotated(stats: TrafficStats) -> serde_json::Value {
    let figures = json!(stats).to_string();
    json!({ "metadata": { "annotations": { annotations::TRAFFIC: figures } } })
}

#[cfg(test)]
mod tests {
    use super::annotated;
    use contract::{broker::TrafficStats, names::annotations};

    #[test]
    fn the_figures_read_back_from_the_annotation() {
        let stats = TrafficStats { s3_received_raw_bytes: 7, ..TrafficStats::default() };
        let patch = annotated(stats);
        let text = patch["metadata"]["annotations"][annotations::TRAFFIC].as_str().unwrap();
        assert_eq!(serde_json::from_str::<TrafficStats>(text).unwrap(), stats);
    }
}
