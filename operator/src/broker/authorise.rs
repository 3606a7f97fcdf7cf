//! Who may have which credentials: pure decisions over what the API server said.
//!
//! The identity of a caller is its token's pod, and that pod's namespace names the replica. The request can only
//! agree with it; so there is no way to ask for another replica's credentials.

use contract::{
    broker::{BrokerRequest, TOKEN_AUDIENCE},
    ids::{BackupType, GroupId},
    names::{LabelValue, NamespaceName, annotations, labels, objects::SERVICE_ACCOUNT},
};
use k8s_openapi::{
    api::{
        authentication::v1::{TokenReviewStatus, UserInfo},
        core::v1::{Namespace, Pod},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use std::{fmt, net::IpAddr};

/// What the API server binds a projected token to.
const POD_NAME: &str = "authentication.kubernetes.io/pod-name";
const POD_UID: &str = "authentication.kubernetes.io/pod-uid";
const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// Whom a valid token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The namespace of its service account and pod.
    pub namespace: NamespaceName,
    /// Its service account.
    pub service_account: String,
    /// The pod the token is bound to.
    pub pod_name: String,
    /// That pod's uid, as a later pod of the same name is another one.
    pub pod_uid: String,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.pod_name)
    }
}

/// What a caller may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The group of its replica.
    pub group: GroupId,
    /// The kind of backup of its replica.
    pub backup_type: BackupType,
}

/// Why a caller gets nothing. For our log only: the caller sees a constant text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no token, or it cannot be one for us.
    #[error("the request has no token for audience {TOKEN_AUDIENCE}")]
    NoToken,
    /// The API server does not know the token, or no longer.
    #[error("the API server does not accept the token")]
    NotAuthenticated,
    /// It is valid elsewhere.
    #[error("the token is for another audience")]
    OtherAudience,
    /// It is no token of a service account that is bound to a pod.
    #[error("the token is not bound to a pod of a service account")]
    NotBoundToPod,
    /// Only restore pods run under the right one.
    #[error("the token is of another service account than {SERVICE_ACCOUNT}")]
    OtherServiceAccount,
    /// The pod is no more, or another one has its name.
    #[error("the token's pod no longer exists")]
    PodGone,
    /// The pod is on its way out or has ended.
    #[error("the token's pod is ending")]
    PodEnding,
    /// Somebody else holds the pod's token, or the network hides where requests come from.
    #[error("the request comes from another address than the token's pod")]
    OtherAddress,
    /// It is a pod of ours, but not one that restores.
    #[error("the token's pod is not a restore pod")]
    NotRestorePod,
    /// The namespace is not managed by pgro, or not readable as a replica.
    #[error("the token's namespace is not a replica's")]
    NotReplica,
    /// The replica is another installation's, which has its own broker.
    #[error("the token's namespace is a replica of another installation")]
    OtherOwner,
    /// The replica is being torn down.
    #[error("the token's namespace is terminating")]
    NamespaceEnding,
    /// The request names a group or type that is not the replica's.
    #[error("the request is for another group or type than the replica's")]
    OtherReplica,
    /// The request names a namespace or Job that is not the pod's.
    #[error("the request is for another namespace or Job than the pod's")]
    OtherJob,
}

impl Denied {
    /// Whether the token itself is at fault (401), not what its owner asks for (403).
    pub fn is_about_token(self) -> bool {
        matches!(self, Self::NoToken | Self::NotAuthenticated | Self::OtherAudience | Self::NotBoundToPod)
    }
}

impl TryFrom<&TokenReviewStatus> for Caller {
    type Error = Denied;

    fn try_from(review: &TokenReviewStatus) -> Result<Self, Denied> {
        let TokenReviewStatus { authenticated: Some(true), error: None, user: Some(user), .. } = review
        else {
            return Err(Denied::NotAuthenticated);
        };
        let audiences = review.audiences.iter().flatten();
        if !audiences.into_iter().any(|audience| audience == TOKEN_AUDIENCE) {
            return Err(Denied::OtherAudience);
        }
        bound_to_pod(user).ok_or(Denied::NotBoundToPod)
    }
}

fn bound_to_pod(user: &UserInfo) -> Option<Caller> {
    let name = user.username.as_deref()?.strip_prefix(SERVICE_ACCOUNT_PREFIX)?;
    let (namespace, service_account) = name.split_once(':')?;
    let extra = |key| match user.extra.as_ref()?.get(key)?.as_slice() {
        [only] if !only.is_empty() => Some(only.clone()),
        _ => None,
    };
    Some(Caller {
        namespace: namespace.parse().ok()?,
        service_account: service_account.to_owned(),
        pod_name: extra(POD_NAME)?,
        pod_uid: extra(POD_UID)?,
    })
}

/// Whether `caller` may have credentials of the installation in `home`, and which: its `pod` and `namespace` decide,
/// `request` can only agree.
pub fn authorise(
    caller: &Caller,
    pod: Option<&Pod>,
    namespace: Option<&Namespace>,
    home: &NamespaceName,
    request: &BrokerRequest,
) -> Result<Grant, Denied> {
    live_restore_pod(caller, pod)?;
    let grant = grant_of(namespace, home)?;
    let BrokerRequest { group, backup_type } = request;
    if *group == grant.group && *backup_type == grant.backup_type {
        Ok(grant)
    } else {
        Err(Denied::OtherReplica)
    }
}

/// Whether `caller` may leave figures for `job` in `namespace`, of the installation in `home`.
pub fn authorise_stats(
    caller: &Caller,
    pod: Option<&Pod>,
    namespace: Option<&Namespace>,
    home: &NamespaceName,
    job: (&str, &str),
) -> Result<(), Denied> {
    let pod = live_restore_pod(caller, pod)?;
    grant_of(namespace, home)?;
    let own = (caller.namespace.as_str(), job_of(&pod.metadata).ok_or(Denied::NotRestorePod)?);
    if own == job { Ok(()) } else { Err(Denied::OtherJob) }
}

/// Whether `address` is one of `pod`'s.
pub(super) fn comes_from(pod: &Pod, address: IpAddr) -> bool {
    let status = pod.status.as_ref();
    let all = status.and_then(|status| status.pod_ips.as_ref()).into_iter().flatten();
    let texts = all.map(|ip| ip.ip.as_str()).chain(status.and_then(|status| status.pod_ip.as_deref()));
    texts.filter_map(|text| text.parse::<IpAddr>().ok()).any(|ip| ip.to_canonical() == address.to_canonical())
}

fn live_restore_pod<'a>(caller: &Caller, pod: Option<&'a Pod>) -> Result<&'a Pod, Denied> {
    if caller.service_account != SERVICE_ACCOUNT {
        return Err(Denied::OtherServiceAccount);
    }
    let pod = pod.filter(|pod| pod.metadata.uid.as_ref() == Some(&caller.pod_uid)).ok_or(Denied::PodGone)?;
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if pod.metadata.deletion_timestamp.is_some() || matches!(phase, Some("Succeeded" | "Failed")) {
        return Err(Denied::PodEnding);
    }
    let account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref());
    let marked = label(&pod.metadata, labels::PROXY_SIDECAR) == Some("true");
    if marked && account == Some(SERVICE_ACCOUNT) && job_of(&pod.metadata).is_some() {
        Ok(pod)
    } else {
        Err(Denied::NotRestorePod)
    }
}

/// The Job that made a pod.
fn job_of(pod: &ObjectMeta) -> Option<&str> {
    let mut owners = pod.owner_references.iter().flatten();
    let job =
        owners.find(|o| o.controller == Some(true) && o.kind == "Job" && o.api_version == "batch/v1")?;
    Some(job.name.as_str())
}

fn grant_of(namespace: Option<&Namespace>, home: &NamespaceName) -> Result<Grant, Denied> {
    let namespace = namespace.ok_or(Denied::NotReplica)?;
    let phase = namespace.status.as_ref().and_then(|status| status.phase.as_deref());
    if namespace.metadata.deletion_timestamp.is_some() || phase == Some("Terminating") {
        return Err(Denied::NamespaceEnding);
    }
    let grant = replica_of(&namespace.metadata).ok_or(Denied::NotReplica)?;
    let is_own = label(&namespace.metadata, labels::OWNER) == Some(home.as_str());
    if is_own { Ok(grant) } else { Err(Denied::OtherOwner) }
}

/// Group and type of the replica a namespace stands for.
fn replica_of(namespace: &ObjectMeta) -> Option<Grant> {
    if label(namespace, labels::MANAGED_BY) != Some(labels::MANAGED_BY_VALUE) {
        return None;
    }
    let long_type = namespace.annotations.as_ref().and_then(|all| all.get(annotations::TYPE));
    let backup_type = LabelValue::read(label(namespace, labels::TYPE)?, long_type.map(String::as_str))?;
    Some(Grant {
        group: label(namespace, labels::GROUP)?.parse().ok()?,
        backup_type: backup_type.parse().ok()?,
    })
}

fn label<'a>(metadata: &'a ObjectMeta, key: &str) -> Option<&'a str> {
    metadata.labels.as_ref()?.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests;
