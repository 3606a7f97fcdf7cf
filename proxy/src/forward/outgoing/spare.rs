//! Buffers that requests are written into, used again: allocating three kilobytes costs more than filling them.
//!
//! Input: buffers whose request was sent. Output: empty ones. Must not: keep many, or large ones, or show what they hold:
//! that is a token.

use std::{
    fmt,
    ops::Deref,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// As long as a request with a long token.
const CAPACITY: usize = 4 * 1024;
/// Requests that are being sent at the same time; more of them allocate.
const MOST: usize = 32;

/// Buffers nobody writes into.
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    /// An empty one.
    pub(super) fn take(&self) -> Vec<u8> {
        let spare = self.spare().pop();
        spare.unwrap_or_else(|| Vec::with_capacity(CAPACITY))
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut spare = self.spare();
        if spare.len() < MOST && buffer.capacity() <= 4 * CAPACITY {
            spare.push(buffer);
        }
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request as it goes out.
pub struct Written<'a> {
    pub(super) head: Vec<u8>,
    pub(super) spare: &'a Spare,
}

impl Deref for Written<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.head
    }
}

impl fmt::Debug for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Written").field("bytes", &self.head.len()).finish_non_exhaustive()
    }
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        self.spare.give_back(std::mem::take(&mut self.head));
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, MOST, Spare, Written};

    fn written<'a>(spare: &'a Spare, text: &[u8]) -> Written<'a> {
        let mut head = spare.take();
        assert!(head.is_empty(), "nothing of an earlier request");
        head.extend_from_slice(text);
        Written { head, spare }
    }

    #[test]
    fn a_buffer_is_used_again_and_empty() {
        let spare = Spare::default();
        let first = written(&spare, b"canary").as_ptr();
        assert_eq!(written(&spare, b"x").as_ptr(), first);
        assert_eq!(spare.spare().len(), 1);
    }

    #[test]
    fn neither_many_nor_large_ones_are_kept() {
        let spare = Spare::default();
        drop((0..=2 * MOST).map(|_| written(&spare, b"x")).collect::<Vec<_>>());
        assert_eq!(spare.spare().len(), MOST);
        spare.spare().clear();
        drop(written(&spare, &vec![0; 5 * CAPACITY]));
        assert!(spare.spare().is_empty());
    }

    #[test]
    fn what_is_written_is_not_shown() {
        let spare = Spare::default();
        assert!(!format!("{:?}", written(&spare, b"canary")).contains("canary"));
    }
}
