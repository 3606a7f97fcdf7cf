//! Refusals, as the real server words them: a `Status` body with a reason clients branch on.

use crate::kinds::KindId;
use serde_json::{Value, json};

/// A call that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// HTTP status.
    pub(crate) code: u16,
    /// The word clients branch on.
    pub(crate) reason: &'static str,
    /// For people.
    pub(crate) message: String,
    /// Seconds after which to come again.
    pub(crate) retry_after: Option<u32>,
    /// What `details` says about the object.
    details: Value,
    /// Whether a correct client never causes it.
    pub(crate) unexpected: bool,
}

impl Refusal {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            retry_after: None,
            details: Value::Null,
            unexpected: false,
        }
    }

    fn about(mut self, kind: KindId, name: &str) -> Self {
        self.details = json!({ "name": name, "group": kind.group, "kind": kind.resource });
        self
    }

    /// The client made a mistake that a test must hear of.
    pub(crate) fn mistake(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { unexpected: true, ..Self::new(code, reason, message) }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::mistake(400, "BadRequest", message)
    }

    pub(crate) fn unknown_path(path: &str) -> Self {
        let message = format!("the server could not find the requested resource ({path})");
        Self::mistake(404, "NotFound", message)
    }

    pub(crate) fn not_found(kind: KindId, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", kind.qualified())).about(kind, name)
    }

    pub(crate) fn already_exists(kind: KindId, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.qualified());
        Self::new(409, "AlreadyExists", message).about(kind, name)
    }

    pub(crate) fn conflict(kind: KindId, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", kind.qualified());
        Self::new(409, "Conflict", message).about(kind, name)
    }

    pub(crate) fn modified(kind: KindId, name: &str) -> Self {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    pub(crate) fn invalid(kind: KindId, name: &str, why: &str) -> Self {
        let message = format!("{} {name:?} is invalid: {why}", kind.kind);
        Self::new(422, "Invalid", message).about(kind, name)
    }

    pub(crate) fn terminating(kind: KindId, name: &str, namespace: &str) -> Self {
        let message = format!(
            "{} {name:?} is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
            kind.qualified()
        );
        let mut refusal = Self::new(403, "Forbidden", message).about(kind, name);
        refusal.details["causes"] = json!([{
            "reason": "NamespaceTerminating",
            "message": format!("namespace {namespace} is being terminated"),
            "field": "metadata.namespace",
        }]);
        refusal
    }

    pub(crate) fn expired(message: &str) -> Self {
        Self::new(410, "Expired", message)
    }

    /// The word for a status a fault asks for.
    pub(crate) fn of_fault(code: u16, retry_after: Option<u32>, message: &str) -> Self {
        let reason = match code {
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "NotFound",
            409 => "Conflict",
            410 => "Expired",
            422 => "Invalid",
            429 => "TooManyRequests",
            500 => "InternalError",
            503 => "ServiceUnavailable",
            504 => "Timeout",
            _ => "Unknown",
        };
        Self { retry_after, ..Self::new(code, reason, message) }
    }

    /// The body.
    pub(crate) fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        if let Some(seconds) = self.retry_after {
            status["details"]["retryAfterSeconds"] = seconds.into();
        }
        status
    }
}
