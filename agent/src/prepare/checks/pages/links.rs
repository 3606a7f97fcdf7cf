//! Which pages of an index others lead to.
//!
//! Input: every page of an index that is no btree. Output: a page that was never written, or is not there, though others
//! lead to it. Must not: need more than two bits for each page, or judge pages that nothing leads to.
//!
//! Files grow by pages of zeroes, and a crash may leave such a page in their midst for good. But no page leads to another
//! before that one was written: one record of the log has both. Of btrees, amcheck follows the links.
//!
//! Layouts: `gist.h`, `spgist_private.h`, `ginblock.h`, `brin_page.h`.

mod hash;

use super::{entries::place, relations::Kind};
use crate::prepare::page::{Page, SIZE, u16_at, u32_at};

/// What stands for no page.
const NONE: u32 = u32::MAX;
const GIST_LEAF: u16 = 1;
const GIST_DELETED: u16 = 2;
const SPGIST_META: u16 = 1;
const SPGIST_DELETED: u16 = 2;
const SPGIST_LEAF: u16 = 4;
/// Behind its first page, an index of kind SP-GiST has two roots.
const SPGIST_ROOTS: [u32; 2] = [1, 2];
const GIN_DATA: u16 = 1;
const GIN_LEAF: u16 = 2;
const GIN_DELETED: u16 = 4;
const GIN_META: u16 = 8;
const GIN_LIST: u16 = 16;
const GIN_ROOT: u32 = 1;
/// In the number of a place: the list of rows is a tree of its own.
const GIN_TREE: u16 = 0xffff;
/// Where a page of an inner tree has its entries, and how long each is.
const GIN_INNER: (usize, usize) = (32, 10);
const BRIN_META: u16 = 0xf091;
const BRIN_MAP: u16 = 0xf092;
/// Bytes of a place.
const PLACE: usize = 6;
/// Where a page's content begins.
const CONTENT: usize = 24;

/// What all pages of one index say of each other.
#[derive(Debug)]
pub(super) struct Links {
    kind: Kind,
    count: u32,
    written: Vec<u64>,
    named: Vec<u64>,
    beyond: Option<(u32, u32)>,
    found: Vec<u32>,
}

impl Links {
    /// For an index of so many bytes.
    pub(super) fn of(kind: Kind, bytes: u64) -> Self {
        let count = u32::try_from(bytes / SIZE as u64).unwrap_or(NONE);
        let bits = || vec![0; count.div_ceil(u64::BITS) as usize];
        Self { kind, count, written: bits(), named: bits(), beyond: None, found: Vec::new() }
    }

    /// Takes note of one page.
    pub(super) fn see(&mut self, block: u32, page: Page<'_>) {
        set(&mut self.written, block);
        let mut found = std::mem::take(&mut self.found);
        let _ = links(self.kind, self.count, page, &mut found);
        for to in found.drain(..).filter(|to| *to != NONE) {
            if to < self.count {
                set(&mut self.named, to);
            } else {
                self.beyond = self.beyond.or(Some((block, to)));
            }
        }
        self.found = found;
    }

    /// The first page that is led to and was not written, once all were seen.
    pub(super) fn broken(&self) -> Option<String> {
        let unwritten =
            (0..).zip(self.named.iter().zip(&self.written)).find_map(|(word, (named, written))| {
                let lost = named & !written;
                (lost != 0).then(|| word * u64::BITS + lost.trailing_zeros())
            });
        let zeroes =
            unwritten.map(|block| format!(" block {block}: the page is zeroes, and others lead to it"));
        zeroes.or_else(|| {
            let (from, to) = self.beyond?;
            Some(format!(" block {from}: it leads to block {to}, which is not there"))
        })
    }
}

fn set(bits: &mut [u64], block: u32) {
    if let Some(word) = bits.get_mut((block / u64::BITS) as usize) {
        *word |= 1 << (block % u64::BITS);
    }
}

/// Adds the pages that `page` leads to; none where it ends before it should, which is others' to tell.
fn links(kind: Kind, count: u32, page: Page<'_>, into: &mut Vec<u32>) -> Option<()> {
    match kind {
        Kind::Gist => gist(page, into),
        Kind::Spgist => spgist(page, into),
        Kind::Gin => gin(page, into),
        Kind::Brin => brin(count, page, into),
        Kind::Hash => hash::links(count, page, into),
        Kind::Btree | Kind::Heap | Kind::Sequence | Kind::Foreign => Some(()),
    }
}

fn gist(page: Page<'_>, into: &mut Vec<u32>) -> Option<()> {
    let special = page.special()?;
    let flags = u16_at(special, 12)?;
    if flags & GIST_DELETED != 0 {
        return Some(());
    }
    into.push(u32_at(special, 8)?);
    if flags & GIST_LEAF == 0 {
        into.extend(blocks(page));
    }
    Some(())
}

/// The blocks that the entries of a page begin with.
fn blocks(page: Page<'_>) -> impl Iterator<Item = u32> {
    page.items().filter_map(|entry| Some(place(entry, 0)?.0))
}

fn spgist(page: Page<'_>, into: &mut Vec<u32>) -> Option<()> {
    let flags = u16_at(page.special()?, 0)?;
    if flags & SPGIST_META != 0 {
        into.extend(SPGIST_ROOTS);
    } else if flags & (SPGIST_LEAF | SPGIST_DELETED) == 0 {
        for entry in page.items() {
            spgist_nodes(entry, into)?;
        }
    }
    Some(())
}

/// An inner entry: its state and the count of its nodes, the length of its prefix, and behind that its nodes.
fn spgist_nodes(entry: &[u8], into: &mut Vec<u32>) -> Option<()> {
    let (word, prefix) = (u16_at(entry, 0)?, u16_at(entry, 2)?);
    if word % 4 != 0 {
        return Some(());
    }
    let mut at = 8 + usize::from(prefix);
    for _ in 0..word >> 3 {
        into.push(place(entry, at)?.0);
        at += usize::from(u16_at(entry, at + PLACE)? & 0x1fff).max(PLACE);
    }
    Some(())
}

fn gin(page: Page<'_>, into: &mut Vec<u32>) -> Option<()> {
    let special = page.special()?;
    let flags = u16_at(special, 6)?;
    if flags & GIN_META != 0 {
        into.extend([GIN_ROOT, page.u32(CONTENT)?, page.u32(CONTENT + 4)?]);
        return Some(());
    }
    if flags & GIN_DELETED != 0 {
        return Some(());
    }
    into.push(u32_at(special, 0)?);
    match (flags & (GIN_DATA | GIN_LIST), flags & GIN_LEAF != 0) {
        (GIN_DATA, false) => {
            let (begin, length) = GIN_INNER;
            let entries = (0..usize::from(u16_at(special, 4)?)).map(|number| begin + number * length);
            into.extend(entries.filter_map(|at| Some(place(page.0, at)?.0)));
        }
        (0, false) => into.extend(blocks(page)),
        (0, true) => into.extend(trees(page)),
        _ => {}
    }
    Some(())
}

fn trees(page: Page<'_>) -> impl Iterator<Item = u32> {
    page.items().filter_map(|entry| place(entry, 0).filter(|(_, count)| *count == GIN_TREE).map(|(at, _)| at))
}

fn brin(count: u32, page: Page<'_>, into: &mut Vec<u32>) -> Option<()> {
    let special = page.special()?;
    match u16_at(special, 6)? {
        BRIN_META => into.extend(1..=page.u32(CONTENT + 12)?.min(count)),
        BRIN_MAP => {
            let end = usize::from(page.u16(16)?);
            let places = (CONTENT..end.saturating_sub(PLACE - 1)).step_by(PLACE);
            into.extend(
                places
                    .filter_map(|at| place(page.0, at).filter(|(_, number)| *number != 0))
                    .map(|(at, _)| at),
            );
        }
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests;
