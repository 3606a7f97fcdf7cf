//! Tells the loop that something of ours changed, so that it need not wait for its interval.
//!
//! Input: watches, metadata only, of everything with our label. Output: a nudge, no content: what changed is seen by
//! the next look. Must not: be needed for correctness; a lost event costs one interval.

use crate::observe::ours;
use contract::names::NamespaceName;
use futures::{Stream, StreamExt, stream};
use k8s_openapi::api::{
    apps::v1::Deployment,
    batch::v1::Job,
    core::v1::{Namespace, Pod},
};
use kube::{
    Api, Client, Resource,
    core::PartialObjectMeta,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, pin::Pin, sync::Arc};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

type Nudges = Pin<Box<dyn Stream<Item = ()> + Send>>;

/// Nudges `wake` after each change, until `shutdown`.
pub async fn on_change(client: Client, home: &NamespaceName, wake: Arc<Notify>, shutdown: CancellationToken) {
    let changes = [
        changes::<Namespace>(&client, home),
        changes::<Job>(&client, home),
        changes::<Deployment>(&client, home),
        changes::<Pod>(&client, home),
    ];
    let nudge = stream::select_all(changes).for_each(|()| {
        wake.notify_one();
        std::future::ready(())
    });
    shutdown.run_until_cancelled(nudge).await;
}

fn changes<K>(client: &Client, home: &NamespaceName) -> Nudges
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let config = watcher::Config::default().labels(&ours(home));
    let watch = watcher(Api::<PartialObjectMeta<K>>::all(client.clone()), config);
    Box::pin(watch.default_backoff().filter_map(|event| async move {
        match event {
            Ok(watcher::Event::Apply(_) | watcher::Event::Delete(_)) => Some(()),
            Ok(watcher::Event::Init | watcher::Event::InitApply(_) | watcher::Event::InitDone) => None,
            Err(error) => {
                tracing::debug!(kind = %K::kind(&()), %error, "a watch broke off and is begun again");
                None
            }
        }
    }))
}
