//! What the rows of one page of a table say of themselves.
//!
//! Input: a page of a table, the log of transactions. Output: how many rows it has room for and whether it says that all
//! see them; a row whose marks contradict the log. Must not: judge what `verify_heapam` does: it trusts these marks.

use super::transactions::{Status, Transactions};
use crate::prepare::page::{NORMAL, Page, u16_at, u32_at};

/// A page's flag: everybody sees all of its rows.
const ALL_VISIBLE: u16 = 0x0004;
/// A row's marks.
const XMAX_LOCKED_ONLY: u16 = 0x0080;
const XMIN_COMMITTED: u16 = 0x0100;
const XMIN_INVALID: u16 = 0x0200;
const XMAX_COMMITTED: u16 = 0x0400;
const XMAX_INVALID: u16 = 0x0800;
const XMAX_SEVERAL: u16 = 0x1000;
const XMIN_FROZEN: u16 = XMIN_COMMITTED | XMIN_INVALID;
const MOVED: u16 = 0xc000;
/// Row numbers from here on are no places.
const NO_PLACE: u16 = 0xfffd;

/// Two bytes for each page of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note(u16);

impl Note {
    pub(super) fn of(page: Page<'_>) -> Self {
        let visible = page.u16(10).is_some_and(|flags| flags & ALL_VISIBLE != 0);
        Self(page.count() << 1 | u16::from(visible))
    }

    /// How many rows there is room for.
    pub(super) fn rows(self) -> u16 {
        self.0 >> 1
    }

    /// Whether the page says that everybody sees all of them.
    pub(super) fn is_all_visible(self) -> bool {
        self.0 & 1 == 1
    }
}

/// The first row that is marked with another end of its transaction than the log of transactions has.
///
/// A mark is only set once the log has it, and the log is written before the mark is.
pub(super) fn contradiction(page: Page<'_>, transactions: &mut Transactions) -> Option<String> {
    (1..=page.count()).find_map(|number| {
        let pointer = page.pointer(number).filter(|pointer| pointer.state == NORMAL)?;
        let what = of_row(page.0.get(pointer.offset..)?, transactions)?;
        Some(format!("row {number} {what}"))
    })
}

/// Another block of which all rows of this page say that they are.
///
/// A row that nobody changed names its own place. One whose change was undone may name another, also once vacuum has
/// cleared the marks of that: but it froze the row then, or left rows beside it that nobody tried to change.
pub(super) fn elsewhere(block: u32, page: Page<'_>) -> Option<String> {
    let places = (1..=page.count()).filter_map(|number| {
        let pointer = page.pointer(number).filter(|pointer| pointer.state == NORMAL)?;
        unchanged_at(page.0.get(pointer.offset..)?).map(|place| (number, place))
    });
    let (mut rows, mut named) = (0_u32, None);
    for (number, (of, at)) in places {
        if at != number || of == block || *named.get_or_insert(of) != of {
            return None;
        }
        rows += 1;
    }
    let named = named.filter(|_| rows > 1)?;
    Some(format!("its {rows} rows say that they are of block {named}"))
}

/// The place that a row names which was not frozen, and which nobody changed or locked.
fn unchanged_at(row: &[u8]) -> Option<(u32, u16)> {
    let (marks, xmax, number) = (u16_at(row, 20)?, u32_at(row, 4)?, u16_at(row, 16)?);
    let is_frozen = marks & XMIN_FROZEN == XMIN_FROZEN;
    if is_frozen || xmax != 0 || marks & (MOVED | XMAX_INVALID) != XMAX_INVALID || number >= NO_PLACE {
        return None;
    }
    Some((u32::from(u16_at(row, 12)?) << 16 | u32::from(u16_at(row, 14)?), number))
}

fn of_row(row: &[u8], transactions: &mut Transactions) -> Option<String> {
    let marks = u16_at(row, 20)?;
    if marks & MOVED != 0 {
        return None;
    }
    let (xmin, xmax) = (u32_at(row, 0)?, u32_at(row, 4)?);
    let inserted = match marks & (XMIN_COMMITTED | XMIN_INVALID) {
        XMIN_COMMITTED => differs(xmin, true, transactions),
        XMIN_INVALID => differs(xmin, false, transactions),
        _ => None,
    };
    let is_deleted =
        marks & (XMAX_INVALID | XMAX_SEVERAL | XMAX_LOCKED_ONLY | XMAX_COMMITTED) == XMAX_COMMITTED;
    inserted.or_else(|| differs(xmax, true, transactions).filter(|_| is_deleted))
}

fn differs(transaction: u32, committed: bool, transactions: &mut Transactions) -> Option<String> {
    let word = |committed| if committed { "committed" } else { "ended without effect" };
    let says = match transactions.status(transaction) {
        Status::Committed if !committed => word(true),
        Status::Other if committed => "not committed",
        Status::Missing => "missing",
        Status::Committed | Status::Other | Status::Unknown => return None,
    };
    Some(format!(
        "says that transaction {transaction} {}, where its log in pg_xact says {says}",
        word(committed)
    ))
}

#[cfg(test)]
mod tests {
    use super::{Note, Transactions, contradiction, elsewhere};
    use crate::prepare::page::{Page, tests::page};
    use proptest::prelude::*;

    /// A row of transactions 10 and 11 with these marks.
    fn row(marks: u16) -> Vec<u8> {
        let mut row = vec![0; 32];
        row[0] = 10;
        row[4] = 11;
        row[20..22].copy_from_slice(&marks.to_le_bytes());
        row[22] = 24;
        row
    }

    /// What is found where 10 and 11 ended like this.
    fn found(marks: u16, ended: [u8; 2]) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("pg_xact")).unwrap();
        let mut log = vec![0; 8192];
        log[2] = ended[0] << 4 | ended[1] << 6;
        std::fs::write(dir.path().join("pg_xact/0000"), log).unwrap();
        let mut transactions = Transactions::below(dir.path(), 3, 100);
        contradiction(Page(&page(&[row(marks)], &[])), &mut transactions)
    }

    #[test]
    fn a_row_whose_marks_agree_with_the_log_is_sound() {
        for (marks, ended) in
            [(0x0900, [1, 0]), (0x0a00, [2, 0]), (0x0500, [1, 1]), (0x0b00, [0, 0]), (0, [0, 0])]
        {
            assert_eq!(found(marks, ended), None, "{marks:x}");
        }
    }

    #[test]
    fn fault_f16_a_log_of_transactions_that_was_zeroed_is_told_by_the_first_row_that_knows_better() {
        let what = found(0x0900, [0, 0]).unwrap();
        assert!(what.starts_with("row 1 says that transaction 10 committed"), "{what}");
        assert!(found(0x0500, [1, 0]).unwrap().contains("transaction 11"));
    }

    #[test]
    fn fault_f10_a_row_marked_as_never_there_whose_transaction_committed_is_told() {
        assert!(found(0x0a00, [1, 0]).is_some());
    }

    /// A page of rows with these transactions that changed them, which say that they are at these places.
    fn placed(rows: &[(u32, u16, u16)], marks: u16) -> Vec<u8> {
        let row = |(xmax, block, number): &(u32, u16, u16)| {
            let mut row = row(marks);
            row[4..8].copy_from_slice(&xmax.to_le_bytes());
            row[14..16].copy_from_slice(&block.to_le_bytes());
            row[16..18].copy_from_slice(&number.to_le_bytes());
            row
        };
        page(&rows.iter().map(row).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn fault_f10_a_page_whose_rows_are_of_another_block_is_told() {
        let bytes = placed(&[(0, 7, 1), (9, 3, 3), (0, 7, 3)], 0x0900);
        assert_eq!(elsewhere(3, Page(&bytes)).unwrap(), "its 2 rows say that they are of block 7");
        assert_eq!(elsewhere(7, Page(&bytes)), None);
    }

    #[test]
    fn rows_whose_change_was_undone_are_where_they_are() {
        let changed = placed(&[(11, 7, 1), (11, 7, 2)], 0x0900);
        let frozen = placed(&[(0, 7, 1), (0, 7, 2)], 0x0b00);
        let some = placed(&[(0, 7, 1), (0, 3, 2), (0, 7, 3)], 0x0900);
        let one = placed(&[(0, 7, 1)], 0x0900);
        let being_inserted = placed(&[(0, 7, 0xfffe), (0, 7, 0xfffe)], 0x0900);
        for sound in [changed, frozen, some, one, being_inserted] {
            assert_eq!(elsewhere(3, Page(&sound)), None);
        }
    }

    #[test]
    fn a_page_is_remembered_by_its_rows_and_whether_all_see_them() {
        let mut bytes = page(&[b"a".to_vec(), b"b".to_vec()], &[]);
        assert_eq!((Note::of(Page(&bytes)).rows(), Note::of(Page(&bytes)).is_all_visible()), (2, false));
        bytes[10] = 4;
        assert!(Note::of(Page(&bytes)).is_all_visible());
    }

    proptest! {
        #[test]
        fn no_page_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut transactions = Transactions::below(std::path::Path::new("/absent"), 3, 100);
            let _ = (contradiction(Page(&bytes), &mut transactions), elsewhere(1, Page(&bytes)));
        }
    }
}
