//! Tables with their indexes, and where their files are.
//!
//! Input: a session, the data directory. Output: every relation of a database, an index beside its table. Must not: read
//! a file, or ask the server for sizes: it would wait for transactions in doubt.

use super::files;
use crate::{prepare::session::Text, text::printable};
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};
use tokio_postgres::{Client, Error, Row};

const RELATIONS: &str = include_str!("../../sql/pages_relations.sql");

/// How a relation's pages are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rows.
    Heap,
    /// The one row of a sequence.
    Sequence,
    /// Indexes of the kinds that come with PostgreSQL; entries of a btree have to lead to rows.
    Btree,
    Gist,
    Spgist,
    Gin,
    Brin,
    Hash,
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
    /// Whether it was made to its end; an index that failed to be built was not.
    pub(super) complete: bool,
    /// Whether a crash empties it.
    pub(super) unlogged: bool,
    /// The first file, relative to the data directory.
    pub(super) path: PathBuf,
    /// Length of its files.
    pub(super) bytes: u64,
    /// Rows as of the last vacuum; none or fewer where there was none.
    pub(super) rows: f64,
    /// Pages as of then.
    pub(super) pages: u64,
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
pub(super) async fn list(client: &Client, data_dir: &Path) -> Result<Vec<Family>, Error> {
    let rows = client.query(RELATIONS, &[]).await?;
    let parsed: Vec<_> = rows.iter().map(|row| relation(row, data_dir)).collect::<Result<_, _>>()?;
    Ok(families(parsed))
}

/// With the object ids of itself and of its table.
fn relation(row: &Row, data_dir: &Path) -> Result<(u32, Option<u32>, Relation), Error> {
    let (kind, method): (&str, &str) = (row.try_get(2)?, row.try_get(3)?);
    let path: String = row.try_get(4)?;
    let relation = Relation {
        name: row.try_get::<_, Text>(1)?.shown(),
        kind: kind_of(kind, method),
        complete: row.try_get(7)?,
        unlogged: row.try_get(8)?,
        bytes: files::length(&data_dir.join(&path)),
        path: path.into(),
        rows: row.try_get(5)?,
        pages: u64::try_from(row.try_get::<_, i32>(9)?).unwrap_or_default(),
    };
    Ok((row.try_get(0)?, row.try_get(6)?, relation))
}

fn kind_of(kind: &str, method: &str) -> Kind {
    match (kind, method) {
        ("S", _) => Kind::Sequence,
        ("r" | "m" | "t", "heap") => Kind::Heap,
        ("i", "btree") => Kind::Btree,
        ("i", "hash") => Kind::Hash,
        ("i", "gin") => Kind::Gin,
        ("i", "gist") => Kind::Gist,
        ("i", "spgist") => Kind::Spgist,
        ("i", "brin") => Kind::Brin,
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
        let (name, path) = (name.into(), name.into());
        Relation {
            name,
            kind: Kind::Heap,
            complete: true,
            unlogged: false,
            path,
            bytes: 1,
            rows: 0.0,
            pages: 0,
        }
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
        assert_eq!(kind_of("r", "columnar"), Kind::Foreign);
        assert_eq!(kind_of("i", "bloom"), Kind::Foreign);
        assert_eq!(kind_of("t", "heap"), Kind::Heap);
    }
}
