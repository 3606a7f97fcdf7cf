//! A guest of the replica: a short-lived pod that connects through the Service with what a Secret says, as any
//! application would.
//!
//! Input: a namespace, whose access, SQL. Output: what `psql` printed. Must not: know a password; the pod gets it from
//! the Secret.

mod pod;
mod steady;

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::api::{DeleteParams, LogParams, PostParams};
use kube::{Api, Client, ResourceExt};
use uuid::Uuid;

pub(crate) use pod::guest;
pub use steady::Steady;

use crate::timeouts::{ANSWERED, CONNECTED};
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

/// What `psql` ends with when it could not connect.
const NOT_CONNECTED: i32 = 2;

/// Sends guests with `sql` until one gets a connection: a node learns of a Service a moment after it was made, and any
/// application would try again.
pub async fn query(
    client: &Client,
    namespace: &str,
    image: &str,
    access: Access,
    sql: &str,
) -> Result<Queried> {
    until(CONNECTED, || async {
        let (exit, text) = send(client, namespace, guest(&name(), image, access, sql)).await?;
        Ok(match exit {
            0 => Look::Done(Queried::Rows(text)),
            NOT_CONNECTED => Look::NotYet(text),
            _ => Look::Done(Queried::Refused(text)),
        })
    })
    .await
}

fn name() -> String {
    format!("guest-{}", &Uuid::new_v4().simple().to_string()[..10])
}

/// Runs one guest, and removes it; returns how `psql` ended and what it printed.
async fn send(client: &Client, namespace: &str, guest: Pod) -> Result<(i32, String)> {
    let api = Api::<Pod>::namespaced(client.clone(), namespace);
    let name = guest.name_any();
    api.create(&PostParams::default(), &guest).await.context("failed to send a guest")?;
    let exit = until(ANSWERED, || async {
        let status = api.get(&name).await?.status.unwrap_or_default();
        Ok(Look::some(exit_code(&status), format!("{status:?}")))
    })
    .await;
    let log = api.logs(&name, &LogParams::default()).await;
    api.delete(&name, &DeleteParams::default().grace_period(0)).await.context("failed to see a guest off")?;
    Ok((exit?, log.context("failed to read what a guest printed")?.trim().to_owned()))
}

fn exit_code(status: &PodStatus) -> Option<i32> {
    let ended = status.container_statuses.as_ref()?.first()?.state.as_ref()?.terminated.as_ref()?;
    Some(ended.exit_code)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus};

    use super::*;

    #[test]
    fn a_guest_that_has_not_ended_has_no_exit_code() {
        assert_eq!(exit_code(&PodStatus::default()), None);
        let terminated = ContainerStateTerminated { exit_code: 2, ..ContainerStateTerminated::default() };
        let state = ContainerState { terminated: Some(terminated), ..ContainerState::default() };
        let container = ContainerStatus { state: Some(state), ..ContainerStatus::default() };
        let status = PodStatus { container_statuses: Some(vec![container]), ..PodStatus::default() };
        assert_eq!(exit_code(&status), Some(NOT_CONNECTED));
    }

    #[test]
    fn rows_are_no_refusal_and_a_refusal_is_no_rows() {
        assert!(Queried::Rows("1".into()).refusal().is_err());
        assert!(Queried::Refused("no".into()).rows().is_err());
    }
}
