//! A guest of the replica: a short-lived pod that connects through the Service with what a Secret says, as any
//! application would.
//!
//! Input: a namespace, whose access, SQL. Output: what `psql` printed. Must not: know a password; the pod gets it from
//! the Secret.

mod pod;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, LogParams, PostParams};
use kube::{Api, Client};
use uuid::Uuid;

pub(crate) use pod::guest;

use crate::timeouts::ANSWERED;
use crate::wait::{Look, until};

/// Whose access is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The read-only analytics user's.
    Analytics,
    /// The superuser's.
    Superuser,
}

impl Access {
    /// The Secret that holds it.
    pub fn secret(self) -> &'static str {
        match self {
            Self::Analytics => contract::names::objects::ANALYTICS_SECRET,
            Self::Superuser => contract::names::objects::SUPERUSER_SECRET,
        }
    }
}

/// How a query ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queried {
    /// The rows, one a line.
    Rows(String),
    /// What the server or the connection had against it.
    Refused(String),
}

impl Queried {
    /// The rows; an error where there are none.
    pub fn rows(self) -> Result<String> {
        match self {
            Self::Rows(rows) => Ok(rows),
            Self::Refused(why) => Err(anyhow::anyhow!("the query was refused: {why}")),
        }
    }

    /// Why it was refused; an error where it was not.
    pub fn refusal(self) -> Result<String> {
        match self {
            Self::Refused(why) => Ok(why),
            Self::Rows(rows) => Err(anyhow::anyhow!("the query was answered: {rows}")),
        }
    }
}

/// Runs `sql` in a pod of its own in `namespace`, and removes that.
pub async fn query(
    client: &Client,
    namespace: &str,
    image: &str,
    access: Access,
    sql: &str,
) -> Result<Queried> {
    let name = format!("guest-{}", &Uuid::new_v4().simple().to_string()[..10]);
    let api = Api::<Pod>::namespaced(client.clone(), namespace);
    api.create(&PostParams::default(), &guest(&name, image, access, sql))
        .await
        .context("failed to send a guest")?;
    let phase = until(ANSWERED, || async {
        let status = api.get(&name).await?.status.unwrap_or_default();
        let ended = status.phase.clone().filter(|phase| phase == "Succeeded" || phase == "Failed");
        Ok(Look::some(ended, format!("{status:?}")))
    })
    .await;
    let log = api.logs(&name, &LogParams::default()).await;
    api.delete(&name, &DeleteParams::default().grace_period(0)).await.context("failed to see a guest off")?;
    let text = log.context("failed to read what a guest printed")?.trim().to_owned();
    Ok(if phase? == "Succeeded" { Queried::Rows(text) } else { Queried::Refused(text) })
}
