//! What keeps a run from getting on: what cannot be helped by trying the same again at once, and what may be.
//!
//! Input: the step that failed and its error. Output: the run it hinders and why, for the planner to end the attempt
//! with, at once or at its deadline. Must not: blame a replica for what is the operator's own trouble.

use super::{Applied, ApplyError, ClusterError};
use crate::{
    canopy::CanopyError,
    lead::Late,
    model::{Reason, Trouble},
    plan::Step,
};

/// "No declaration grants it": a fact about the declaration, not about the moment.
const NOT_GRANTED: u16 = 403;
/// "The group is not ready."
const NOT_READY: u16 = 409;

/// The error as what hinders a run, if it is that.
pub(super) fn of(step: &Step, error: &ApplyError) -> Option<Applied> {
    let run = match step {
        Step::StartSizing { .. } | Step::StartRestore { .. } | Step::StartPostgres(_) => step.run()?,
        // What is restored already is given up for nothing that may pass.
        Step::Serve { .. } if matches!(error, ApplyError::Password { .. }) => step.run()?,
        _ => return None,
    };
    let trouble = Trouble::new(reason(error)?, crate::reconcile::chain(error));
    Some(Applied::Hindered { namespace: step.namespace().clone(), run: run.clone(), trouble })
}

/// What is told where the same failed until its deadline.
pub(crate) fn passing(error: &ApplyError) -> Trouble {
    let forbidden = match error {
        ApplyError::Cluster(error) => error.status().is_some_and(|said| said.code == 403),
        _ => false,
    };
    let reason = if forbidden { Reason::Forbidden } else { Reason::DeadlineExceeded };
    Trouble::new(reason, crate::reconcile::chain(error))
}

fn reason(error: &ApplyError) -> Option<Reason> {
    match error {
        ApplyError::Canopy(error) => Some(of_canopy(error)),
        ApplyError::Late { source: Late::Unanswered, .. } => Some(Reason::CanopyUnavailable),
        ApplyError::Password { .. } => Some(Reason::AccessLost),
        // Somebody else's object under our name goes away by no trying.
        ApplyError::Cluster(ClusterError::Foreign { .. }) => Some(Reason::Rejected),
        ApplyError::Cluster(error) => error.status().and_then(|said| of_creation(said.code, &said.message)),
        _ => None,
    }
}

fn of_canopy(error: &CanopyError) -> Reason {
    match error.refusal() {
        Some(NOT_GRANTED) => Reason::NotGranted,
        Some(NOT_READY) => Reason::GroupNotReady,
        Some(_) if error.is_final() => Reason::CredentialsRefused,
        Some(_) | None => Reason::CanopyUnavailable,
    }
}

/// A quota or a policy speaks of the object; missing rights and a namespace on its way out are another matter.
fn of_creation(code: u16, message: &str) -> Option<Reason> {
    match code {
        403 if message.contains("exceeded quota") => Some(Reason::QuotaExceeded),
        403 if message.contains(" cannot ") || message.contains("being terminated") => None,
        400 | 403 | 422 => Some(Reason::Rejected),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{of, of_canopy, of_creation, passing, reason};
    use crate::{
        apply::{Applied, ApplyError, ClusterError},
        canopy::{CanopyError, Endpoint},
        lead::Late,
        model::{Reason, Trouble},
        plan::Step,
        resources::fixtures,
    };
    use contract::ids::{Intent, RunId};
    use uuid::Uuid;

    fn refused(status: u16) -> CanopyError {
        CanopyError::Refused { endpoint: Endpoint::Credentials, status, detail: String::new() }
    }

    #[test]
    fn a_refusal_of_credentials_is_told_from_a_canopy_in_trouble() {
        let reasons = [403, 409, 422, 401, 429].map(|status| of_canopy(&refused(status)));
        let (denied, outage) = (Reason::CredentialsRefused, Reason::CanopyUnavailable);
        assert_eq!(reasons, [Reason::NotGranted, Reason::GroupNotReady, denied, outage, outage]);
        let (endpoint, detail) = (Endpoint::Credentials, String::new());
        assert_eq!(of_canopy(&CanopyError::Upstream { endpoint, status: 502, detail }), outage);
    }

    #[test]
    fn fault_a18_a_foreign_object_under_our_name_ends_the_attempt() {
        let (object, whose) = ("Secret replica-1/postgres-superuser".to_owned(), "nobody's".to_owned());
        let foreign = ClusterError::Foreign { object, whose };
        assert_eq!(reason(&ApplyError::Cluster(foreign)), Some(Reason::Rejected));
    }

    #[test]
    fn fault_b2_a_canopy_that_gives_no_credentials_in_time_is_in_trouble_and_a_term_that_is_over_is_not() {
        let order = fixtures::restore_order(Intent::Verify);
        let step = Step::StartRestore { order, run_id: RunId(Uuid::nil()) };
        let late = |source| of(&step, &ApplyError::Late { attempt: "ask Canopy for credentials", source });
        let hindered = late(Late::Unanswered);
        let Some(Applied::Hindered { trouble: Trouble { reason, .. }, .. }) = hindered else {
            panic!("{hindered:?}");
        };
        assert_eq!(reason, Reason::CanopyUnavailable);
        assert_eq!(late(Late::Over), None);
    }

    #[test]
    fn fault_a13_a_quota_or_a_policy_that_refuses_an_object_ends_the_attempt() {
        let quota = "persistentvolumeclaims \"pgdata-1\" is forbidden: exceeded quota: q, requested: 20Gi";
        assert_eq!(of_creation(403, quota), Some(Reason::QuotaExceeded));
        assert_eq!(of_creation(422, "spec.storageClassName: Invalid value"), Some(Reason::Rejected));
        assert_eq!(of_creation(403, "admission webhook \"p\" denied the request"), Some(Reason::Rejected));
    }

    #[test]
    fn fault_a12_missing_rights_are_no_replicas_fault() {
        let rights =
            "jobs.batch is forbidden: User \"system:serviceaccount:a:b\" cannot create resource \"jobs\"";
        assert_eq!(of_creation(403, rights), None);
        assert_eq!(of_creation(403, "unable to create: namespace x is being terminated"), None);
        assert_eq!(of_creation(503, "try again"), None);
        let said = |code| kube::core::Status { code, ..kube::core::Status::failure(rights, "Forbidden") };
        let refused = |code| ClusterError::Call {
            verb: "create",
            object: "Job a/b".to_owned(),
            source: Box::new(kube::Error::Api(Box::new(said(code)))),
        };
        let told = |code| passing(&ApplyError::Cluster(refused(code)));
        assert_eq!(told(403).reason, Reason::Forbidden);
        assert!(told(403).message.contains("cannot create"), "{}", told(403));
        assert_eq!(told(503).reason, Reason::DeadlineExceeded);
    }
}
