//! What the rows of a table's page are made of, for servers without `verify_heapam`.
//!
//! Input: a page of a table, the transactions rows may name. Output: the first line pointer or row that no server writes.
//! Must not: judge values, or need the table's columns.
//!
//! Layouts: `storage/itemid.h`, `access/htup_details.h`; the rules are those of `verify_heapam.c`.

use super::examine::Facts;
use crate::prepare::page::{NORMAL, Page, Pointer, SIZE, u16_at, u32_at};

/// States of a line pointer.
const UNUSED: u32 = 0;
const REDIRECT: u32 = 2;
/// Rows begin at multiples of this.
const ALIGN: usize = 8;
/// A row's header without its bitmap of absent values.
const HEADER: usize = 23;
/// A row's marks.
const HAS_NULLS: u16 = 0x0001;
const HAS_OID: u16 = 0x0008;
const XMIN_FROZEN: u16 = 0x0300;
const XMAX_COMMITTED: u16 = 0x0400;
const XMAX_INVALID: u16 = 0x0800;
const XMAX_SEVERAL: u16 = 0x1000;
const MOVED: u16 = 0xc000;
/// How many columns it has, in its other marks.
const COLUMNS: u16 = 0x07ff;
/// Numbers below this are no transactions.
const FIRST_NORMAL: u32 = 3;

/// The first thing that is wrong with a row of `page`.
pub(super) fn flaw(page: Page<'_>, facts: &Facts) -> Option<String> {
    (1..=page.count()).find_map(|number| {
        let what = of_pointer(page, page.pointer(number)?, facts)?;
        Some(format!("row {number} {what}"))
    })
}

fn of_pointer(page: Page<'_>, pointer: Pointer, facts: &Facts) -> Option<&'static str> {
    match pointer.state {
        NORMAL => of_row(row(page, pointer)?, facts),
        REDIRECT => {
            let target = u16::try_from(pointer.offset).ok().filter(|to| *to <= page.count());
            let target = target.and_then(|to| page.pointer(to)).filter(|to| to.state != UNUSED);
            target.is_none().then_some("leads to a row that is not there")
        }
        _ => None,
    }
}

/// The row, where it lies in that part of the page which has rows; otherwise that is its flaw.
fn row(page: Page<'_>, pointer: Pointer) -> Option<Result<&[u8], &'static str>> {
    let upper = usize::from(page.u16(14)?);
    let end = pointer.offset + pointer.length;
    let is_within = pointer.offset >= upper && end <= SIZE && pointer.offset.is_multiple_of(ALIGN);
    Some(match page.0.get(pointer.offset..end).filter(|row| is_within && row.len() > HEADER) {
        Some(row) => Ok(row),
        None => Err("is not where rows are"),
    })
}

fn of_row(row: Result<&[u8], &'static str>, facts: &Facts) -> Option<&'static str> {
    let row = match row {
        Ok(row) => row,
        Err(what) => return Some(what),
    };
    let (others, marks, begin) = (u16_at(row, 18)?, u16_at(row, 20)?, usize::from(*row.get(22)?));
    let columns = usize::from(others & COLUMNS);
    let bitmap = if marks & HAS_NULLS == 0 { 0 } else { columns.div_ceil(8) };
    // rows of long ago have one more number in their header, which nothing reads any more
    let has_own_header = marks & HAS_OID != 0 || begin == (HEADER + bitmap).next_multiple_of(ALIGN);
    if begin > row.len() || !has_own_header {
        return Some("has a header of no possible length");
    }
    if marks & (XMAX_SEVERAL | XMAX_COMMITTED) == XMAX_SEVERAL | XMAX_COMMITTED && marks & XMAX_INVALID == 0 {
        return Some("was changed by several transactions that are marked as one");
    }
    let (xmin, xmax) = (u32_at(row, 0)?, u32_at(row, 4)?);
    let is_frozen = marks & XMIN_FROZEN == XMIN_FROZEN || marks & MOVED != 0;
    if !is_frozen && !facts.may_name(xmin) {
        return Some("says that it is of a transaction there cannot have been");
    }
    let is_changed = marks & (XMAX_INVALID | XMAX_SEVERAL) == 0;
    (is_changed && !facts.may_name(xmax)).then_some("was changed by a transaction there cannot have been")
}

impl Facts {
    /// Whether a row may have this number in the place of a transaction.
    fn may_name(&self, transaction: u32) -> bool {
        let (age, ages) = (self.next.wrapping_sub(transaction), self.next.wrapping_sub(self.oldest));
        transaction < FIRST_NORMAL || (1..=ages).contains(&age)
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, flaw};
    use crate::prepare::page::{Page, tests::page};
    use proptest::prelude::*;

    const FACTS: Facts = Facts { checksums: false, log_end: u64::MAX, oldest: 100, next: 200, rows: true };

    /// A row of one column, with these transactions and marks.
    fn row(xmin: u32, xmax: u32, marks: u16) -> Vec<u8> {
        let mut row = vec![0; 32];
        row[..4].copy_from_slice(&xmin.to_le_bytes());
        row[4..8].copy_from_slice(&xmax.to_le_bytes());
        row[18] = 1;
        row[20..22].copy_from_slice(&marks.to_le_bytes());
        row[22] = 24;
        row
    }

    fn said(rows: &[Vec<u8>]) -> Option<String> {
        flaw(Page(&page(rows, &[])), &FACTS)
    }

    #[test]
    fn rows_as_servers_write_them_are_sound() {
        let mut many = row(150, 0, 0x0801);
        (many[18], many[22]) = (12, 32);
        many.resize(48, 0);
        let sound = [
            row(150, 0, 0x0900),
            row(7, 0, 0x0b00),
            row(100, 199, 0x0100),
            row(1, 9, 0x1080),
            row(2, 5, 0x0800),
            many,
        ];
        assert_eq!(said(&sound), None);
    }

    #[test]
    fn fault_f10_rows_that_no_server_writes_are_told() {
        let with = |at: usize, value: u8| {
            let mut row = row(150, 0, 0x0900);
            row[at] = value;
            row
        };
        for (row, what) in [
            (row(99, 0, 0x0900), "is of a transaction there cannot"),
            (row(200, 0, 0x0900), "is of a transaction there cannot"),
            (row(150, 300, 0x0100), "changed by a transaction there cannot"),
            (row(150, 5, 0x1500), "marked as one"),
            (with(22, 40), "header of no possible length"),
            (with(22, 28), "header of no possible length"),
            (with(20, 1), "None"),
        ] {
            let said = format!("{:?}", said(&[row]));
            assert!(said.contains(what), "{said}: {what}");
        }
    }

    #[test]
    fn fault_f10_a_line_pointer_that_leads_nowhere_is_told() {
        let pointed = |word: u32| {
            let mut bytes = page(&[row(150, 0, 0x0900), row(150, 0, 0x0900)], &[]);
            bytes[24..28].copy_from_slice(&word.to_le_bytes());
            flaw(Page(&bytes), &FACTS)
        };
        assert_eq!(pointed(2 | 2 << 15), None);
        assert_eq!(pointed(0), None);
        assert!(pointed(3 | 2 << 15).unwrap().contains("leads to a row that is not there"));
        for word in [
            0x40 | 1 << 15 | 0x20 << 17,
            0x1fe0 | 1 << 15 | 0x40 << 17,
            0x1fe1 | 1 << 15 | 0x1f << 17,
            0x1fe0 | 1 << 15 | 8 << 17,
        ] {
            assert!(pointed(word).unwrap().contains("row 1 is not where rows are"), "{word:x}");
        }
    }

    proptest! {
        #[test]
        fn no_page_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = flaw(Page(&bytes), &FACTS);
        }
    }
}
