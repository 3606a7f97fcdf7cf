//! A table's map of pages whose rows everybody sees.
//!
//! Input: pages of the map, notes of the table's pages. Output: where the map says more than the table. Must not: find
//! fault where the map says less: it may lag behind.
//!
//! Queries that an index answers alone, and vacuum, believe the map; the server never sets it before the page's own flag,
//! and clears both together.

use super::heap::Note;
use crate::prepare::page::Page;

const HEADER: usize = 24;
/// Pages of a table in one page of the map, two bits each.
const PER_PAGE: u32 = 4 * (8192 - 24);
const VISIBLE: u8 = 1;
const FROZEN: u8 = 2;

/// The first thing a page of the map has too much.
pub(super) fn excess(block: u32, page: Page<'_>, notes: &[Note]) -> Option<String> {
    let bits = page.0.get(HEADER..)?.iter().flat_map(|byte| (0..4).map(move |place| byte >> (2 * place) & 3));
    let first = block.checked_mul(PER_PAGE)?;
    (first..).zip(bits).filter(|(_, bits)| *bits != 0).find_map(|(of, bits)| {
        let note = usize::try_from(of).ok().and_then(|of| notes.get(of));
        let what = match note {
            None => "which its table does not have",
            Some(note) if bits & VISIBLE != 0 && !note.is_all_visible() => "which does not say so itself",
            Some(_) if bits & (VISIBLE | FROZEN) == FROZEN => "and that it is not visible to all, yet frozen",
            Some(_) => return None,
        };
        Some(format!("its visibility map says more than it should of block {of}, {what}"))
    })
}

#[cfg(test)]
mod tests {
    use super::{HEADER, Note, PER_PAGE, excess};
    use crate::prepare::page::{Page, tests::page};

    fn map(bits: &[u8]) -> Vec<u8> {
        let mut map = page(&[], &[]);
        map[HEADER..HEADER + bits.len()].copy_from_slice(bits);
        map
    }

    fn notes(visible: &[bool]) -> Vec<Note> {
        let note = |&visible: &bool| {
            let mut bytes = page(&[b"a".to_vec()], &[]);
            bytes[10] = if visible { 4 } else { 0 };
            Note::of(Page(&bytes))
        };
        visible.iter().map(note).collect()
    }

    #[test]
    fn a_map_that_says_what_the_table_does_or_less_is_sound() {
        for bits in [0b0101_0001, 0b0001, 0, 0b0011] {
            assert_eq!(excess(0, Page(&map(&[bits])), &notes(&[true, false, true, true])), None);
        }
    }

    #[test]
    fn fault_f10_a_map_that_says_more_than_the_table_is_told_with_the_block() {
        let notes = notes(&[true, false, true]);
        assert!(excess(0, Page(&map(&[0b0100])), &notes).unwrap().contains("block 1, which does not"));
        assert!(excess(0, Page(&map(&[0b0010_0000])), &notes).unwrap().contains("block 2, and"));
        assert!(excess(0, Page(&map(&[0, 1])), &notes).unwrap().contains("block 4, which its table"));
        assert!(excess(1, Page(&map(&[1])), &notes).unwrap().contains(&PER_PAGE.to_string()));
    }
}
