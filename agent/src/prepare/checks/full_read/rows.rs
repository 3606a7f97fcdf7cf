//! The rows of a table as they pass.
//!
//! Input: lines of COPY's text form whose first field is the row's place. Output: where the last one was, and the first
//! that is not valid text or holds a number that is none. Must not: keep a row.

use crate::text::printable;

/// A place is written as `(4294967295,65535)` at most.
const PLACE_MAX: usize = 20;

/// What is remembered of them.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    checks_text: bool,
    decimals: &'a [usize],
    count: u64,
    last: Option<String>,
    invalid: Option<String>,
}

impl<'a> Rows<'a> {
    /// None yet; `checks_text` where the server promises UTF-8, and `decimals` which columns are decimal numbers.
    pub(super) fn new(checks_text: bool, decimals: &'a [usize]) -> Self {
        Self { checks_text, decimals, count: 0, last: None, invalid: None }
    }

    /// One more row.
    pub(super) fn push(&mut self, row: &[u8]) {
        self.count += 1;
        let place = place(row);
        if self.invalid.is_none()
            && let Some(what) = self.flaw(row)
        {
            self.invalid = place.map(|(block, row)| format!(" block {block}: row {row} has {what}"));
        }
        if let Some((block, row)) = place {
            let last = self.last.get_or_insert_default();
            last.clear();
            last.extend(["(", block, ",", row, ")"]);
        }
    }

    /// The server looks neither whether text is valid, nor whether digits of a number are digits.
    fn flaw(&self, row: &[u8]) -> Option<&'static str> {
        if self.checks_text && std::str::from_utf8(row).is_err() {
            return Some("text that is not valid in the database's encoding");
        }
        let (mut fields, mut passed) = (row.split(|&byte| byte == b'\t' || byte == b'\n'), 0);
        for decimal in self.decimals {
            let field = fields.nth(decimal - passed)?;
            passed = decimal + 1;
            if !is_decimal(field) {
                return Some("a decimal number with digits that are none");
            }
        }
        None
    }

    /// How many came.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The first row with text no client could read, if there is one.
    pub(super) fn invalid(&self) -> Option<&str> {
        self.invalid.as_deref()
    }

    /// For an error: the row after which it came.
    pub(super) fn place(&self) -> String {
        self.last
            .as_ref()
            .map_or_else(String::new, |place| format!(" after row {}", printable(place.as_bytes())))
    }
}

/// Whether it is a number as the server writes it, or none.
fn is_decimal(field: &[u8]) -> bool {
    [&b"\\N"[..], b"NaN", b"Infinity", b"-Infinity"].contains(&field)
        || field.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

/// Block and number of a row.
fn place(row: &[u8]) -> Option<(&str, &str)> {
    let end = row.iter().take(PLACE_MAX).position(|&byte| byte == b')')?;
    std::str::from_utf8(row[..end].strip_prefix(b"(")?).ok()?.split_once(',')
}

#[cfg(test)]
mod tests {
    use super::Rows;
    use proptest::prelude::*;

    #[test]
    fn an_error_is_placed_after_the_last_row_that_came() {
        let mut rows = Rows::new(true, &[]);
        assert_eq!(rows.place(), "");
        rows.push(b"(7,1)\ta\n");
        rows.push(b"(7,12)\tb\n");
        assert_eq!(rows.place(), " after row (7,12)");
        assert_eq!(rows.count(), 2);
        assert_eq!(rows.invalid(), None);
    }

    #[test]
    fn fault_f10_the_first_row_whose_text_is_torn_is_told_with_its_block() {
        let mut rows = Rows::new(true, &[]);
        for row in [&b"(7,1)\tgood\n"[..], b"(8,3)\t\xff\xfe\n", b"(9,9)\t\xff\n"] {
            rows.push(row);
        }
        assert!(rows.invalid().unwrap().starts_with(" block 8: row 3 has text"));
    }

    #[test]
    fn a_database_that_promises_no_encoding_is_not_held_to_one() {
        let mut rows = Rows::new(false, &[]);
        rows.push(b"(8,3)\t\xff\n");
        assert_eq!(rows.invalid(), None);
    }

    #[test]
    fn fault_f10_a_number_whose_digits_are_none_is_told_with_its_block() {
        let decimals = [2, 4];
        let mut rows = Rows::new(true, &decimals);
        for row in
            [&b"(0,1)\ta\t1.25\tx\t-3\n"[..], b"(0,2)\t\\N\tNaN\t\t\\N\n", b"(0,3)\t?\tInfinity\t?\t0\n"]
        {
            rows.push(row);
        }
        assert_eq!(rows.invalid(), None);
        rows.push(b"(5,6)\ta\t1\tx\t1:9.5\n");
        assert_eq!(rows.invalid(), Some(" block 5: row 6 has a decimal number with digits that are none"));
    }

    proptest! {
        #[test]
        fn no_row_breaks_it(rows in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..4)) {
            let decimals = [1, 3];
            let mut seen = Rows::new(true, &decimals);
            for row in &rows {
                seen.push(row);
            }
            let _ = (seen.place(), seen.invalid());
        }
    }
}
