//! Tables with their indexes, and where their files are.
//!
//! Input: a session. Output: every relation of a database, an index beside its table. Must not: touch a file.

use crate::text::printable;
use std::{collections::BTreeMap, fmt, path::PathBuf};
use tokio_postgres::{Client, Error, Row};

const RELATIONS: &str = include_str!("../../sql/pages_relations.sql");

/// How a relation's pages are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rows.
    Heap,
    /// The one row of a sequence.
    Sequence,
    /// A btree, whose entries have to lead to rows where it is complete.
    Btree {
        /// Not so while it is being built.
        complete: bool,
    },
    /// An index of another kind that comes with PostgreSQL.
    OtherIndex,
    /// A kind that extensions bring; its pages may hold anything.
    Foreign,
}

/// One relation with a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Relation {
    /// Schema and name, for people.
    pub(super) name: String,
    /// What its pages hold.
    pub(super) kind: Kind,
    /// The first file, relative to the data directory.
    pub(super) path: PathBuf,
    /// What the server takes for its size.
    pub(super) bytes: u64,
    /// Rows as of the last vacuum; none or fewer where there was none.
    pub(super) rows: f64,
}

/// A table with its indexes, or an index whose table is none of these.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Family {
    /// The table.
    pub(super) table: Relation,
    /// Its indexes.
    pub(super) indexes: Vec<Relation>,
}

impl Family {
    /// Sizes of all of it.
    pub(super) fn sizes(&self) -> impl Iterator<Item = u64> {
        std::iter::once(&self.table).chain(&self.indexes).map(|relation| relation.bytes)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(self.name.as_bytes()))
    }
}

/// All of them.
pub(super) async fn list(client: &Client) -> Result<Vec<Family>, Error> {
    let rows = client.query(RELATIONS, &[]).await?;
    let parsed: Vec<_> = rows.iter().map(relation).collect::<Result<_, _>>()?;
    Ok(families(parsed))
}

/// With the object ids of itself and of its table.
fn relation(row: &Row) -> Result<(u32, Option<u32>, Relation), Error> {
    let (kind, method): (&str, &str) = (row.try_get(2)?, row.try_get(3)?);
    let path: String = row.try_get(4)?;
    let relation = Relation {
        name: row.try_get(1)?,
        kind: kind_of(kind, method, row.try_get(8)?),
        path: path.into(),
        bytes: u64::try_from(row.try_get::<_, i64>(5)?).unwrap_or_default(),
        rows: row.try_get(6)?,
    };
    Ok((row.try_get(0)?, row.try_get(7)?, relation))
}

fn kind_of(kind: &str, method: &str, complete: bool) -> Kind {
    match (kind, method) {
        ("S", _) => Kind::Sequence,
        ("r" | "m" | "t", "heap") => Kind::Heap,
        ("i", "btree") => Kind::Btree { complete },
        ("i", "hash" | "gin" | "gist" | "spgist" | "brin") => Kind::OtherIndex,
        _ => Kind::Foreign,
    }
}

fn families(relations: Vec<(u32, Option<u32>, Relation)>) -> Vec<Family> {
    let (indexes, tables): (Vec<_>, Vec<_>) =
        relations.into_iter().partition(|(_, table, _)| table.is_some());
    let mut families: BTreeMap<u32, Family> =
        tables.into_iter().map(|(oid, _, table)| (oid, Family { table, indexes: Vec::new() })).collect();
    for (oid, table, index) in indexes {
        match table.and_then(|table| families.get_mut(&table)) {
            Some(family) => family.indexes.push(index),
            None => {
                families.insert(oid, Family { table: index, indexes: Vec::new() });
            }
        }
    }
    families.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::{Family, Kind, Relation, families, kind_of};

    fn relation(name: &str) -> Relation {
        Relation { name: name.into(), kind: Kind::Heap, path: name.into(), bytes: 1, rows: 0.0 }
    }

    #[test]
    fn an_index_stands_with_its_table_and_none_is_lost() {
        let listed = vec![
            (3, Some(1), relation("index")),
            (1, None, relation("table")),
            (4, Some(9), relation("index of a table that is not listed")),
        ];
        let families = families(listed);
        assert_eq!(families.iter().flat_map(Family::sizes).count(), 3);
        assert_eq!((families[0].table.name.as_str(), families[0].indexes.len()), ("table", 1));
    }

    #[test]
    fn what_an_extension_stores_is_not_judged_by_our_rules() {
        assert_eq!(kind_of("r", "columnar", true), Kind::Foreign);
        assert_eq!(kind_of("i", "bloom", true), Kind::Foreign);
        assert_eq!(kind_of("t", "heap", true), Kind::Heap);
    }
}
