//! A guest that never stops asking, and so notices every gap.
//!
//! Input: a namespace. Output: how often it was answered, and what it heard otherwise. Must not: ask so often that it
//! loads the machine; each query takes its time.

use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, LogParams, PostParams};
use kube::{Api, Client};

use super::{Access, pod::insistent_guest};
use crate::timeouts::CONNECTED;
use crate::wait::{Look, until};

const NAME: &str = "steady";
/// Each query goes over a connection of its own and is under way for this long, so that one is nearly always.
const QUERY: &str = "SELECT pg_sleep(0.3)";

/// See the module.
pub struct Steady {
    api: Api<Pod>,
}

impl Steady {
    /// Sends it, and waits until it has been answered.
    pub async fn send(client: &Client, namespace: &str, image: &str) -> Result<Self> {
        let api = Api::<Pod>::namespaced(client.clone(), namespace);
        let guest = insistent_guest(NAME, image, Access::Analytics, QUERY);
        api.create(&PostParams::default(), &guest).await.context("failed to send a steady guest")?;
        let steady = Self { api };
        steady.is_answered().await?;
        Ok(steady)
    }

    /// Waits until it has been answered some times more, and makes sure that it has heard nothing else.
    pub async fn is_answered(&self) -> Result<()> {
        let before = self.heard().await.map_or(0, |heard| heard.len());
        until(CONNECTED, || async {
            let heard = self.heard().await.unwrap_or_default();
            let bad: Vec<&String> = heard.iter().filter(|line| *line != "ok").collect();
            ensure!(bad.is_empty(), "after {} answers a guest heard {bad:?}", heard.len() - bad.len());
            Ok(Look::some((heard.len() >= before + 5).then_some(()), format!("{} answers", heard.len())))
        })
        .await
    }

    /// Sees it off.
    pub async fn leave(self) -> Result<()> {
        let gone = self.api.delete(NAME, &DeleteParams::default().grace_period(0)).await;
        gone.map(drop).context("failed to see a steady guest off")
    }

    /// Each line it has printed; an error as long as it has not begun.
    async fn heard(&self) -> Result<Vec<String>> {
        let log = self.api.logs(NAME, &LogParams::default()).await?;
        Ok(log.lines().map(str::to_owned).collect())
    }
}
