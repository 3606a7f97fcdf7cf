//! Pages of 8 KiB as PostgreSQL lays them out, the same from version 8.3 on.
//!
//! Input: the bytes of one page. Output: its header, its line pointers, and what is wrong with it. Must not: believe an
//! offset it did not hold against the page's end.

pub(super) mod checksum;

/// Size of a page; servers are hardly ever built with another, and those are refused.
pub(super) const SIZE: usize = 8192;
/// A page's header ends here, and its line pointers begin.
const HEADER: usize = 24;
/// Tuples that are in use have this state in their line pointer.
pub(super) const NORMAL: u32 = 1;
/// All flags a header may have.
const FLAGS: u16 = 0x0007;
/// Size and layout version as the header has them.
const SIZE_AND_VERSION: u16 = 0x2004;

/// One page, or what there is of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a>(pub(super) &'a [u8]);

/// Where an item is and what has become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pointer {
    /// From the beginning of the page.
    pub(super) offset: usize,
    /// How long it is.
    pub(super) length: usize,
    /// [`NORMAL`], or unused, redirected, dead.
    pub(super) state: u32,
}

impl<'a> Page<'a> {
    /// A number of two bytes.
    pub(super) fn u16(self, at: usize) -> Option<u16> {
        u16_at(self.0, at)
    }

    /// A number of four bytes.
    pub(super) fn u32(self, at: usize) -> Option<u32> {
        u32_at(self.0, at)
    }

    /// Whether it was never written: relations grow by such pages.
    pub(super) fn is_zero(self) -> bool {
        self.0.iter().all(|&byte| byte == 0)
    }

    /// The place in the log of the last change to it.
    pub(super) fn written_at(self) -> Option<u64> {
        Some(u64::from(self.u32(0)?) << 32 | u64::from(self.u32(4)?))
    }

    /// What the server itself would refuse it for, and a layout that is not PostgreSQL's.
    pub(super) fn flaw(self) -> Option<&'static str> {
        let number = |at| self.u16(at).unwrap_or(u16::MAX);
        let (flags, lower, upper, special) = (number(10), number(12), number(14), number(16));
        if number(18) != SIZE_AND_VERSION {
            return Some("its header is of no known layout");
        }
        let ordered = HEADER <= usize::from(lower) && lower <= upper && upper <= special;
        let fits = usize::from(special) <= SIZE && special % 8 == 0;
        (flags & !FLAGS != 0 || !ordered || !fits).then_some("its header is damaged")
    }

    /// Where what belongs to the kind of index begins.
    pub(super) fn special(self) -> Option<&'a [u8]> {
        self.0.get(usize::from(self.u16(16)?)..)
    }

    /// How many line pointers it has.
    pub(super) fn count(self) -> u16 {
        let lower = self.u16(12).map_or(0, usize::from).min(self.0.len());
        u16::try_from(lower.saturating_sub(HEADER) / 4).unwrap_or(0)
    }

    /// The line pointer of this number; the first is 1.
    pub(super) fn pointer(self, number: u16) -> Option<Pointer> {
        let word = self.u32(HEADER + 4 * usize::from(number.checked_sub(1)?))?;
        Some(Pointer {
            offset: (word & 0x7fff) as usize,
            length: (word >> 17) as usize,
            state: (word >> 15) & 3,
        })
    }

    /// The bytes from each item in use to the page's end.
    pub(super) fn items(self) -> impl Iterator<Item = &'a [u8]> {
        (1..=self.count()).filter_map(move |number| {
            let pointer = self.pointer(number).filter(|pointer| pointer.state == NORMAL)?;
            self.0.get(pointer.offset..)
        })
    }
}

/// A number of two bytes, where there are that many.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// A number of four bytes, where there are that many.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
pub(super) mod tests;
