//! The note inside the database: what this copy is.
//!
//! Input: the spec, the repairs. Output: table `_pgro.restore_info` in the primary database and in `postgres`.
//! Must not: keep anything that a schema of this name held before; the name is ours.

use super::{
    session::Access,
    users::{ANALYTICS, run_made},
    word,
};
use contract::pods::{Fix, PrepareSpec};
use tokio_postgres::Error;

const SCHEMA: &str = include_str!("sql/restore_info.sql");
const INSERT: &str = include_str!("sql/restore_info_insert.sql");
const GRANT: &str = include_str!("sql/restore_info_grant.sql");

/// Writes it into each of `databases`.
pub(super) async fn write(
    access: &Access<'_>,
    databases: &[&str],
    spec: &PrepareSpec,
    fixes: &[Fix],
) -> Result<(), Error> {
    let names: Vec<String> = fixes.iter().map(word).collect();
    let at = spec.snapshot_at.map(|at| at.to_string());
    for database in databases {
        let client = access.connect(database).await?;
        client.batch_execute(SCHEMA).await?;
        client.execute(INSERT, &[&spec.snapshot_id, &at, &names, &spec.run.as_str()]).await?;
        run_made(&client, GRANT, &[&ANALYTICS]).await?;
    }
    Ok(())
}
