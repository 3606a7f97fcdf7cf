//! A part of check `databases`: what the last good run had is still there.
//!
//! Input: rows by database, of then and of now. Output: what is missing, with both figures. Must not: take a database
//! whose rows could not be counted for an empty one, or fewer rows for damage.

use super::{Outcome, listed};
use crate::text::printable;
use contract::pods::{CheckResult, RowCounts};

/// With so many times the rows of now or more, the last good run's are told.
const TOLD_FROM: u64 = 2;

/// Holds `now`, every database there is, against `before`; none where nothing is known of before.
pub(in crate::prepare) fn compare(before: &RowCounts, now: &RowCounts) -> Option<Outcome> {
    if before.is_empty() {
        return None;
    }
    let scope = format!("rows of {} databases of the last good run", before.iter().len());
    let lost: Vec<String> = before.iter().filter_map(|(name, rows)| lost(name, rows, now)).collect();
    if !lost.is_empty() {
        return Some(Outcome::other(CheckResult::Failed, scope, listed(&lost)));
    }
    let fewer: Vec<String> = before.iter().filter_map(|(name, rows)| fewer(name, rows?, now)).collect();
    let detail = (!fewer.is_empty()).then(|| listed(&fewer));
    Some(Outcome { detail, ..Outcome::passed(scope) })
}

/// What is said of a database that is gone, or emptied.
fn lost(name: &str, before: Option<u64>, now: &RowCounts) -> Option<String> {
    let shown = printable(name.as_bytes());
    let is_there = now.iter().any(|(there, _)| there == name);
    match before {
        Some(rows) if !is_there => {
            Some(format!("{shown}: is gone, with its {rows} rows of the last good run"))
        }
        None if !is_there => Some(format!("{shown}: is gone, and was there in the last good run")),
        Some(rows) if rows > 0 && now.of(name) == Some(0) => {
            Some(format!("{shown}: has 0 rows, and had {rows} in the last good run"))
        }
        Some(_) | None => None,
    }
}

fn fewer(name: &str, before: u64, now: &RowCounts) -> Option<String> {
    let rows = now.of(name)?;
    let many = rows.checked_mul(TOLD_FROM).is_some_and(|many| before > 0 && many <= before);
    many.then(|| {
        format!("{}: has {rows} rows, and had {before} in the last good run", printable(name.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::compare;
    use contract::pods::{CheckResult, RowCounts};
    use proptest::prelude::*;

    fn counts(of: &[(&str, Option<u64>)]) -> RowCounts {
        of.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect()
    }

    fn said(before: &[(&str, Option<u64>)], now: &[(&str, Option<u64>)]) -> (CheckResult, String) {
        let outcome = compare(&counts(before), &counts(now)).unwrap();
        (outcome.result, outcome.detail.unwrap_or_default())
    }

    #[test]
    fn without_a_last_good_run_nothing_is_compared() {
        assert_eq!(compare(&RowCounts::default(), &counts(&[("app", Some(0))])), None);
    }

    #[test]
    fn a_database_that_is_gone_or_emptied_is_named_with_both_figures() {
        let before = [("app", Some(20)), ("old", Some(3)), ("unread", None), ("empty", Some(0))];
        let (result, detail) = said(&before, &[("app", Some(0)), ("empty", Some(0)), ("new", Some(1))]);
        assert_eq!(result, CheckResult::Failed);
        let expected = "app: has 0 rows, and had 20 in the last good run; old: is gone, with its 3 rows of the last good \
                        run; unread: is gone, and was there in the last good run";
        assert_eq!(detail, expected);
    }

    #[test]
    fn half_the_rows_or_fewer_are_told_and_no_failure() {
        let told = "app: has 10 rows, and had 20 in the last good run";
        assert_eq!(said(&[("app", Some(20))], &[("app", Some(10))]), (CheckResult::Passed, told.into()));
        assert_eq!(said(&[("app", Some(20))], &[("app", Some(11))]), (CheckResult::Passed, String::new()));
    }

    #[test]
    fn what_could_not_be_counted_is_not_taken_for_empty() {
        for (before, now) in [(Some(20), None), (None, Some(0)), (None, None), (Some(0), Some(0))] {
            assert_eq!(said(&[("app", before)], &[("app", now)]), (CheckResult::Passed, String::new()));
        }
    }

    proptest! {
        #[test]
        fn what_did_not_shrink_passes_without_a_word(rows in proptest::collection::btree_map(".{1,63}", 0..u64::MAX / 2, 1..5)) {
            let before: RowCounts = rows.clone().into_iter().map(|(name, rows)| (name, Some(rows))).collect();
            let now: RowCounts = rows.into_iter().map(|(name, rows)| (name, Some(rows + 1))).collect();
            let outcome = compare(&before, &now).unwrap();
            prop_assert_eq!((outcome.result, outcome.detail), (CheckResult::Passed, None));
        }
    }
}
