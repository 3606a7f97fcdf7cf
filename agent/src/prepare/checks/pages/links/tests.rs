use super::{Kind, Links, SIZE};
use crate::prepare::page::{Page, tests::page};
use proptest::prelude::*;

/// The end of a page: these numbers of two bytes.
fn special(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A place, and behind it this.
fn entry(block: u16, number: u16, rest: &[u16]) -> Vec<u8> {
    special(&[&[0, block, number], rest].concat())
}

/// A page that was never written.
const ZEROES: [u8; SIZE] = [0; SIZE];

/// What is said of an index of these pages.
fn said(kind: Kind, pages: &[Vec<u8>]) -> Option<String> {
    let mut links = Links::of(kind, (pages.len() * SIZE) as u64);
    for (block, page) in (0..).zip(pages).filter(|(_, page)| !Page(page).is_zero()) {
        links.see(block, Page(page));
    }
    links.broken()
}

/// The same with the page of this number written and not.
fn told(kind: Kind, mut pages: Vec<Vec<u8>>, lost: usize) -> String {
    assert_eq!(said(kind, &pages), None, "{kind:?}");
    pages[lost] = ZEROES.into();
    let told = said(kind, &pages).unwrap_or_default();
    pages.truncate(lost);
    assert!(said(kind, &pages).unwrap().ends_with(&format!("leads to block {lost}, which is not there")));
    told
}

const NOWHERE: [u16; 2] = [0xffff, 0xffff];

fn gist(entries: &[Vec<u8>], right: [u16; 2], flags: u16) -> Vec<u8> {
    page(entries, &special(&[0, 0, 0, 0, right[0], right[1], flags, 0xff81]))
}

#[test]
fn fault_f16_a_page_of_zeroes_that_a_gist_leads_to_is_told() {
    let root = || gist(&[entry(1, 1, &[8]), entry(2, 1, &[8])], NOWHERE, 0);
    let pages = vec![root(), gist(&[], [2, 0], 1), gist(&[], NOWHERE, 1)];
    assert_eq!(told(Kind::Gist, pages, 2), " block 2: the page is zeroes, and others lead to it");
    let by_the_left_alone =
        vec![gist(&[entry(1, 1, &[8])], NOWHERE, 0), gist(&[], [2, 0], 1), gist(&[], NOWHERE, 1)];
    assert!(told(Kind::Gist, by_the_left_alone, 2).starts_with(" block 2"));
}

#[test]
fn a_page_of_zeroes_that_nothing_leads_to_is_what_a_crash_leaves() {
    let leaf = || gist(&[entry(9, 1, &[8])], NOWHERE, 1);
    assert_eq!(said(Kind::Gist, &[leaf(), ZEROES.into(), ZEROES.into()]), None);
    let deleted = gist(&[entry(1, 1, &[8])], [1, 0], 2);
    assert_eq!(said(Kind::Gist, &[deleted, ZEROES.into()]), None);
    let pages = [gin_meta(u32::MAX), gin(&[], NOWHERE, 0, 2), gin(&[], [3, 0], 0, 4), ZEROES.into()];
    assert_eq!(said(Kind::Gin, &pages), None);
}

#[test]
fn fault_f16_a_page_of_zeroes_that_an_spgist_leads_to_is_told() {
    let spgist = |entries: &[Vec<u8>], flags| page(entries, &special(&[flags, 0, 0, 0xff82]));
    // two nodes behind a prefix of eight bytes, of which one leads nowhere
    let nodes = [entry(3, 1, &[8]), special(&[0xffff, 0xffff, 0, 8])].concat();
    let inner = [special(&[2 << 3, 8, 32, 0]), vec![0; 8], nodes].concat();
    let pages = vec![spgist(&[], 1), spgist(&[inner], 0), spgist(&[], 4 | 8), spgist(&[], 4)];
    assert!(told(Kind::Spgist, pages, 3).starts_with(" block 3"));
    let roots = [spgist(&[], 1), spgist(&[], 4), ZEROES.into()];
    assert!(said(Kind::Spgist, &roots).unwrap().starts_with(" block 2"));
}

fn gin(entries: &[Vec<u8>], right: [u16; 2], count: u16, flags: u16) -> Vec<u8> {
    page(entries, &special(&[right[0], right[1], count, flags]))
}

/// The first page, which says where rows wait that were not sorted in.
fn gin_meta(waiting: u32) -> Vec<u8> {
    let mut meta = gin(&[], NOWHERE, 0, 8);
    meta[24..28].copy_from_slice(&waiting.to_le_bytes());
    meta[28..32].copy_from_slice(&waiting.to_le_bytes());
    meta
}

#[test]
fn fault_f16_a_page_of_zeroes_that_a_gin_leads_to_is_told() {
    let leaf = |right| gin(&[], right, 0, 2);
    let inner = gin(&[entry(2, 0, &[8])], NOWHERE, 0, 0);
    let pages = vec![gin_meta(u32::MAX), inner, leaf(NOWHERE)];
    assert!(told(Kind::Gin, pages, 2).starts_with(" block 2"));
    let waiting = vec![gin_meta(2), leaf(NOWHERE), gin(&[], NOWHERE, 0, 16)];
    assert!(told(Kind::Gin, waiting, 2).starts_with(" block 2"));
    let tree = vec![
        gin_meta(u32::MAX),
        gin(&[entry(2, 0xffff, &[8])], NOWHERE, 0, 2),
        gin(&[], NOWHERE, 0, 3 | 128),
    ];
    assert!(told(Kind::Gin, tree, 2).starts_with(" block 2"));
    let mut of_trees = gin(&[], NOWHERE, 1, 1);
    of_trees[32..42].copy_from_slice(&entry(2, 1, &[0, 0]));
    let pages = vec![gin_meta(u32::MAX), of_trees, gin(&[], NOWHERE, 0, 3 | 128)];
    assert!(told(Kind::Gin, pages, 2).starts_with(" block 2"));
}

#[test]
fn fault_f16_a_page_of_zeroes_that_a_brin_leads_to_is_told() {
    let brin = |kind| page(&[], &special(&[0, 0, 0, kind]));
    let (mut meta, mut map) = (brin(0xf091), brin(0xf092));
    meta[36..40].copy_from_slice(&1_u32.to_le_bytes());
    map[24..30].copy_from_slice(&entry(2, 1, &[]));
    let pages = vec![meta.clone(), map, brin(0xf093)];
    assert!(told(Kind::Brin, pages, 2).starts_with(" block 2"));
    assert!(said(Kind::Brin, &[meta, ZEROES.into()]).unwrap().starts_with(" block 1"));
}

proptest! {
    #[test]
    fn no_page_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400), block: u32) {
        for kind in [Kind::Gist, Kind::Spgist, Kind::Gin, Kind::Brin, Kind::Hash, Kind::Btree] {
            let mut links = Links::of(kind, 3 * SIZE as u64);
            links.see(block, Page(&bytes));
            let _ = links.broken();
        }
    }
}
