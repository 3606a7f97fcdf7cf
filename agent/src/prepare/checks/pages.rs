//! Check `pages`: every page of every relation, read from its files.
//!
//! Input: a superuser's sessions, the data directory of a server on which nobody works, a time budget. Output: the
//! check, with damage by database, relation and block. Must not: write, or call damaged what a crash leaves behind.
//!
//! It finds what no statement can: a page of zeroes is a page without rows to the server, checksums or not, and a table
//! without its end is merely shorter. But no index ever points to a row whose page was not written before it.
//! And it is the only check of indexes that are not btrees.

mod btree;
mod examine;
mod files;
mod relations;

use super::{Budget, Outcome, batch::sessions, tally::Tally};
use crate::{
    prepare::session::{Access, said},
    text::chain,
};
use contract::pods::CheckResult;
use examine::{Examiner, Finding};
use futures::{StreamExt, stream};
use relations::Family;
use std::{cell::RefCell, path::Path};
use tokio_postgres::{Client, Error};

const CHECKPOINT: &str = include_str!("../sql/checkpoint.sql");

/// Runs it over `databases`.
pub(in crate::prepare) async fn pages(
    access: &Access<'_>,
    first: &Client,
    databases: &[String],
    data_dir: &Path,
    memory_bytes: u64,
    budget: Budget,
) -> Outcome {
    if let Err(error) = write_out(first).await {
        return Outcome::other(CheckResult::Failed, "nothing", said(&error));
    }
    let tally = RefCell::new(Tally::new("pages", budget.total()));
    let mut families = Vec::new();
    for database in databases {
        match list(access, database).await {
            Ok(listed) => families.extend(listed.into_iter().map(|family| (database, family))),
            Err(error) => tally.borrow_mut().damaged(format!("{database}: {}", said(&error))),
        }
    }
    let files = Examiner { data_dir: data_dir.to_owned(), budget };
    tally.borrow_mut().plan(families.iter().flat_map(|(_, family)| family.sizes()));
    stream::iter(families)
        .for_each_concurrent(sessions(memory_bytes), async |(database, family)| {
            let sizes: Vec<u64> = family.sizes().collect();
            let files = files.clone();
            let examined = tokio::task::spawn_blocking(move || files.family(&family)).await;
            let mut tally = tally.borrow_mut();
            match examined {
                Ok(findings) => judge(database, &sizes, findings, &mut tally),
                Err(error) => tally.left_out(format!("{database}: {}", chain(&error))),
            }
        })
        .await;
    tally.into_inner().outcome(&format!("every page of {} databases", databases.len()))
}

/// What the server changed while it recovered has to be in the files before they are looked at.
async fn write_out(first: &Client) -> Result<(), Error> {
    first.batch_execute(CHECKPOINT).await
}

async fn list(access: &Access<'_>, database: &str) -> Result<Vec<Family>, Error> {
    relations::list(&access.connect(database).await?).await
}

fn judge(database: &str, sizes: &[u64], findings: Vec<Finding>, tally: &mut Tally) {
    if findings.is_empty() {
        for bytes in sizes {
            tally.sound(*bytes);
        }
    }
    for finding in findings {
        match finding {
            Finding::Damage(what) => tally.damaged(format!("{database}.{what}")),
            Finding::OutOfTime => tally.out_of_time(),
            Finding::Unreadable(what) => tally.left_out(format!("{database}.{what}")),
        }
    }
}
