//! Lists of rows in an index of kind GIN.
//!
//! Input: one page. Output: the places its lists name, or what is wrong with a list. Must not: judge keys.
//!
//! A list begins with a place, and goes on with the distance from each to the next, in seven bits a byte (`ginpostinglist.c`).

use super::{
    btree::Place,
    entries::{each_tuple, is_as_long_as_it_says, place},
};
use crate::prepare::page::{Page, u16_at};

const DATA: u16 = 1;
const LEAF: u16 = 2;
const DELETED: u16 = 4;
const META: u16 = 8;
const LIST: u16 = 16;
const COMPRESSED: u16 = 128;
/// Where lists begin on a page of nothing else, behind the greatest place of it.
const LISTS: usize = 32;
/// Place and length stand before a list.
const LIST_HEADER: usize = 8;
/// In an entry that holds its list itself: where, and that it is written as lists are.
const IS_COMPRESSED: u32 = 1 << 31;
/// From this count on, the list is a tree of its own.
const TREE: u16 = 0xffff;
/// Bits of a distance that are the number of a row.
const ROW_BITS: u32 = 11;
/// A distance is no longer than this.
const BYTES_MAX: u32 = 7;

/// Adds the places that lists of `page` name; the first thing that is wrong with one.
pub(super) fn places(page: Page<'_>, flags: u16, into: &mut Vec<Place>) -> Option<String> {
    if flags & (DELETED | META) != 0 {
        return None;
    }
    match (flags & DATA != 0, flags & LEAF != 0) {
        (true, true) if flags & COMPRESSED != 0 => lists(page, into).err().map(str::to_owned),
        (true, _) => None,
        (false, is_leaf) => each_tuple(page, |entry| {
            is_as_long_as_it_says(entry)?;
            if flags & LIST != 0 {
                into.push(place(entry, 0).ok_or("is too short")?);
                Ok(())
            } else if is_leaf {
                held(entry, into)
            } else {
                Ok(())
            }
        }),
    }
}

/// The list that an entry of a leaf holds itself.
fn held(entry: &[u8], into: &mut Vec<Place>) -> Result<(), &'static str> {
    let (at, count) = place(entry, 0).ok_or("is too short")?;
    if count == TREE || count == 0 || at & IS_COMPRESSED == 0 {
        return Ok(());
    }
    let at = usize::try_from(at & !IS_COMPRESSED).map_err(|_| "has its list nowhere")?;
    let before = into.len();
    list(entry.get(at..).ok_or("has its list nowhere")?, into)?;
    if into.len() - before == usize::from(count) {
        Ok(())
    } else {
        Err("has a list of another length than it says")
    }
}

/// All lists of a page that has nothing else.
fn lists(page: Page<'_>, into: &mut Vec<Place>) -> Result<(), &'static str> {
    let end = usize::from(page.u16(12).unwrap_or(0));
    let mut rest = page.0.get(LISTS..end).ok_or("its lists have no possible length")?;
    while !rest.is_empty() {
        let length = list(rest, into)?;
        rest = rest.get(length..).ok_or("its lists are longer than their page")?;
    }
    Ok(())
}

/// Adds the places of the list `bytes` begin with, and returns its length.
fn list(bytes: &[u8], into: &mut Vec<Place>) -> Result<usize, &'static str> {
    let first = place(bytes, 0).ok_or("has a list that is torn")?;
    let length = u16_at(bytes, 6).ok_or("has a list that is torn")?;
    let mut rest =
        bytes.get(LIST_HEADER..LIST_HEADER + usize::from(length)).ok_or("has a list that is torn")?;
    let mut value = u64::from(first.0) << ROW_BITS | u64::from(first.1);
    into.push(first);
    while !rest.is_empty() {
        let (distance, after) = distance(rest).ok_or("has a list that is torn")?;
        value = value.checked_add(distance).filter(|_| distance > 0).ok_or("has a list out of order")?;
        let block = u32::try_from(value >> ROW_BITS).map_err(|_| "has a list that leads beyond any table")?;
        into.push((block, u16::try_from(value & ((1 << ROW_BITS) - 1)).unwrap_or(0)));
        rest = after;
    }
    Ok(LIST_HEADER + usize::from(length).next_multiple_of(2))
}

/// Seven bits a byte, the lowest first; the last byte has its highest bit clear, or is the seventh.
fn distance(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for index in 0..BYTES_MAX {
        let byte = *bytes.get(index as usize)?;
        let is_last = byte & 0x80 == 0 || index == BYTES_MAX - 1;
        let bits = if index == BYTES_MAX - 1 { byte } else { byte & 0x7f };
        value |= u64::from(bits) << (7 * index);
        if is_last {
            return Some((value, &bytes[index as usize + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{COMPRESSED, DATA, LEAF, LIST, META, Place, TREE, places};
    use crate::prepare::page::{Page, tests::page};
    use proptest::prelude::*;

    fn place_bytes((block, number): Place) -> Vec<u8> {
        let halves = [(block >> 16) as u16, (block & 0xffff) as u16, number];
        halves.iter().flat_map(|half| half.to_le_bytes()).collect()
    }

    /// A list of these places, as the server writes it.
    fn list(places: &[Place]) -> Vec<u8> {
        let number = |(block, number): &Place| u64::from(*block) << 11 | u64::from(*number);
        let mut bytes = Vec::new();
        for pair in places.windows(2) {
            let mut distance = number(&pair[1]) - number(&pair[0]);
            while distance > 0x7f {
                bytes.push(u8::try_from(distance & 0x7f).unwrap() | 0x80);
                distance >>= 7;
            }
            bytes.push(u8::try_from(distance).unwrap());
        }
        let length = u16::try_from(bytes.len()).unwrap();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        [place_bytes(places[0]), length.to_le_bytes().to_vec(), bytes].concat()
    }

    /// A page of nothing but `lists`.
    fn data_page(lists: &[Vec<u8>]) -> Vec<u8> {
        let (mut bytes, lists) = (page(&[], &[0; 8]), lists.concat());
        bytes[32..32 + lists.len()].copy_from_slice(&lists);
        let end = u16::try_from(32 + lists.len()).unwrap();
        bytes[12..14].copy_from_slice(&end.to_le_bytes());
        bytes
    }

    /// An entry of a leaf with this list.
    fn held(count: u16, list: &[u8]) -> Vec<u8> {
        let mut entry = [place_bytes((1 << 31 | 16, count)), vec![0; 10], list.to_vec()].concat();
        entry.resize(entry.len().next_multiple_of(8), 0);
        let length = u16::try_from(entry.len()).unwrap();
        entry[6..8].copy_from_slice(&length.to_le_bytes());
        entry
    }

    fn found(bytes: &[u8], flags: u16) -> (Vec<Place>, Option<String>) {
        let mut into = Vec::new();
        let wrong = places(Page(bytes), flags, &mut into);
        (into, wrong)
    }

    const PLACES: [Place; 4] = [(0, 1), (0, 2), (1, 7), (400_000, 11)];

    #[test]
    fn lists_are_read_wherever_they_stand() {
        let data = data_page(&[list(&PLACES[..2]), list(&PLACES[2..])]);
        assert_eq!(found(&data, DATA | LEAF | COMPRESSED), (PLACES.to_vec(), None));
        let leaf = page(&[held(4, &list(&PLACES))], &[0; 8]);
        assert_eq!(found(&leaf, LEAF), (PLACES.to_vec(), None));
        let waiting = page(&[held(3, &[])], &[0; 8]);
        assert_eq!(found(&waiting, LIST).0.len(), 1);
        assert_eq!(found(&data, META), (vec![], None));
    }

    #[test]
    fn a_list_that_is_a_tree_of_its_own_is_read_there() {
        assert_eq!(found(&page(&[held(TREE, &[])], &[0; 8]), LEAF), (vec![], None));
    }

    #[test]
    fn fault_f10_a_list_that_is_torn_or_of_another_length_is_told() {
        let torn = data_page(&[list(&PLACES)[..10].to_vec()]);
        assert_eq!(found(&torn, DATA | LEAF | COMPRESSED).1.unwrap(), "has a list that is torn");
        let short = page(&[held(5, &list(&PLACES))], &[0; 8]);
        assert!(found(&short, LEAF).1.unwrap().ends_with("list of another length than it says"));
    }

    proptest! {
        #[test]
        fn what_the_server_writes_is_read(mut rows in proptest::collection::btree_set((0..1_u32 << 30, 1..2047_u16), 1..30)) {
            let places: Vec<Place> = std::mem::take(&mut rows).into_iter().collect();
            prop_assert_eq!(found(&data_page(&[list(&places)]), DATA | LEAF | COMPRESSED), (places, None));
        }

        #[test]
        fn no_page_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400), flags: u16) {
            let _ = found(&bytes, flags);
        }
    }
}
