//! What is done while the private server runs: look, check, and, where all is sound, make our roles and our note.
//!
//! Input: a running private server. Output: findings in the report. Must not: write into a database whose checks
//! failed; it is evidence then.

use super::{
    checks::{Budget, amcheck, databases, full_read, opens, pages},
    error::PrepareError,
    restore_info,
    server::Place,
    session::{Access, said},
    superuser::superusers,
    users::{Passwords, make_users},
};
use contract::pods::{CheckName, PrepareReport, PrepareSpec};
use tokio::time::Instant;
use tokio_postgres::Client;

/// Databases every cluster is made with; one of them is there unless somebody took pains to drop all.
const FIRST_DATABASES: [&str; 2] = ["postgres", "template1"];
/// The database clients connect to when they know no other.
const DEFAULT_DATABASE: &str = "postgres";

/// What it needs.
pub(super) struct Inspection<'a> {
    /// The run.
    pub(super) spec: &'a PrepareSpec,
    /// Passwords of our roles.
    pub(super) passwords: &'a Passwords<'a>,
    /// Where the server runs.
    pub(super) place: Place<'a>,
}

impl Inspection<'_> {
    /// Looks, checks and equips.
    pub(super) async fn run(&self, budget: Budget, report: &mut PrepareReport) -> Result<(), PrepareError> {
        let started = Instant::now();
        let (access, first) = self.become_superuser().await?;
        let (version, outcome) = opens::opens(&first).await;
        report.postgres_version = version;
        report.checks.push(outcome.named(CheckName::Opens, started));
        let listed = databases::list(&first).await.map_err(sql("list the databases"))?;
        report.databases = listed.iter().filter(|db| !db.template).map(|db| db.name.clone()).collect();
        let started = Instant::now();
        let visited = databases::visit(&access, &listed).await;
        report.primary_database = databases::primary(&visited);
        report.checks.push(databases::judge(&listed, &visited).named(CheckName::Databases, started));
        let open: Vec<String> = listed.iter().filter(|db| db.connectable).map(|db| db.name.clone()).collect();
        let (started, memory) = (Instant::now(), self.spec.memory_bytes);
        let data_dir = self.place.data_dir;
        let outcome = pages::pages(&access, &first, &open, data_dir, memory, budget).await;
        report.checks.push(outcome.named(CheckName::Pages, started));
        let started = Instant::now();
        let outcome = amcheck::amcheck(&access, &open, memory, budget).await;
        report.checks.push(outcome.named(CheckName::Amcheck, started));
        let started = Instant::now();
        let outcome = full_read::full_read(&access, &open, memory, budget).await;
        report.checks.push(outcome.named(CheckName::FullRead, started));
        if report.is_sound() {
            self.equip(&access, &first, &open, report).await?;
        }
        Ok(())
    }

    /// A session of a superuser the source had, and how to get more.
    async fn become_superuser(&self) -> Result<(Access<'_>, Client), PrepareError> {
        let tried = superusers(self.place.data_dir).map_err(PrepareError::ReadSuperusers)?;
        let mut last = String::from("no superuser may log in");
        for role in &tried {
            let (socket_dir, major) = (self.place.socket_dir, self.place.major);
            let access = Access { socket_dir, major, role: role.clone() };
            for database in FIRST_DATABASES {
                match access.connect(database).await {
                    Ok(client) => return Ok((access, client)),
                    Err(error) => last = said(&error),
                }
            }
        }
        Err(PrepareError::BecomeSuperuser { tried, said: last })
    }

    async fn equip(
        &self,
        access: &Access<'_>,
        first: &Client,
        open: &[String],
        report: &PrepareReport,
    ) -> Result<(), PrepareError> {
        make_users(access, first, open, self.passwords).await.map_err(sql("make our roles"))?;
        let mut noted: Vec<&str> = report.primary_database.as_deref().into_iter().collect();
        if open.iter().any(|name| name == DEFAULT_DATABASE) && !noted.contains(&DEFAULT_DATABASE) {
            noted.push(DEFAULT_DATABASE);
        }
        restore_info::write(access, &noted, self.spec, &report.fixes)
            .await
            .map_err(sql("write _pgro.restore_info"))
    }
}

fn sql(attempted: &'static str) -> impl FnOnce(tokio_postgres::Error) -> PrepareError {
    move |source| PrepareError::Sql { attempted, source }
}
