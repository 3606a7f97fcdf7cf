//! The verbs that change something.
//!
//! Input: a call with its body, and the store. Output: the object after it, or the refusal the real server gives. Must
//! not: change anything where it refuses.

mod apply;
mod create;
mod delete;
mod merge;
mod update;

pub(crate) use update::is_over;
mod validate;

use crate::{
    kinds::KindId,
    object::Object,
    refusal::Refusal,
    request::{Call, Params, PatchType},
    store::Store,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a write is answered with.
#[derive(Debug)]
pub(crate) enum Written {
    /// It was not there before.
    Created(Arc<Object>),
    /// It is so now.
    Object(Arc<Object>),
    /// It is gone.
    Gone(Value),
}

/// A write on its way.
pub(crate) struct Write<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) call: &'a Call,
    pub(crate) params: &'a Params,
    /// As stamps are written.
    pub(crate) now: String,
}

type Result<T = Written> = std::result::Result<T, Refusal>;

impl Write<'_> {
    pub(crate) fn create(&mut self, body: Value) -> Result {
        self.check_dry_run()?;
        create::create(self, body)
    }

    pub(crate) fn update(&mut self, body: Value) -> Result {
        self.check_dry_run()?;
        let existing = self.existing()?;
        let revision = body["metadata"].get("resourceVersion").and_then(Value::as_str).unwrap_or_default();
        if revision.is_empty() && !self.call.kind.unconditional_update {
            let why = "metadata.resourceVersion: Invalid value: 0: must be specified for an update";
            return Err(Refusal::invalid(self.call.kind, &self.call.name, why));
        }
        update::finish(self, &existing, body)
    }

    pub(crate) fn patch(&mut self, body: Value) -> Result {
        self.check_dry_run()?;
        match self.params.patch {
            Some(PatchType::Apply) => apply::apply(self, body),
            Some(PatchType::Merge) | None => {
                let existing = self.existing()?;
                let mut value = existing.to_value();
                merge::merge(&mut value, &body);
                update::finish(self, &existing, value)
            }
        }
    }

    pub(crate) fn delete(&mut self, options: &Value) -> Result {
        delete::delete(self, options)
    }

    fn check_dry_run(&self) -> Result<()> {
        if self.params.dry_run {
            Err(Refusal::bad_request("this server does not serve dryRun"))
        } else {
            Ok(())
        }
    }

    fn kind(&self) -> KindId {
        self.call.kind
    }

    fn existing(&self) -> Result<Arc<Object>> {
        let call = self.call;
        let found = self.store.get(call.kind, &call.namespace, &call.name);
        found.cloned().ok_or_else(|| Refusal::not_found(call.kind, &call.name))
    }

    fn manager(&self) -> &str {
        self.params.manager.as_deref().unwrap_or(&self.call.user)
    }
}

/// What a deletion that is complete is answered with.
fn gone(kind: KindId, object: &Object) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": { "name": object.name(), "group": kind.group, "kind": kind.resource, "uid": object.uid() },
    })
}
