//! How much one session checks before the next one is opened.
//!
//! Input: the relations of one database with their sizes. Output: batches, the largest relations first, so that several
//! sessions end at about the same time. Must not: leave a relation out.

/// A session costs some milliseconds; so many relations make that nothing.
const ITEMS_MAX: usize = 64;
/// A batch of more bytes than this keeps one session busy while others have nothing left to do.
const BYTES_MAX: u64 = 64 << 20;
/// Memory for one session's share of `maintenance_work_mem` and its page cache.
const SESSION_BYTES: u64 = 256 << 20;
/// Beyond this, disks rather than sessions are the limit.
const SESSIONS_MAX: u64 = 4;

/// Sessions that check at the same time in a container of `memory_bytes`.
pub(super) fn sessions(memory_bytes: u64) -> usize {
    usize::try_from((memory_bytes / SESSION_BYTES).clamp(1, SESSIONS_MAX)).unwrap_or(1)
}

/// `items` in batches.
pub(super) fn cut<T>(mut items: Vec<T>, bytes_of: impl Fn(&T) -> u64) -> Vec<Vec<T>> {
    items.sort_by_key(|item| std::cmp::Reverse(bytes_of(item)));
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        let bytes = bytes_of(&item);
        if let Some(batch) = batches.last_mut().filter(|batch| batch.len() < ITEMS_MAX && bytes <= room) {
            batch.push(item);
            room -= bytes;
        } else {
            batches.push(vec![item]);
            room = BYTES_MAX.saturating_sub(bytes);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, ITEMS_MAX, cut, sessions};
    use proptest::prelude::*;

    #[test]
    fn a_relation_larger_than_a_batch_has_one_of_its_own() {
        assert_eq!(cut(vec![1, 2 * BYTES_MAX, 2], |&b| b), [vec![2 * BYTES_MAX], vec![2, 1]]);
    }

    #[test]
    fn sessions_follow_the_memory_of_the_container_and_are_bounded() {
        assert_eq!([64 << 20, 512 << 20, 1 << 40].map(sessions), [1, 2, 4]);
    }

    proptest! {
        #[test]
        fn every_relation_is_in_one_batch_and_no_batch_is_too_large(
            sizes in proptest::collection::vec(0..2 * BYTES_MAX, 0..300),
        ) {
            let batches = cut(sizes.clone(), |&b| b);
            for batch in &batches {
                prop_assert!(batch.len() <= ITEMS_MAX);
                prop_assert!(batch.len() == 1 || batch.iter().sum::<u64>() <= BYTES_MAX);
            }
            let (mut all, mut expected) = (batches.concat(), sizes);
            all.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(all, expected);
        }
    }
}
