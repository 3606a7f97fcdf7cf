//! What indexes hold that are not btrees, for which the server has no check.
//!
//! Input: one page. Output: the places of rows its entries name, or why an entry cannot be one. Must not: judge the
//! order of keys, whose meaning belongs to operators.
//!
//! Layouts: `access/itup.h`, `spgist_private.h`, `ginblock.h`, `hash.h`, `brin_tuple.h`.

use super::{btree::Place, gin, relations::Kind};
use crate::prepare::page::{NORMAL, Page, u16_at, u32_at};

/// State of a line pointer that leads nowhere, and of one whose entry is known to be dead.
const UNUSED: u32 = 0;
/// Entries begin at multiples of this.
const ALIGN: usize = 8;
/// In an entry's own word: its length.
const LENGTH: u16 = 0x1fff;
const GIST_LEAF: u16 = 1;
const GIST_DELETED: u16 = 2;
const HASH_ROWS: u16 = 1 | 2;
const HASH_KINDS: u16 = 0x000f;
const SPGIST_META: u16 = 1;
const SPGIST_DELETED: u16 = 2;
const SPGIST_LEAF: u16 = 4;
const BRIN_REGULAR: u16 = 0xf093;

/// One entry as its line pointer has it.
#[derive(Clone, Copy)]
struct Entry<'a> {
    bytes: &'a [u8],
    is_dead: bool,
}

/// Adds the places that entries of `page` name; the first thing that is wrong with one.
pub(super) fn places(kind: Kind, page: Page<'_>, into: &mut Vec<Place>) -> Option<String> {
    let special = page.special()?;
    let flags = |back: usize| special.len().checked_sub(back).and_then(|at| u16_at(special, at)).unwrap_or(0);
    match kind {
        Kind::Gist if flags(4) & GIST_DELETED == 0 => {
            each(page, |entry| plain(entry, flags(4) & GIST_LEAF != 0, into))
        }
        Kind::Hash if flags(4) & HASH_ROWS != 0 && flags(4) & HASH_KINDS & !HASH_ROWS == 0 => {
            let mut last = 0;
            each(page, |entry| {
                let hash = u32_at(entry.bytes, 8).ok_or("is too short")?;
                let is_ordered = last <= hash;
                last = hash;
                if is_ordered { plain(entry, true, into) } else { Err("is not in the order of its hash") }
            })
        }
        Kind::Spgist if u16_at(special, 0)? & (SPGIST_META | SPGIST_DELETED) == 0 => {
            let is_leaf = u16_at(special, 0)? & SPGIST_LEAF != 0;
            each(page, |entry| spgist(entry, is_leaf, into))
        }
        Kind::Gin => gin::places(page, flags(2), into),
        Kind::Brin if flags(2) == BRIN_REGULAR => each(page, |entry| brin(entry)),
        _ => None,
    }
}

/// What is wrong with the first entry that `look` or its own line pointer has something against.
pub(super) fn each_tuple(
    page: Page<'_>,
    mut look: impl FnMut(&[u8]) -> Result<(), &'static str>,
) -> Option<String> {
    each(page, |entry| look(entry.bytes))
}

fn each<'a>(page: Page<'a>, mut look: impl FnMut(Entry<'a>) -> Result<(), &'static str>) -> Option<String> {
    (1..=page.count()).find_map(|number| {
        let looked = entry(page, number).and_then(|entry| entry.map_or(Ok(()), &mut look));
        looked.err().map(|why| format!("its entry {number} {why}"))
    })
}

fn entry(page: Page<'_>, number: u16) -> Result<Option<Entry<'_>>, &'static str> {
    let pointer = page.pointer(number).ok_or("is not there")?;
    if pointer.state == UNUSED || pointer.length == 0 {
        return Ok(None);
    }
    let (from, to) = (usize::from(page.u16(14).unwrap_or(0)), usize::from(page.u16(16).unwrap_or(0)));
    let end = pointer.offset + pointer.length;
    if pointer.offset < from || end > to || pointer.offset % ALIGN != 0 {
        return Err("is not where entries are");
    }
    let bytes = page.0.get(pointer.offset..end).ok_or("is not where entries are")?;
    Ok(Some(Entry { bytes, is_dead: pointer.state != NORMAL }))
}

/// An entry as most kinds have it: a place, and its length.
fn plain(entry: Entry<'_>, is_leaf: bool, into: &mut Vec<Place>) -> Result<(), &'static str> {
    is_as_long_as_it_says(entry.bytes)?;
    if is_leaf && !entry.is_dead {
        into.push(place(entry.bytes, 0).ok_or("is too short")?);
    }
    Ok(())
}

/// The length an entry has in its own word is that of its line pointer.
pub(super) fn is_as_long_as_it_says(entry: &[u8]) -> Result<(), &'static str> {
    let says = u16_at(entry, 6).ok_or("is too short")? & LENGTH;
    if usize::from(says) == entry.len() { Ok(()) } else { Err("has another length than it says") }
}

/// Two bits of state, then a length; those that are no living inner entries are all alike.
fn spgist(entry: Entry<'_>, is_leaf: bool, into: &mut Vec<Place>) -> Result<(), &'static str> {
    let word = u32_at(entry.bytes, 0).ok_or("is too short")?;
    let is_living = word % 4 == 0;
    let says = if is_leaf || !is_living { word >> 2 } else { u16_at(entry.bytes, 4).unwrap_or(0).into() };
    if usize::try_from(says) != Ok(entry.bytes.len()) {
        return Err("has another length than it says");
    }
    if is_leaf && is_living && !entry.is_dead {
        into.push(place(entry.bytes, 6).ok_or("is too short")?);
    }
    Ok(())
}

/// A block, and how long its header is.
fn brin(entry: Entry<'_>) -> Result<(), &'static str> {
    let info = entry.bytes.get(4).ok_or("is too short")?;
    let header = usize::from(info & 0x1f);
    if header < 5 || header > entry.bytes.len() { Err("has a header of no possible length") } else { Ok(()) }
}

/// A block is written as two halves, the higher one first.
pub(super) fn place(bytes: &[u8], at: usize) -> Option<Place> {
    let (high, low) = (u16_at(bytes, at)?, u16_at(bytes, at.checked_add(2)?)?);
    Some((u32::from(high) << 16 | u32::from(low), u16_at(bytes, at + 4)?))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Place, places};
    use crate::prepare::page::{Page, tests::page};
    use proptest::prelude::*;

    fn plain(block: u16, number: u16, hash: u32) -> Vec<u8> {
        let mut entry = vec![0; 16];
        entry[2..4].copy_from_slice(&block.to_le_bytes());
        entry[4..6].copy_from_slice(&number.to_le_bytes());
        entry[6..8].copy_from_slice(&16_u16.to_le_bytes());
        entry[8..12].copy_from_slice(&hash.to_le_bytes());
        entry
    }

    fn special(length: usize, at: usize, flags: u16) -> Vec<u8> {
        let mut special = vec![0; length];
        special[at..at + 2].copy_from_slice(&flags.to_le_bytes());
        special
    }

    fn found(kind: Kind, bytes: &[u8]) -> (Vec<Place>, Option<String>) {
        let mut into = Vec::new();
        let wrong = places(kind, Page(bytes), &mut into);
        (into, wrong)
    }

    #[test]
    fn leaves_lead_to_rows_and_pages_above_them_do_not() {
        let entries = [plain(3, 4, 1), plain(5, 6, 2)];
        assert_eq!(found(Kind::Gist, &page(&entries, &special(16, 12, 1))), (vec![(3, 4), (5, 6)], None));
        assert_eq!(found(Kind::Gist, &page(&entries, &special(16, 12, 0))), (vec![], None));
        assert_eq!(found(Kind::Hash, &page(&entries, &special(16, 12, 2))), (vec![(3, 4), (5, 6)], None));
        assert_eq!(found(Kind::Hash, &page(&entries, &special(16, 12, 8))), (vec![], None));
    }

    #[test]
    fn fault_f10_hashes_out_of_order_are_told() {
        let (_, wrong) = found(Kind::Hash, &page(&[plain(1, 1, 9), plain(1, 2, 8)], &special(16, 12, 1)));
        assert_eq!(wrong.unwrap(), "its entry 2 is not in the order of its hash");
    }

    #[test]
    fn fault_f10_an_entry_of_another_length_than_it_says_is_told() {
        let mut entry = plain(1, 1, 0);
        entry[6] = 24;
        let (_, wrong) = found(Kind::Gist, &page(&[entry], &special(16, 12, 1)));
        assert_eq!(wrong.unwrap(), "its entry 1 has another length than it says");
    }

    #[test]
    fn fault_f10_an_entry_that_is_nowhere_is_told() {
        let mut bytes = page(&[plain(1, 1, 0)], &special(16, 12, 1));
        bytes[24] = 0x30;
        assert!(found(Kind::Gist, &bytes).1.unwrap().contains("not where entries are"));
    }

    #[test]
    fn an_entry_of_spgist_is_as_long_as_it_says_whatever_became_of_it() {
        let leaf = |state: u32, says: u32| {
            let mut entry = vec![0; 16];
            entry[..4].copy_from_slice(&(says << 2 | state).to_le_bytes());
            entry[8..12].copy_from_slice(&[9, 0, 7, 0]);
            entry
        };
        let page = |entry: Vec<u8>, flags| page(&[entry], &special(8, 0, flags));
        assert_eq!(found(Kind::Spgist, &page(leaf(0, 16), 4)), (vec![(9, 7)], None));
        assert_eq!(found(Kind::Spgist, &page(leaf(3, 16), 4)), (vec![], None));
        assert!(found(Kind::Spgist, &page(leaf(0, 24), 4)).1.is_some());
        let mut inner = vec![0; 16];
        inner[4] = 16;
        assert_eq!(found(Kind::Spgist, &page(inner, 0)), (vec![], None));
    }

    #[test]
    fn a_summary_has_a_header_that_fits_into_it() {
        let summary = |info: u8| page(&[vec![0, 0, 0, 0, info, 0, 0, 0]], &special(8, 6, 0xf093));
        assert_eq!(found(Kind::Brin, &summary(8)).1, None);
        assert!(found(Kind::Brin, &summary(0)).1.is_some() && found(Kind::Brin, &summary(31)).1.is_some());
    }

    proptest! {
        #[test]
        fn no_page_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for kind in [Kind::Gist, Kind::Hash, Kind::Spgist, Kind::Gin, Kind::Brin] {
                let _ = found(kind, &bytes);
            }
        }
    }
}
