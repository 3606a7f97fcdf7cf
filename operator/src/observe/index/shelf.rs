//! The few objects of one kind in one namespace.

/// A small map that remembers in which list each of its values was last seen. Namespaces hold one or two objects of a
/// kind: a vector without spare room is the least memory.
#[derive(Debug)]
pub(in crate::observe) struct Shelf<K, V>(Vec<Slot<K, V>>);

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    list: u32,
    value: V,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, V: PartialEq> Shelf<K, V> {
    /// Puts a value seen in `list`; whether anything changed.
    pub(super) fn put(&mut self, key: K, value: V, list: u32) -> bool {
        if let Some(slot) = self.0.iter_mut().find(|slot| slot.key == key) {
            slot.list = list;
            let changed = slot.value != value;
            slot.value = value;
            return changed;
        }
        self.0.reserve_exact(1);
        self.0.push(Slot { key, list, value });
        true
    }

    /// Removes what is meant; whether it was there.
    pub(super) fn remove(&mut self, meant: impl Fn(&K) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|slot| !meant(&slot.key));
        self.0.len() < before
    }

    /// Removes what was not seen in `list` or since; whether there was any.
    pub(super) fn sweep(&mut self, list: u32) -> bool {
        let before = self.0.len();
        self.0.retain(|slot| slot.list >= list);
        self.0.len() < before
    }

    /// Whether the object that is meant is there.
    pub(super) fn holds(&self, meant: impl Fn(&K) -> bool) -> bool {
        self.0.iter().any(|slot| meant(&slot.key))
    }

    /// Whether nothing is there.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K, V> Shelf<K, V> {
    /// Keys and values.
    pub(in crate::observe) fn entries(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|slot| (&slot.key, &slot.value))
    }

    /// Values.
    pub(in crate::observe) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|slot| &slot.value)
    }
}
