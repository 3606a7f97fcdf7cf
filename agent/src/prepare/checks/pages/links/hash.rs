//! Links of an index of kind hash.
//!
//! Input: one page. Output: the pages it leads to; of the first page, all buckets and maps. Must not: lead to the pages
//! of buckets that were made room for and are not used yet: nothing writes them.
//!
//! Layout and arithmetic: `access/hash.h`, `hashutil.c`.

use super::CONTENT;
use crate::prepare::page::{Page, u16_at, u32_at};

const OVERFLOW: u16 = 1;
const BUCKET: u16 = 2;
const META: u16 = 8;
/// Where the first page has its numbers: the last bucket, how many maps, pages before each group, the maps.
const LAST_BUCKET: usize = CONTENT + 24;
const MAPS: usize = CONTENT + 44;
const BEFORE: usize = CONTENT + 52;
const MAP: usize = CONTENT + 444;
const MAPS_MAX: u32 = 1024;
/// Groups that buckets are made in at once; later ones in four steps.
const WHOLE_GROUPS: u32 = 10;
const STEP_BITS: u32 = 2;

/// Adds them, of an index of `count` pages.
pub(super) fn links(count: u32, page: Page<'_>, into: &mut Vec<u32>) -> Option<()> {
    let special = page.special()?;
    let (flags, before, next) = (u16_at(special, 12)?, u32_at(special, 0)?, u32_at(special, 4)?);
    if flags & META != 0 {
        return all(count, page, into);
    }
    if flags & (BUCKET | OVERFLOW) != 0 {
        into.push(next);
    }
    // the first page of a bucket has something else in this place
    if flags & OVERFLOW != 0 {
        into.push(before);
    }
    Some(())
}

/// Each bucket has a page of its own: one more than there are pages is one too many.
fn all(count: u32, page: Page<'_>, into: &mut Vec<u32>) -> Option<()> {
    let (last, maps) = (page.u32(LAST_BUCKET)?, page.u32(MAPS)?);
    for bucket in 0..=last.min(count) {
        into.push(block(page, bucket)?);
    }
    for map in 0..maps.min(MAPS_MAX) {
        into.push(page.u32(MAP + 4 * map as usize)?);
    }
    Some(())
}

/// The first page of a bucket.
fn block(page: Page<'_>, bucket: u32) -> Option<u32> {
    let others = match bucket {
        0 => 0,
        _ => page.u32(BEFORE + 4 * (step(bucket + 1) as usize - 1))?,
    };
    bucket.checked_add(others)?.checked_add(1)
}

/// In which step the last of so many buckets was made.
fn step(buckets: u32) -> u32 {
    let group = buckets.next_power_of_two().trailing_zeros();
    if group < WHOLE_GROUPS {
        return group;
    }
    let within = (buckets - 1) >> (group - (STEP_BITS + 1)) & ((1 << STEP_BITS) - 1);
    WHOLE_GROUPS + ((group - WHOLE_GROUPS) << STEP_BITS) + within
}

#[cfg(test)]
mod tests {
    use super::{BEFORE, LAST_BUCKET, MAP, MAPS, links, step};
    use crate::prepare::page::{Page, tests::page};
    use proptest::prelude::*;

    fn special(before: u32, next: u32, flags: u16) -> Vec<u8> {
        [&before.to_le_bytes()[..], &next.to_le_bytes(), &[0; 4], &flags.to_le_bytes(), &[0x80, 0xff]]
            .concat()
    }

    fn found(page: &[u8]) -> Vec<u32> {
        let mut into = Vec::new();
        links(9, Page(page), &mut into).unwrap();
        into
    }

    #[test]
    fn the_first_page_leads_to_every_bucket_in_use_and_every_map() {
        let mut first = page(&[], &special(0, 0, 8));
        let mut put = |at: usize, value: u32| first[at..at + 4].copy_from_slice(&value.to_le_bytes());
        put(LAST_BUCKET, 3);
        put(MAPS, 1);
        // one page of something else was made before the third bucket
        put(BEFORE + 4, 1);
        put(MAP, 3);
        assert_eq!(found(&first), [1, 2, 4, 5, 3]);
    }

    #[test]
    fn a_page_leads_to_the_next_of_its_bucket_and_one_of_overflow_back() {
        assert_eq!(found(&page(&[], &special(7, 5, 2))), [5]);
        assert_eq!(found(&page(&[], &special(7, 5, 1))), [5, 7]);
        assert_eq!(found(&page(&[], &special(7, 5, 0))), [0_u32; 0]);
    }

    #[test]
    fn buckets_are_made_in_groups_and_large_groups_in_steps() {
        assert_eq!([1, 2, 3, 4, 5, 512].map(step), [0, 1, 2, 2, 3, 9]);
        assert_eq!([513, 640, 641, 768, 769, 1024, 1025].map(step), [10, 10, 11, 11, 12, 13, 14]);
    }

    proptest! {
        #[test]
        fn no_page_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = links(5, Page(&bytes), &mut Vec::new());
        }
    }
}
