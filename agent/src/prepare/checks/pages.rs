//! Checks `pages` and `checksums`: every page of every relation, read once from its files.
//!
//! Input: a superuser's sessions, the data directory of a server on which nobody works, a time budget. Output: both
//! checks, with damage by database, relation and block. Must not: write, or call damaged what a crash leaves behind, or
//! files that belong to no relation.
//!
//! It finds what no statement can: a page of zeroes is a page without rows to the server, checksums or not, and a table
//! without its end is merely shorter. But no index ever points to a row whose page was not written before it.
//! And it is the only check of indexes that are not btrees.

mod btree;
mod entries;
mod examine;
mod files;
mod forks;
mod gin;
mod heap;
mod kinds;
mod links;
mod relations;
mod rows;
mod transactions;
mod visibility;

use super::{Budget, Outcome, batch::sessions, tally::Tally};
use crate::{
    prepare::{
        server::Place,
        session::{Access, said},
    },
    text::chain,
};
use contract::pods::CheckResult;
use examine::{Examiner, Facts, Finding};
use futures::{StreamExt, stream};
use relations::Family;
use std::{cell::RefCell, path::Path};
use tokio_postgres::{Client, Error};

const CHECKPOINT: &str = include_str!("../sql/checkpoint.sql");
const FACTS: &str = include_str!("../sql/pages_facts.sql");

/// From this version on, `verify_heapam` looks at what rows are made of.
const HEAP_CHECK_SINCE: u16 = 14;

/// What came of one reading of all files: of the pages, and of their checksums.
pub(in crate::prepare) struct Read {
    /// Check `pages`.
    pub(in crate::prepare) pages: Outcome,
    /// Check `checksums`.
    pub(in crate::prepare) checksums: Outcome,
}

/// Runs it over `databases`.
pub(in crate::prepare) async fn pages(
    access: &Access<'_>,
    first: &Client,
    databases: &[String],
    place: Place<'_>,
    checksums: bool,
    budget: Budget,
) -> Read {
    let facts = match facts(first, checksums, access.major < HEAP_CHECK_SINCE).await {
        Ok(facts) => facts,
        Err(error) => return Read::none(&said(&error), checksums),
    };
    let tallies = RefCell::new(Tallies::new(budget));
    let mut families = Vec::new();
    for database in databases {
        match list(access, database, place.data_dir).await {
            Ok(listed) => families.extend(listed.into_iter().map(|family| (database, family))),
            Err(error) => tallies.borrow_mut().closed(&format!("{database}: {}", said(&error))),
        }
    }
    let files = Examiner { data_dir: place.data_dir.to_owned(), facts, budget };
    tallies.borrow_mut().plan(&families.iter().flat_map(|(_, family)| family.sizes()).collect::<Vec<_>>());
    stream::iter(families)
        .for_each_concurrent(sessions(place.memory_bytes), async |(database, family)| {
            let sizes: Vec<u64> = family.sizes().collect();
            let files = files.clone();
            let examined = tokio::task::spawn_blocking(move || files.family(&family)).await;
            let mut tallies = tallies.borrow_mut();
            match examined {
                Ok(findings) => tallies.judge(database, &sizes, findings),
                Err(error) => tallies.left_out(&format!("{database}: {}", chain(&error))),
            }
        })
        .await;
    tallies.into_inner().read(databases.len(), checksums)
}

/// Read at the log's end, after all is written.
async fn facts(first: &Client, checksums: bool, rows: bool) -> Result<Facts, Error> {
    write_out(first).await?;
    let row = first.query_one(FACTS, &[]).await?;
    let log_end: i64 = row.try_get(0)?;
    Ok(Facts {
        checksums,
        log_end: u64::try_from(log_end).unwrap_or(u64::MAX),
        oldest: low_half(row.try_get(1)?),
        next: low_half(row.try_get(2)?),
        rows,
    })
}

/// The number rows have of a transaction.
fn low_half(number: i64) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or(0)
}

/// What the server changed while it recovered has to be in the files before they are looked at.
async fn write_out(first: &Client) -> Result<(), Error> {
    first.batch_execute(CHECKPOINT).await
}

async fn list(access: &Access<'_>, database: &str, data_dir: &Path) -> Result<Vec<Family>, Error> {
    let mut families = relations::list(&access.connect(database).await?, data_dir).await?;
    // from this version on, they may come from another cluster
    if access.major >= 18 {
        for family in &mut families {
            family.table.pages = 0;
        }
    }
    Ok(families)
}

/// Of both checks.
struct Tallies {
    pages: Tally,
    checksums: Tally,
}

impl Tallies {
    fn new(budget: Budget) -> Self {
        Self {
            pages: Tally::new("pages", budget.total()),
            checksums: Tally::new("checksums", budget.total()),
        }
    }

    fn plan(&mut self, sizes: &[u64]) {
        self.pages.plan(sizes.iter().copied());
        self.checksums.plan(sizes.iter().copied());
    }

    /// A database did not open: its pages cannot be named, which says nothing of their checksums.
    fn closed(&mut self, why: &str) {
        self.pages.damaged(why.to_owned());
        self.checksums.left_out(why.to_owned());
    }

    fn left_out(&mut self, why: &str) {
        self.pages.left_out(why.to_owned());
        self.checksums.left_out(why.to_owned());
    }

    fn judge(&mut self, database: &str, sizes: &[u64], findings: Vec<Finding>) {
        let is_sum = |finding: &Finding| matches!(finding, Finding::Checksum(_));
        for bytes in sizes {
            if findings.iter().all(is_sum) {
                self.pages.sound(*bytes);
            }
            if findings.is_empty() {
                self.checksums.sound(*bytes);
            }
        }
        for finding in findings {
            match finding {
                Finding::Checksum(what) => self.checksums.damaged(format!("{database}.{what}")),
                Finding::Damage(what) => {
                    self.checksums.left_out(format!("{database}.{what}"));
                    self.pages.damaged(format!("{database}.{what}"));
                }
                Finding::OutOfTime => {
                    self.pages.out_of_time();
                    self.checksums.out_of_time();
                }
                Finding::Unreadable(what) => self.left_out(&format!("{database}.{what}")),
            }
        }
    }

    fn read(self, databases: usize, checksums: bool) -> Read {
        let what = format!("every page of {databases} databases");
        let pages = self.pages.outcome(&what);
        let checksums = if checksums { self.checksums.outcome(&what) } else { disabled() };
        Read { pages, checksums }
    }
}

impl Read {
    fn none(why: &str, checksums: bool) -> Self {
        let skipped = || Outcome::other(CheckResult::Skipped, "nothing", why);
        let pages = Outcome::other(CheckResult::Failed, "nothing", why);
        Self { pages, checksums: if checksums { skipped() } else { disabled() } }
    }
}

fn disabled() -> Outcome {
    Outcome::other(CheckResult::Unavailable, "nothing", "checksums are not enabled in the source")
}

#[cfg(test)]
mod tests {
    use super::{Finding, Tallies, low_half};
    use crate::prepare::checks::Budget;
    use contract::pods::CheckResult;
    use std::time::Duration;

    fn judged(findings: Vec<Finding>, checksums: bool) -> (CheckResult, CheckResult) {
        let mut tallies = Tallies::new(Budget::start(Duration::from_mins(1)));
        tallies.plan(&[1]);
        tallies.judge("app", &[1], findings);
        let read = tallies.read(1, checksums);
        (read.pages.result, read.checksums.result)
    }

    #[tokio::test]
    async fn fault_f10_a_wrong_checksum_fails_its_own_check_and_damage_lets_neither_pass() {
        use CheckResult::{Failed, Passed, Skipped, Unavailable};
        let sum = || Finding::Checksum("t block 1".into());
        assert_eq!(judged(vec![], true), (Passed, Passed));
        assert_eq!(judged(vec![sum()], true), (Passed, Failed));
        assert_eq!(judged(vec![Finding::Damage("t".into())], true), (Failed, Skipped));
        assert_eq!(judged(vec![Finding::OutOfTime], true), (Skipped, Skipped));
        assert_eq!(judged(vec![], false), (Passed, Unavailable));
    }

    #[test]
    fn a_row_knows_the_lower_half_of_a_transactions_number() {
        assert_eq!(low_half(0x7_0000_0005), 5);
    }
}
