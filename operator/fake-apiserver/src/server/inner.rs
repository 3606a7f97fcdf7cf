//! What the cluster's own controllers do through the server's rules, without being audited or struck.

use super::ApiServer;
use crate::{
    Object,
    kinds::KindId,
    request::{Call, Params, Verb},
    write::Write,
};
use jiff::Timestamp;
use serde_json::{Value, json};

impl ApiServer {
    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        (self.shared.clock)()
    }

    /// The time as stamps are written.
    pub(crate) fn stamp(&self) -> String {
        self.shared.now()
    }

    /// Creates an object; false: it was refused.
    pub(crate) fn create_as(&self, user: &str, resource: &str, namespace: &str, value: Value) -> bool {
        let Some(kind) = KindId::named(resource) else { return false };
        let call = call(user, Verb::Create, kind, namespace, "");
        self.write(&call, |mut write| write.create(value).is_ok())
    }

    /// Deletes an object with this propagation policy; false: it was refused.
    pub(crate) fn delete_as(&self, user: &str, object: &Object, policy: &str) -> bool {
        let call = call(user, Verb::Delete, object.kind(), object.namespace(), object.name());
        let options = json!({ "propagationPolicy": policy, "preconditions": { "uid": object.uid() } });
        self.write(&call, |mut write| write.delete(&options).is_ok())
    }

    fn write(&self, call: &Call, act: impl FnOnce(Write<'_>) -> bool) -> bool {
        let (now, params) = (self.stamp(), Params::default());
        let mut state = self.shared.lock();
        let done = act(Write { store: &mut state.store, call, params: &params, now });
        drop(state);
        self.shared.changed.notify_waiters();
        done
    }
}

fn call(user: &str, verb: Verb, kind: KindId, namespace: &str, name: &str) -> Call {
    Call {
        user: user.to_owned(),
        verb,
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        subresource: "",
    }
}
