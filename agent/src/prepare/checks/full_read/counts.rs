//! Rows of users' tables, by database.
//!
//! Input: how many tables there are, and the rows of each that was read. Output: a sum for each database. Must not: give
//! a sum where a table was not read to its end.

use contract::pods::RowCounts;
use std::collections::BTreeMap;

/// Running sums.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<String, Count>);

#[derive(Debug, Default)]
struct Count {
    unread: usize,
    rows: u64,
}

impl Counts {
    /// So many tables of `database` are to be read.
    pub(super) fn plan(&mut self, database: &str, tables: usize) {
        self.0.insert(database.to_owned(), Count { unread: tables, rows: 0 });
    }

    /// One of them was, and had so many.
    pub(super) fn read(&mut self, database: &str, rows: u64) {
        if let Some(count) = self.0.get_mut(database) {
            count.unread = count.unread.saturating_sub(1);
            count.rows = count.rows.saturating_add(rows);
        }
    }

    /// The sums.
    pub(super) fn rows(self) -> RowCounts {
        self.0.into_iter().map(|(name, count)| (name, (count.unread == 0).then_some(count.rows))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn a_database_has_a_sum_once_all_its_tables_were_read() {
        let mut counts = Counts::default();
        for (name, tables) in [("all", 2), ("some", 2), ("none", 0)] {
            counts.plan(name, tables);
        }
        for (name, rows) in [("all", 7), ("some", 5), ("all", 1), ("unplanned", 1)] {
            counts.read(name, rows);
        }
        assert_eq!(counts.rows().to_string(), r#"{"all":8,"none":0,"some":null}"#);
    }
}
