//! The cluster seen and changed from outside the API: what tests and actors do. Nothing here is audited or struck.

use super::ApiServer;
use crate::{kinds::KindId, object::Object};
use serde_json::Value;
use std::sync::Arc;

impl ApiServer {
    /// One object.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.shared.lock().store.get(kind(resource), namespace, name).cloned()
    }

    /// All objects of a kind, in order of namespace and name; of one namespace, unless that is empty.
    pub fn list(&self, resource: &str, namespace: &str) -> Vec<Arc<Object>> {
        self.shared.lock().store.list(kind(resource), namespace).cloned().collect()
    }

    /// Stores an object as it is; a UID and a time of creation it lacks are added.
    pub fn put(&self, resource: &str, value: Value) -> Arc<Object> {
        let object = self.store(kind(resource), value);
        self.shared.changed.notify_waiters();
        object
    }

    /// Stores many objects, as [`put`](Self::put) does, and tells watches once.
    pub fn load(&self, resource: &str, values: impl IntoIterator<Item = Value>) {
        let kind = kind(resource);
        for value in values {
            self.store(kind, value);
        }
        self.shared.changed.notify_waiters();
    }

    fn store(&self, kind: KindId, mut value: Value) -> Arc<Object> {
        let now = self.shared.now();
        let mut state = self.shared.lock();
        let metadata = &mut value["metadata"];
        if metadata.get("uid").is_none() {
            metadata["uid"] = state.store.new_uid().into();
        }
        if metadata.get("creationTimestamp").is_none() {
            metadata["creationTimestamp"] = now.into();
        }
        state.store.put(kind, value)
    }

    /// Changes an object, status and all; what `change` leaves as it is is not written. `None`: there is none.
    pub fn edit(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Option<Arc<Object>> {
        let mut state = self.shared.lock();
        let existing = state.store.get(kind(resource), namespace, name).cloned()?;
        let mut value = existing.to_value();
        change(&mut value);
        if value == **existing {
            return Some(existing);
        }
        let object = state.store.put(kind(resource), value);
        if crate::write::is_over(&object) {
            state.store.remove(kind(resource), namespace, name);
        }
        drop(state);
        self.shared.changed.notify_waiters();
        Some(object)
    }

    /// Removes an object at once, whatever holds it.
    pub fn remove(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let removed = self.shared.lock().store.remove(kind(resource), namespace, name);
        self.shared.changed.notify_waiters();
        removed
    }

    /// The latest revision.
    pub fn revision(&self) -> u64 {
        self.shared.lock().store.revision()
    }

    /// The latest revision of anything but Leases and Events, which change at rest, too.
    pub fn stirred(&self) -> u64 {
        self.shared.lock().store.stirred()
    }

    /// Forgets the past, as etcd's compaction does: tokens of lists in progress and old revisions expire.
    pub fn compact(&self) {
        self.shared.lock().store.compact();
    }

    /// Tells all watches in progress that they are too old.
    pub fn expire_watches(&self) {
        self.shared.lock().epoch += 1;
        self.shared.changed.notify_waiters();
    }

    /// Ends all watches in progress, without a word.
    pub fn break_watches(&self) {
        let mut state = self.shared.lock();
        state.epoch += 1;
        state.broken_epoch = state.epoch;
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// The next `count` changes of a kind are told to no watch.
    pub fn drop_events(&self, resource: &str, count: usize) {
        self.shared.lock().store.hide(kind(resource), count);
    }

    /// What a TokenReview of `token` says from now on.
    pub fn know_token(&self, token: &str, status: Value) {
        self.shared.lock().tokens.insert(token.to_owned(), status);
    }
}

/// A test that misspells a kind is to hear of it at once.
#[expect(clippy::panic, reason = "the mistake is the test's, and there is nothing sensible to go on with")]
fn kind(resource: &str) -> KindId {
    KindId::named(resource).unwrap_or_else(|| panic!("no kind is called {resource}"))
}
