//! What is done while the private server runs: look, check, and, where all is sound, make our roles and our note.
//!
//! Input: a running private server. Output: findings in the report. Must not: write into a database whose checks
//! failed; it is evidence then.

use super::{
    checks::{
        Budget, Outcome, amcheck,
        amcheck::Pass,
        constraints,
        databases::{self, Database},
        full_read, opens, pages, probes, row_counts,
    },
    collation::{self, Stale},
    enter::enter,
    error::PrepareError,
    ledger::Ledger,
    locale, obstacles, restore_info,
    server::Place,
    session::Access,
    users::{Passwords, bind_guests, keep_out, make_users},
    wal::Log,
};
use contract::pods::{CheckName, CheckResult, Fix, PrepareReport, PrepareSpec};
use tokio::time::Instant;
use tokio_postgres::Client;

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
    /// Whether pages carry checksums.
    pub(super) checksums: bool,
    /// What the files of its log said before it started.
    pub(super) log: &'a Log,
}

impl Inspection<'_> {
    /// Looks, checks and equips.
    pub(super) async fn run(
        &self,
        budget: Budget,
        ledger: &mut Ledger,
        report: &mut PrepareReport,
    ) -> Result<(), PrepareError> {
        let started = Instant::now();
        let (mut access, first) = enter(self.place).await?;
        let (version, outcome) = opens::opens(&first, self.log).await;
        report.postgres_version = version;
        report.checks.push(outcome.named(CheckName::Opens, started));
        obstacles::open_databases(&first, ledger).await?;
        let listed = databases::list(&first).await.map_err(sql("list the databases"))?;
        access.spelled = databases::spelled_otherwise(&listed);
        report.databases = listed.iter().filter(|db| !db.template).map(|db| db.name.clone()).collect();
        let open = databases::connectable(&listed);
        self.translate(&access, &first, &open, ledger).await?;
        locale::columns::translate(&access, &open, ledger).await?;
        obstacles::silence(&access, &open, ledger).await?;
        self.check(&access, &first, &listed, budget, ledger, report).await?;
        report.fixes = ledger.fixes();
        if !report.is_sound() {
            return Ok(());
        }
        let open = self.admit(&access, &first, &open, ledger).await?;
        self.probe(&access, budget, report).await;
        if report.is_sound() {
            self.equip(&access, &first, &open, ledger, report).await?;
        }
        Ok(())
    }

    /// Maps locales this image lacks.
    async fn translate(
        &self,
        access: &Access<'_>,
        first: &Client,
        open: &[String],
        ledger: &mut Ledger,
    ) -> Result<(), PrepareError> {
        let translated = locale::translate(access, first, open, ledger.remapped()).await;
        let translated = translated.map_err(sql("map the locales of databases"))?;
        if translated.is_empty() {
            return Ok(());
        }
        ledger.remap(translated).map_err(PrepareError::Note)
    }

    /// The checks of what is stored; how many rows the `listed` databases hold, the full read tells. Indexes in a foreign
    /// order are rebuilt where all else is sound, and checked then.
    async fn check(
        &self,
        access: &Access<'_>,
        first: &Client,
        listed: &[Database],
        budget: Budget,
        ledger: &mut Ledger,
        report: &mut PrepareReport,
    ) -> Result<(), PrepareError> {
        let (memory, open) = (self.spec.memory_bytes, &databases::connectable(listed));
        let started = Instant::now();
        let visited = databases::visit(access, listed).await;
        report.primary_database = databases::primary(&visited, ledger.closed());
        let (found, took) = (databases::judge(listed, &visited), started.elapsed());
        let started = Instant::now();
        let read = pages::pages(access, first, open, self.place, self.checksums, budget).await;
        report.checks.push(read.checksums.named(CheckName::Checksums, started));
        report.checks.push(read.pages.beside(ledger.manifest()).named(CheckName::Pages, started));
        let started = Instant::now();
        let (outcome, counted) = full_read::full_read(access, open, memory, budget).await;
        report.checks.push(outcome.named(CheckName::FullRead, started));
        report.rows = report.databases.iter().map(|name| counted.of(name)).collect();
        let compared = row_counts::compare(&self.spec.rows_before, &report.row_counts());
        let found = match compared {
            Some(compared) => found.and(compared),
            None => found,
        };
        report.checks.push(found.after(CheckName::Databases, took));
        let started = Instant::now();
        let outcome = constraints::constraints(access, open, memory, budget).await;
        report.checks.push(outcome.named(CheckName::Constraints, started));
        let started = Instant::now();
        let undamaged = report.checks.iter().all(|check| check.result != CheckResult::Failed);
        let found = collation::find(access, open, ledger).await;
        // where there is damage, this may be what it damaged
        let stale = if undamaged {
            found.map_err(sql("look for indexes in an order of another system"))?
        } else {
            found.unwrap_or_default()
        };
        let mut outcome = amcheck::amcheck(access, open, Pass::Before(&stale), memory, budget).await;
        let foreign: Vec<Stale> = stale.into_iter().filter(Stale::is_anything).collect();
        if undamaged && !foreign.is_empty() && outcome.result == CheckResult::Passed {
            outcome = outcome.and(self.rebuild(access, &foreign, budget, ledger).await?);
        }
        report.checks.push(outcome.named(CheckName::Amcheck, started));
        Ok(())
    }

    async fn rebuild(
        &self,
        access: &Access<'_>,
        stale: &[Stale],
        budget: Budget,
        ledger: &mut Ledger,
    ) -> Result<Outcome, PrepareError> {
        let count = stale.iter().map(|stale| stale.indexes.len()).sum::<usize>();
        if count > 0 {
            ledger.fixed(Fix::Reindex).map_err(PrepareError::Note)?;
        }
        for of in stale {
            if let Err(why) = collation::rebuild(access, of).await {
                return Ok(Outcome::other(CheckResult::Failed, format!("{count} rebuilt indexes"), why));
            }
        }
        let databases: Vec<String> = stale.iter().map(|stale| stale.database.clone()).collect();
        let memory = self.spec.memory_bytes;
        Ok(amcheck::amcheck(access, &databases, Pass::After(stale), memory, budget).await)
    }

    /// Makes our roles, with the rights they will have. The databases guests are let into.
    async fn admit(
        &self,
        access: &Access<'_>,
        first: &Client,
        open: &[String],
        ledger: &Ledger,
    ) -> Result<Vec<String>, PrepareError> {
        obstacles::close_databases(first, ledger).await.map_err(sql("close databases again"))?;
        let open: Vec<String> =
            open.iter().filter(|name| !ledger.closed().contains(*name)).cloned().collect();
        make_users(access, first, &open, self.passwords).await.map_err(sql("make our roles"))?;
        if !self.spec.intent.is_writable() {
            bind_guests(access, &open).await.map_err(sql("take rights to write from everybody"))?;
        }
        Ok(open)
    }

    /// What the declaration asks. Only now is there the role it is asked as; and event triggers do not fire yet.
    async fn probe(&self, access: &Access<'_>, budget: Budget, report: &mut PrepareReport) {
        if self.spec.probes.is_empty() {
            return;
        }
        let started = Instant::now();
        let usual = report.primary_database.as_deref().unwrap_or(DEFAULT_DATABASE);
        let outcome = probes::probes(access, &self.spec.probes, usual, budget).await;
        report.checks.push(outcome.named(CheckName::Probes, started));
    }

    /// Leaves the copy as it is served.
    async fn equip(
        &self,
        access: &Access<'_>,
        first: &Client,
        open: &[String],
        ledger: &Ledger,
        report: &PrepareReport,
    ) -> Result<(), PrepareError> {
        let mut noted: Vec<&str> = report.primary_database.as_deref().into_iter().collect();
        if open.iter().any(|name| name == DEFAULT_DATABASE) && !noted.contains(&DEFAULT_DATABASE) {
            noted.push(DEFAULT_DATABASE);
        }
        restore_info::write(access, &noted, self.spec, &report.fixes)
            .await
            .map_err(sql("write _pgro.restore_info"))?;
        obstacles::restore_triggers(access, ledger).await.map_err(sql("let event triggers fire again"))?;
        match ledger.let_in() {
            Some(role) => keep_out(first, role).await.map_err(sql("keep a superuser out again")),
            None => Ok(()),
        }
    }
}

fn sql(attempted: &'static str) -> impl FnOnce(tokio_postgres::Error) -> PrepareError {
    move |source| PrepareError::Sql { attempted, source }
}
