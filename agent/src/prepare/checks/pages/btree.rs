//! Where the entries of a btree lead.
//!
//! Input: one page. Output: the places of rows its entries name. Must not: judge the order of entries; amcheck does.

use super::entries::place;
use crate::prepare::page::{NORMAL, Page, u16_at, u32_at};

/// A row's block and number.
pub(super) type Place = (u32, u16);

/// Length of what belongs to btrees at the end of a page.
const SPECIAL: usize = 16;
const LEAF: u16 = 1;
/// Deleted, half dead, or the first page with its own content.
const WITHOUT_ENTRIES: u16 = 0x4 | 0x8 | 0x10;
/// In an entry's own word: its place means something else.
const ALTERNATIVE: u16 = 0x2000;
/// In the number of such a place: it is a list of places, and the rest is how many.
const LIST: u16 = 0x2000;
const LIST_COUNT: u16 = 0x0fff;
/// Bytes of a place.
const PLACE: usize = 6;

/// Adds the places that entries of `page` name; entries known to be dead are passed over.
pub(super) fn places(page: Page<'_>, into: &mut Vec<Place>) -> Option<()> {
    let special = page.special().filter(|special| special.len() == SPECIAL)?;
    let (next, flags) = (u32_at(special, 4)?, u16_at(special, 12)?);
    if flags & LEAF == 0 || flags & WITHOUT_ENTRIES != 0 {
        return Some(());
    }
    // but for the rightmost page, the first entry is a bound and leads nowhere
    let first = if next == 0 { 1 } else { 2 };
    for number in first..=page.count() {
        let pointer = page.pointer(number)?;
        if pointer.state == NORMAL {
            entry(page.0.get(pointer.offset..)?, into)?;
        }
    }
    Some(())
}

fn entry(entry: &[u8], into: &mut Vec<Place>) -> Option<()> {
    let (block, number) = place(entry, 0)?;
    if u16_at(entry, PLACE)? & ALTERNATIVE == 0 {
        into.push((block, number));
        return Some(());
    }
    if number & LIST == 0 {
        return Some(());
    }
    for index in 0..usize::from(number & LIST_COUNT) {
        into.push(place(entry, usize::try_from(block).ok()? + PLACE * index)?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{Place, places};
    use crate::prepare::page::{Page, tests::page};
    use proptest::prelude::*;

    fn special(next: u32, flags: u16) -> Vec<u8> {
        [&[0; 4][..], &next.to_le_bytes(), &[0; 4], &flags.to_le_bytes(), &[0; 2]].concat()
    }

    fn place_bytes((block, number): Place) -> Vec<u8> {
        let halves = [(block >> 16) as u16, (block & 0xffff) as u16, number];
        halves.iter().flat_map(|half| half.to_le_bytes()).collect()
    }

    fn plain(place: Place) -> Vec<u8> {
        [place_bytes(place), 8_u16.to_le_bytes().to_vec()].concat()
    }

    fn found(page: &[u8]) -> Vec<Place> {
        let mut into = Vec::new();
        places(Page(page), &mut into).unwrap();
        into
    }

    #[test]
    fn entries_of_a_leaf_lead_to_rows_and_its_upper_bound_leads_nowhere() {
        let entries = [plain((9, 9)), plain((70_000, 3)), plain((1, 2))];
        assert_eq!(found(&page(&entries, &special(7, 1))), [(70_000, 3), (1, 2)]);
        assert_eq!(found(&page(&entries, &special(0, 1))).len(), 3);
    }

    #[test]
    fn an_entry_for_several_rows_leads_to_each() {
        let list = [place_bytes((16, 0x2002)), 0x201c_u16.to_le_bytes().to_vec(), vec![0; 8]];
        let list = [list.concat(), place_bytes((5, 1)), place_bytes((6, 2))].concat();
        assert_eq!(found(&page(&[list], &special(0, 1))), [(5, 1), (6, 2)]);
    }

    #[test]
    fn pages_above_the_leaves_and_deleted_ones_lead_to_no_rows() {
        for flags in [0, 1 | 4, 1 | 16, 8] {
            assert_eq!(found(&page(&[plain((1, 1))], &special(0, flags))), [], "{flags}");
        }
    }

    proptest! {
        #[test]
        fn no_page_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = places(Page(&bytes), &mut Vec::new());
        }
    }
}
