//! Check `full_read`: every value of every table, as `pg_dump` reads them, written nowhere.
//!
//! Input: a superuser's sessions, a time budget. Output: the check, with damage by database, relation and row.
//! Must not: keep what it reads, run code of the source, or pass where anything was left out.
//!
//! `COPY … TO STDOUT` detoasts each value and calls its output function, which is what finds damage that the structure
//! does not show. It comes to us, and not to `/dev/null` on the server, for two reasons: the server does not look
//! whether text is valid in its encoding, and each row begins with its place, so that damage has a block.

mod counts;
mod rows;
mod tables;

use super::{
    Budget, Outcome,
    batch::{cut, sessions},
    tally::Tally,
};
use crate::prepare::session::{Access, Verdict, said};
use contract::pods::RowCounts;
use counts::Counts;
use futures::{StreamExt, TryStreamExt, stream};
use rows::Rows;
use std::{cell::RefCell, pin::pin, time::Duration};
use tables::{AS_STORED, Reading as How, Table, UNICODE};
use tokio::time::timeout;
use tokio_postgres::{Client, Error, error::SqlState};

/// The server's own timeout comes first; this is for a server that does not answer any more.
const MARGIN: Duration = Duration::from_secs(10);

/// One reading of many databases.
struct Reading<'a> {
    access: &'a Access<'a>,
    budget: Budget,
    tally: RefCell<Tally>,
    counts: RefCell<Counts>,
}

/// Reads all of `databases`, and counts the rows of their users on the way.
pub(in crate::prepare) async fn full_read(
    access: &Access<'_>,
    databases: &[String],
    memory_bytes: u64,
    budget: Budget,
) -> (Outcome, RowCounts) {
    let tally = RefCell::new(Tally::new("full read", budget.total()));
    let reading = Reading { access, budget, tally, counts: RefCell::default() };
    let mut batches = Vec::new();
    for database in databases {
        match reading.plan(database).await {
            Ok(planned) => batches.extend(planned.into_iter().map(|batch| (database, batch))),
            Err(error) => reading.tally.borrow_mut().damaged(format!("{database}: {}", said(&error))),
        }
    }
    let reading = &reading;
    stream::iter(batches)
        .for_each_concurrent(sessions(memory_bytes), async |(database, batch)| {
            if let Err(error) = reading.read(database, &batch).await {
                reading.tally.borrow_mut().damaged(format!("{database}: {}", said(&error)));
            }
        })
        .await;
    let tally = reading.tally.replace(Tally::new("full read", budget.total()));
    let outcome = tally.outcome(&format!("every value of {} databases", databases.len()));
    (outcome, reading.counts.take().rows())
}

impl Reading<'_> {
    async fn plan(&self, database: &str) -> Result<Vec<Vec<Table>>, Error> {
        let listed = tables::list(&self.access.connect(database).await?).await?;
        self.counts.borrow_mut().plan(database, listed.iter().filter(|table| table.is_users).count());
        let (locked, tables): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|table| table.reading == How::Locked);
        let mut tally = self.tally.borrow_mut();
        tally.locked(locked.len());
        tally.plan(tables.iter().map(|table| table.bytes));
        Ok(cut(tables, |table| table.bytes))
    }

    async fn read(&self, database: &str, batch: &[Table]) -> Result<(), Error> {
        if self.budget.left().is_zero() {
            self.tally.borrow_mut().out_of_time();
            return Ok(());
        }
        let client = self.access.connect(database).await?;
        let checks_text = tables::has_text_encoding(&client).await?;
        for table in batch {
            if self.budget.left().is_zero() {
                self.tally.borrow_mut().out_of_time();
                break;
            }
            self.read_table(&client, database, table, checks_text).await;
            if client.is_closed() {
                let finding = format!("{database}: the server ended the session while {table} was read");
                self.tally.borrow_mut().damaged(finding);
                break;
            }
        }
        Ok(())
    }

    async fn read_table(&self, client: &Client, database: &str, table: &Table, checks_text: bool) {
        let How::By(statement) = &table.reading else {
            let why = format!("{database}.{table}: its name is in no encoding");
            return self.tally.borrow_mut().left_out(why);
        };
        let mut rows = Rows::new(checks_text, &table.decimals);
        let left = self.budget.left();
        let mut read = timeout(left + MARGIN, copy(client, statement, left, &mut rows)).await;
        if matches!(&read, Ok(Err(error)) if error.code() == Some(&SqlState::UNTRANSLATABLE_CHARACTER)) {
            // a character that Unicode lacks is none the less a character of its own encoding
            rows = Rows::new(false, &table.decimals);
            read = timeout(left + MARGIN, copy_as_stored(client, statement, left, &mut rows)).await;
        }
        let mut tally = self.tally.borrow_mut();
        let found = |what: &str| format!("{database}.{table}{}: {what}", rows.place());
        match read {
            Err(_) => tally.damaged(found("the server did not answer any more")),
            Ok(Err(error)) => match Verdict::of(&error) {
                Verdict::OutOfTime => tally.out_of_time(),
                Verdict::Prevented => tally.left_out(found(&said(&error))),
                Verdict::Lacking => tally.lacking(&found(&said(&error))),
                Verdict::Damage => tally.damaged(found(&said(&error))),
            },
            Ok(Ok(())) => {
                if let Some(what) = rows.invalid() {
                    return tally.damaged(format!("{database}.{table}{what}"));
                }
                tally.sound(table.bytes);
                if table.is_users {
                    self.counts.borrow_mut().read(database, rows.count());
                }
            }
        }
    }
}

async fn copy_as_stored(
    client: &Client,
    statement: &str,
    left: Duration,
    rows: &mut Rows<'_>,
) -> Result<(), Error> {
    tables::set_encoding(client, AS_STORED).await?;
    copy(client, statement, left, rows).await?;
    tables::set_encoding(client, UNICODE).await
}

async fn copy(client: &Client, statement: &str, left: Duration, rows: &mut Rows<'_>) -> Result<(), Error> {
    let milliseconds = left.as_millis().clamp(1, 2_000_000_000);
    client.batch_execute(&format!("SET statement_timeout = {milliseconds}")).await?;
    let mut copied = pin!(client.copy_out(statement).await?);
    while let Some(row) = copied.try_next().await? {
        rows.push(&row);
    }
    Ok(())
}
