//! Memory settings that fit the pod, whatever the source host had.
//!
//! Input: the container's memory. Output: PostgreSQL's memory settings. Must not: look at the node; its memory is not
//! the pod's.

/// Guests that may sort at the same time without the pod being killed for it.
const SORTING_GUESTS: u64 = 32;
const MIB: u64 = 1 << 20;
const KIB: u64 = 1 << 10;

/// Memory settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Memory {
    /// `shared_buffers`, a quarter: the usual share where the rest is page cache.
    pub(super) shared_buffers_mib: u64,
    /// `effective_cache_size`, a half: shared buffers and the page cache the pod can hope for.
    pub(super) effective_cache_mib: u64,
    /// `maintenance_work_mem`, a sixteenth: amcheck's and REINDEX's working memory.
    pub(super) maintenance_mib: u64,
    /// `work_mem`: a quarter, shared among guests.
    pub(super) work_kib: u64,
}

impl Memory {
    /// For a container of `bytes`.
    pub(super) fn fit(bytes: u64) -> Self {
        Self {
            shared_buffers_mib: (bytes / 4 / MIB).clamp(16, 8192),
            effective_cache_mib: (bytes / 2 / MIB).max(16),
            maintenance_mib: (bytes / 16 / MIB).clamp(16, 1024),
            work_kib: (bytes / 4 / SORTING_GUESTS / KIB).clamp(1024, 64 * 1024),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MIB, Memory, SORTING_GUESTS};
    use proptest::prelude::*;

    #[test]
    fn a_gibibyte_is_shared_out_as_documented() {
        let memory = Memory::fit(1 << 30);
        assert_eq!(memory.shared_buffers_mib, 256);
        assert_eq!(memory.effective_cache_mib, 512);
        assert_eq!(memory.maintenance_mib, 64);
        assert_eq!(memory.work_kib, 8192);
    }

    proptest! {
        #[test]
        fn what_is_promised_fits_the_container(bytes in 256 * MIB..1 << 42) {
            let memory = Memory::fit(bytes);
            let sorting = memory.work_kib * 1024 * SORTING_GUESTS;
            let promised = (memory.shared_buffers_mib + memory.maintenance_mib) * MIB + sorting;
            prop_assert!(promised <= bytes * 3 / 4);
        }

        #[test]
        fn more_memory_never_means_less(bytes in 0..1_u64 << 42, more in 0..1_u64 << 40) {
            let (less, more) = (Memory::fit(bytes), Memory::fit(bytes + more));
            prop_assert!(less.shared_buffers_mib <= more.shared_buffers_mib && less.work_kib <= more.work_kib);
        }
    }
}
