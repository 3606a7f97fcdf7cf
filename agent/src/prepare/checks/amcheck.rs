//! Check `amcheck`: the structure of every btree index and heap, in every database.
//!
//! Input: a superuser's sessions, a time budget. Output: the check, with damage by database, relation and block.
//! Must not: trust a function of the source that only looks like amcheck's, run a function of the source, or pass where
//! anything was left out.

mod relations;
mod tools;

use super::{
    Budget, Outcome,
    batch::{cut, sessions},
    tally::Tally,
};
use crate::prepare::{
    collation::Stale,
    session::{Access, Verdict, said},
};
use contract::pods::CheckResult;
use futures::{StreamExt, stream};
use relations::{Kind, Relation};
use std::{cell::RefCell, time::Duration};
use tokio::time::timeout;
use tokio_postgres::{Client, Error};
use tools::{Tools, ToolsError};

/// The server's own timeout comes first; this is for a server that does not answer any more.
const MARGIN: Duration = Duration::from_secs(10);

/// One database, and how it is checked.
struct Planned<'a> {
    database: &'a String,
    tools: Tools,
}

/// Which indexes are checked when.
#[derive(Debug, Clone, Copy)]
pub(in crate::prepare) enum Pass<'a> {
    /// All but these: they are in an order that is not this image's.
    Before(&'a [Stale]),
    /// These alone, rebuilt.
    After(&'a [Stale]),
}

/// One checking of many databases.
struct Checking<'a> {
    access: &'a Access<'a>,
    pass: Pass<'a>,
    budget: Budget,
    tally: RefCell<Tally>,
}

/// Runs it over `databases`.
pub(in crate::prepare) async fn amcheck(
    access: &Access<'_>,
    databases: &[String],
    pass: Pass<'_>,
    memory_bytes: u64,
    budget: Budget,
) -> Outcome {
    let tally = RefCell::new(Tally::new("amcheck", budget.total()));
    let checking = Checking { access, pass, budget, tally };
    let (mut planned, mut batches) = (Vec::new(), Vec::new());
    for database in databases {
        match checking.plan(database).await {
            Ok((tools, relations)) => {
                batches.extend(relations.into_iter().map(|batch| (planned.len(), batch)));
                planned.push(Planned { database, tools });
            }
            Err(ToolsError::Unavailable(why)) => {
                return Outcome::other(CheckResult::Unavailable, "nothing", why);
            }
            Err(ToolsError::Sql(error)) => checking.damaged(database, &error),
        }
    }
    let (checking, planned) = (&checking, &planned);
    stream::iter(batches)
        .for_each_concurrent(sessions(memory_bytes), async |(index, batch)| {
            checking.batch(&planned[index], &batch).await;
        })
        .await;
    for Planned { database, tools } in planned {
        if let Err(error) = checking.clear(database, tools).await {
            checking.damaged(database, &error);
        }
    }
    let heaps = planned.iter().all(|planned| planned.tools.heap.is_some());
    let what = if heaps { "btree indexes and heaps" } else { "btree indexes (no heaps before 14)" };
    checking
        .tally
        .replace(Tally::new("amcheck", budget.total()))
        .outcome(&format!("{what} of {} databases", databases.len()))
}

impl Pass<'_> {
    fn includes(self, database: &str, oid: u32) -> bool {
        let is_stale = |stale: &[Stale]| {
            let of = stale.iter().find(|stale| stale.database == database);
            of.is_some_and(|stale| stale.indexes.iter().any(|index| index.oid == oid))
        };
        match self {
            Self::Before(stale) => !is_stale(stale),
            Self::After(stale) => is_stale(stale),
        }
    }
}

impl Checking<'_> {
    async fn plan(&self, database: &str) -> Result<(Tools, Vec<Vec<Relation>>), ToolsError> {
        let client = self.access.connect(database).await?;
        let tools = Tools::find_or_make(&client).await?;
        let mut relations = relations::list(&client, tools.heap.is_some()).await?;
        relations.retain(|relation| self.pass.includes(database, relation.oid));
        let all = relations.len();
        relations.retain(|relation| !relation.locked);
        self.tally.borrow_mut().locked(all - relations.len());
        self.tally.borrow_mut().plan(relations.iter().map(|relation| relation.bytes));
        Ok((tools, cut(relations, |relation| relation.bytes)))
    }

    async fn batch(&self, planned: &Planned<'_>, batch: &[Relation]) {
        if self.budget.left().is_zero() {
            return self.tally.borrow_mut().out_of_time();
        }
        match self.access.connect(planned.database).await {
            Ok(client) => self.relations(&client, planned, batch).await,
            Err(error) => self.damaged(planned.database, &error),
        }
    }

    async fn relations(&self, client: &Client, planned: &Planned<'_>, batch: &[Relation]) {
        let database = planned.database;
        for relation in batch {
            if self.budget.left().is_zero() {
                return self.tally.borrow_mut().out_of_time();
            }
            let checked = check(client, &planned.tools, relation, self.budget).await;
            let mut tally = self.tally.borrow_mut();
            match checked {
                Ok(None) => tally.sound(relation.bytes),
                Ok(Some(finding)) => tally.damaged(format!("{database}.{relation}{finding}")),
                Err(error) => judge(database, relation, &error, &mut tally),
            }
            if client.is_closed() {
                let finding =
                    format!("{database}: the server ended the session while {relation} was checked");
                return tally.damaged(finding);
            }
        }
    }

    async fn clear(&self, database: &str, tools: &Tools) -> Result<(), Error> {
        tools.remove(&self.access.connect(database).await?).await
    }

    fn damaged(&self, database: &str, error: &Error) {
        self.tally.borrow_mut().damaged(format!("{database}: {}", said(error)));
    }
}

/// What is wrong with `relation`, if anything.
async fn check(
    client: &Client,
    tools: &Tools,
    relation: &Relation,
    budget: Budget,
) -> Result<Option<String>, Error> {
    let left = budget.left();
    let milliseconds = left.as_millis().clamp(1, 2_000_000_000);
    client.batch_execute(&format!("SET statement_timeout = {milliseconds}")).await?;
    let asked = async {
        match (relation.kind, &tools.heap) {
            (Kind::Btree { with_rows }, _) => client.query(&tools.btree, &[&relation.oid, &with_rows]).await,
            (Kind::Heap, Some(heap)) => client.query(heap, &[&relation.oid]).await,
            (Kind::Heap, None) => Ok(Vec::new()),
        }
    };
    match timeout(left + MARGIN, asked).await {
        Ok(rows) => finding(&rows?),
        Err(_) => Ok(Some(": the server did not answer any more".into())),
    }
}

/// The first row of `verify_heapam`; `bt_index_check` returns one row without columns of interest.
fn finding(rows: &[tokio_postgres::Row]) -> Result<Option<String>, Error> {
    let Some(row) = rows.first().filter(|row| row.len() == 2) else { return Ok(None) };
    let (block, message): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
    Ok(Some(format!(" block {block}: {}", crate::text::printable(message.as_bytes()))))
}

fn judge(database: &str, relation: &Relation, error: &Error, tally: &mut Tally) {
    let text = format!("{database}.{relation}: {}", said(error));
    match Verdict::of(error) {
        Verdict::OutOfTime => tally.out_of_time(),
        Verdict::Prevented => tally.left_out(text),
        Verdict::Lacking => tally.lacking(&text),
        Verdict::Damage => tally.damaged(text),
    }
}
