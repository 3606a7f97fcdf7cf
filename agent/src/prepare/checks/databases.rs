//! Check `databases`: they are there, they open, and they are not all empty.
//!
//! Input: a superuser's sessions. Output: the databases by name and use, and the check. Must not: call a cluster
//! without a single stored row a good backup.

use super::{Outcome, listed};
use crate::{
    prepare::session::{Access, Raw, Text, said},
    text::printable,
};
use contract::pods::CheckResult;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::{Client, Error, Row};

const DATABASES: &str = include_str!("../sql/databases.sql");
/// Text comes as it is stored, whatever it is.
const AS_STORED: &str = "SQL_ASCII";
const ENCODING: &str = "SELECT pg_catalog.current_setting('client_encoding')";
const SET_ENCODING: &str = "SELECT pg_catalog.set_config('client_encoding', $1, false)";
const USER_TABLES: &str = include_str!("../sql/user_tables.sql");

/// A database as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prepare) struct Database {
    /// Its name.
    pub(in crate::prepare) name: String,
    /// The bytes the server has it in.
    pub(in crate::prepare) spelled: Vec<u8>,
    /// Whether it takes sessions, now that those which did not were opened.
    pub(in crate::prepare) connectable: bool,
    /// Whether it is one of the templates a cluster is made with.
    pub(in crate::prepare) template: bool,
}

/// What is stored in one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prepare) struct Content {
    tables: i64,
    bytes: i64,
}

/// A database and what it holds, or why it could not be opened.
pub(in crate::prepare) type Visited = (String, Result<Content, String>);

/// All databases, by name.
pub(in crate::prepare) async fn list(client: &Client) -> Result<Vec<Database>, Error> {
    let rows = client.query(DATABASES, &[]).await?;
    let spelled = spelled(client).await?;
    let database = |row: &Row| {
        let (oid, name): (u32, Text) = (row.try_get(3)?, row.try_get(0)?);
        let spelled = spelled.get(&oid).cloned().unwrap_or_default();
        let name = match name {
            Text::Valid(name) => name,
            // no two of them alike
            Text::Invalid(_) => printable(&spelled),
        };
        Ok(Database { name, spelled, connectable: row.try_get(1)?, template: row.try_get(2)? })
    };
    rows.iter().map(database).collect()
}

/// Those whose name the server has in other bytes than we say it in.
pub(in crate::prepare) fn spelled_otherwise(databases: &[Database]) -> BTreeMap<String, Vec<u8>> {
    let otherwise = |database: &&Database| database.spelled != database.name.as_bytes();
    databases.iter().filter(otherwise).map(|of| (of.name.clone(), of.spelled.clone())).collect()
}

/// The bytes the server has names in, by object id.
async fn spelled(client: &Client) -> Result<BTreeMap<u32, Vec<u8>>, Error> {
    let before: String = client.query_one(ENCODING, &[]).await?.try_get(0)?;
    client.execute(SET_ENCODING, &[&AS_STORED]).await?;
    let rows = client.query(DATABASES, &[]).await?;
    client.execute(SET_ENCODING, &[&before]).await?;
    rows.iter().map(|row| Ok((row.try_get(3)?, row.try_get::<_, Raw>(0)?.0))).collect()
}

/// Those that take sessions, by name.
pub(in crate::prepare) fn connectable(databases: &[Database]) -> Vec<String> {
    databases.iter().filter(|database| database.connectable).map(|database| database.name.clone()).collect()
}

/// Opens every database that is none of these templates and takes sessions.
pub(in crate::prepare) async fn visit(access: &Access<'_>, databases: &[Database]) -> Vec<Visited> {
    let mut visited = Vec::new();
    for database in databases.iter().filter(|database| database.connectable && !database.template) {
        let content = content(access, &database.name).await.map_err(|error| said(&error));
        visited.push((database.name.clone(), content));
    }
    visited
}

async fn content(access: &Access<'_>, database: &str) -> Result<Content, Error> {
    let row = access.connect(database).await?.query_one(USER_TABLES, &[]).await?;
    Ok(Content { tables: row.try_get(0)?, bytes: row.try_get(1)? })
}

/// The largest database that holds user tables and lets guests in; of equals, the first by name.
pub(in crate::prepare) fn primary(visited: &[Visited], closed: &BTreeSet<String>) -> Option<String> {
    let holding = visited.iter().filter(|(name, _)| !closed.contains(name)).filter_map(|(name, content)| {
        let content = content.as_ref().ok().filter(|content| content.tables > 0)?;
        Some((content.bytes, name))
    });
    holding.rev().max_by_key(|(bytes, _)| *bytes).map(|(_, name)| name.clone())
}

/// The check's outcome.
pub(in crate::prepare) fn judge(databases: &[Database], visited: &[Visited]) -> Outcome {
    let closed = databases.iter().filter(|database| !database.connectable && !database.template).count();
    let scope = match closed {
        0 => format!("{} databases", visited.len()),
        closed => format!("{} databases; {closed} more were being dropped", visited.len()),
    };
    let unopened: Vec<String> = visited
        .iter()
        .filter_map(|(name, content)| Some(format!("{name}: {}", content.as_ref().err()?)))
        .collect();
    if !unopened.is_empty() {
        return Outcome::other(CheckResult::Failed, scope, listed(&unopened));
    }
    let stored = visited.iter().any(|(_, content)| content.as_ref().is_ok_and(|content| content.bytes > 0));
    if !stored {
        return Outcome::other(CheckResult::Failed, scope, "no database has a user table with a row in it");
    }
    Outcome::passed(scope)
}

#[cfg(test)]
mod tests {
    use super::{Content, Database, Visited, judge, primary};
    use contract::pods::CheckResult;
    use std::collections::BTreeSet;

    fn database(name: &str, connectable: bool) -> Database {
        Database { name: name.into(), spelled: name.into(), connectable, template: false }
    }

    fn holds(name: &str, tables: i64, bytes: i64) -> Visited {
        (name.into(), Ok(Content { tables, bytes }))
    }

    #[test]
    fn one_database_with_data_is_enough() {
        let visited = [holds("postgres", 0, 0), holds("app", 3, 8192)];
        assert_eq!(judge(&[], &visited).result, CheckResult::Passed);
    }

    #[test]
    fn fault_f16_a_cluster_without_a_single_row_is_no_good_backup() {
        for visited in [vec![], vec![holds("postgres", 0, 0)], vec![holds("app", 12, 0)]] {
            assert_eq!(judge(&[], &visited).result, CheckResult::Failed, "{visited:?}");
        }
    }

    #[test]
    fn a_database_that_does_not_open_is_a_failure_that_names_it() {
        let visited = [holds("app", 3, 8192), ("lost".into(), Err("no such locale".into()))];
        let outcome = judge(&[], &visited);
        assert_eq!(outcome.result, CheckResult::Failed);
        assert_eq!(outcome.detail.as_deref(), Some("lost: no such locale"));
    }

    #[test]
    fn databases_that_were_being_dropped_are_not_counted_as_covered() {
        let databases = [database("app", true), database("closed", false)];
        let outcome = judge(&databases, &[holds("app", 1, 8192)]);
        assert_eq!(outcome.scope, "1 databases; 1 more were being dropped");
    }

    #[test]
    fn the_primary_database_is_the_largest_with_tables_and_the_first_of_equals() {
        let visited = [holds("a", 0, 0), holds("b", 1, 8), holds("c", 9, 8), holds("d", 1, 4)];
        let nobody = BTreeSet::new();
        assert_eq!(primary(&visited, &nobody).as_deref(), Some("b"));
        assert_eq!(primary(&[holds("a", 0, 0)], &nobody), None);
        assert_eq!(primary(&visited, &BTreeSet::from(["b".to_owned()])).as_deref(), Some("c"));
    }
}
