//! By what pages of each kind of index are known.
//!
//! Input: a page, the kind. Output: what is not as this kind writes it. Must not: judge what the pages hold.

use super::relations::Kind;
use crate::prepare::page::{Page, u16_at};

/// The last two bytes of a page of these kinds.
const GIST: u16 = 0xff81;
const HASH: u16 = 0xff80;
const SPGIST: u16 = 0xff82;
/// The first bytes of the end of a sequence's page, whose other four are zero.
const SEQUENCE: u16 = 0x1717;
const BRIN: [u16; 3] = [0xf091, 0xf092, 0xf093];
/// Flags of GIN's pages, in theirs.
const GIN_FLAGS: u16 = 0x01ff;
/// Flags of btree's pages, four bytes from the end; the rest is a number of a vacuum that ran.
const BTREE_FLAGS: u16 = 0x03ff;

/// Why `page` is none of this kind.
pub(super) fn foreign(kind: Kind, page: Page<'_>) -> Option<&'static str> {
    let special = page.special()?;
    let from_end = |back| special.len().checked_sub(back).and_then(|at| u16_at(special, at));
    let (end, before) = (from_end(2), from_end(4));
    let (length, is_known) = match kind {
        Kind::Btree => (16, before.is_some_and(|flags| flags & !BTREE_FLAGS == 0)),
        Kind::Gist => (16, end == Some(GIST)),
        Kind::Hash => (16, end == Some(HASH)),
        Kind::Spgist => (8, end == Some(SPGIST)),
        Kind::Brin => (8, end.is_some_and(|end| BRIN.contains(&end))),
        Kind::Gin => (8, end.is_some_and(|flags| flags & !GIN_FLAGS == 0)),
        Kind::Sequence => (8, u16_at(special, 0) == Some(SEQUENCE)),
        Kind::Heap | Kind::Foreign => return None,
    };
    (special.len() != length || !is_known).then_some("it is no page of this kind of relation")
}

#[cfg(test)]
mod tests {
    use super::{Kind, foreign};
    use crate::prepare::page::{Page, tests::page};

    fn special(length: usize, end: u16) -> Vec<u8> {
        let mut special = vec![0; length - 2];
        special.extend(end.to_le_bytes());
        special
    }

    #[test]
    fn fault_f16_a_page_of_another_relation_is_told_by_its_end() {
        let ends = [
            (Kind::Gist, special(16, 0xff81)),
            (Kind::Hash, special(16, 0xff80)),
            (Kind::Spgist, special(8, 0xff82)),
            (Kind::Brin, special(8, 0xf093)),
            (Kind::Gin, special(8, 0x0082)),
            (Kind::Btree, special(16, 7)),
        ];
        for (index, (kind, own)) in ends.iter().enumerate() {
            assert_eq!(foreign(*kind, Page(&page(&[], own))), None, "{kind:?}");
            for (_, other) in ends.iter().take(index).filter(|(_, other)| other.len() != own.len()) {
                assert!(foreign(*kind, Page(&page(&[], other))).is_some(), "{kind:?}");
            }
            assert!(foreign(*kind, Page(&page(&[], &[]))).is_some(), "{kind:?}, a page of a table");
        }
    }

    #[test]
    fn fault_f16_a_sequence_is_known_by_its_number() {
        assert_eq!(foreign(Kind::Sequence, Page(&page(&[], &[0x17, 0x17, 0, 0, 0, 0, 0, 0]))), None);
        assert!(foreign(Kind::Sequence, Page(&page(&[], &[0; 8]))).is_some());
    }

    #[test]
    fn pages_without_an_end_of_their_own_are_not_judged() {
        assert_eq!(foreign(Kind::Foreign, Page(&page(&[], &[1, 2, 3, 4, 5, 6, 7, 8]))), None);
    }
}
