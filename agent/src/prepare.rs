//! `pgro-agent prepare`: from restored files to a database that may be served, or the reason why it may not.
//!
//! Input: a [`PrepareSpec`], two passwords, a restored data directory. Output: our configuration, our roles, a note in
//! the database, and a [`PrepareReport`], always. Must not: reach another host, act on anything the source configured,
//! or call a database healthy that was not checked.

mod binaries;
mod checks;
mod collation;
pub mod config;
mod controldata;
mod enter;
mod error;
mod hba;
mod inspect;
mod ledger;
mod locale;
mod manifest;
mod marker;
mod memory;
mod neutralise;
mod obstacles;
mod page;
mod reset_wal;
mod restore_info;
mod server;
mod session;
mod shared_catalog;
mod superuser;
mod tablespaces;
pub mod users;
mod wal;

use crate::{
    command::{capture, clean},
    restore::volume::OPENED,
    signals::Stop,
    text::{chain, printable},
};
use binaries::Binaries;
use checks::Budget;
use contract::pods::{Failure, FailureReason, Fix, PrepareReport, PrepareSpec};
use controldata::ControlData;
use error::PrepareError;
use inspect::Inspection;
use ledger::Ledger;
use neutralise::Texts;
use server::{Place, Server, ServerError};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use users::Passwords;
use wal::Log;

/// A program that prints a control file is done at once.
const SHORT: Duration = Duration::from_secs(30);

/// Of the time for checks; every byte is read again by them.
const MANIFEST_SHARE: u32 = 4;

/// A database has two locales, and most clusters have the same two everywhere.
const LOCALES_MAX: usize = 8;

/// Everything one preparation needs.
pub struct Prepare<'a> {
    /// What is prepared, and how long it may take.
    pub spec: &'a PrepareSpec,
    /// Passwords of our roles.
    pub passwords: Passwords<'a>,
    /// Directory of the socket.
    pub socket_dir: &'a Path,
    /// A directory outside the volume that can be written.
    pub scratch: &'a Path,
    /// Directory of PostgreSQL's programs, where it was told.
    pub bin_dir: Option<&'a Path>,
    /// Where else they are looked for.
    pub path: Option<OsString>,
    /// Ends it early.
    pub stop: &'a Stop,
}

impl Prepare<'_> {
    /// Does it all; whatever happens is in the report. It may be served if the report is sound.
    pub async fn run(&self) -> PrepareReport {
        if let Some(report) = marker::read(&self.spec.volume, &self.spec.run) {
            tracing::info!(run = %self.spec.run, "an earlier pod prepared this volume");
            return self.again(report);
        }
        let mut report = PrepareReport::default();
        let failure = self.attempt(&mut report).await.err().map(|error| error.failure());
        conclude(&mut report, failure, !self.spec.probes.is_empty());
        if let Err(error) = marker::write(&self.spec.volume, &self.spec.run, &report) {
            tracing::warn!(%error, "failed to keep the report; a restarted pod will do all of it again");
        }
        report
    }

    /// A volume that was mounted anew may have been opened to its group.
    fn again(&self, mut report: PrepareReport) -> PrepareReport {
        if let Err(error) = neutralise::close(&self.data_dir()) {
            report.failure = Some(PrepareError::from(error).failure());
        }
        report
    }

    async fn attempt(&self, report: &mut PrepareReport) -> Result<(), PrepareError> {
        let data_dir = self.data_dir();
        let major = Self::major(&data_dir)?;
        let binaries = Binaries::find(major, self.bin_dir, self.path.as_deref())?;
        let source = self.control_data(&binaries, &data_dir).await?;
        tracing::info!(state = source.state, checksums = source.checksums, major, "the source's server");
        let opened = self.spec.volume.join(OPENED);
        fs::write(&opened, "").map_err(|source| PrepareError::Mark { path: opened, source })?;
        let mut ledger = Ledger::open(&self.spec.volume).map_err(PrepareError::Note)?;
        if tablespaces::place(&self.spec.volume, &data_dir, major)? {
            ledger.fixed(Fix::Tablespace).map_err(PrepareError::Note)?;
        }
        let budget = Duration::from_secs(self.spec.check_budget_secs.into());
        self.hold(&data_dir, &source, Budget::start(budget / MANIFEST_SHARE), &mut ledger).await?;
        for fix in neutralise::neutralise(&data_dir, &self.texts(&source, major))? {
            ledger.fixed(fix).map_err(PrepareError::Note)?;
        }
        let place = Place {
            binaries: &binaries,
            data_dir: &data_dir,
            socket_dir: self.socket_dir,
            scratch: self.scratch,
            major,
            memory_bytes: self.spec.memory_bytes,
        };
        let log = wal::look(&data_dir, &source).unwrap_or_default();
        let inspected = self.with_server(place, source.checksums, &log, budget, &mut ledger, report).await;
        report.fixes = ledger.fixes();
        inspected?;
        match ledger.recovery() {
            Some(said) => Err(PrepareError::WasReset { said: said.to_owned() }),
            None => Ok(()),
        }
    }

    /// Compares the files with their manifest, once: a server changes them.
    async fn hold(
        &self,
        data_dir: &Path,
        source: &ControlData,
        budget: Budget,
        ledger: &mut Ledger,
    ) -> Result<(), PrepareError> {
        if ledger.is_held() {
            return Ok(());
        }
        let manifest = tokio::select! {
            manifest = manifest::look(data_dir, source, budget) => manifest,
            () = self.stop.requested() => return Err(PrepareError::Stopped),
        };
        ledger.hold(manifest).map_err(PrepareError::Note)
    }

    /// Recovers, inspects and equips the database, and ends the server whatever came of it.
    async fn with_server(
        &self,
        place: Place<'_>,
        checksums: bool,
        log: &Log,
        budget: Duration,
        ledger: &mut Ledger,
        report: &mut PrepareReport,
    ) -> Result<(), PrepareError> {
        let mut server = self.recovered(place, ledger).await?;
        for _ in 0..LOCALES_MAX {
            match enter::enter(place).await.map(drop) {
                Err(PrepareError::ForeignLocale { name }) => {
                    server.shut_down().await?;
                    let renamed = locale::bridge::rename(place.data_dir, place.major, checksums, &name)?;
                    ledger.remap(renamed).map_err(PrepareError::Note)?;
                }
                Err(PrepareError::NobodyLogsIn) if ledger.let_in().is_none() => {
                    server.shut_down().await?;
                    let role =
                        superuser::let_in(place.data_dir, checksums).map_err(PrepareError::ReadSuperusers)?;
                    ledger.lets_in(role.ok_or(PrepareError::NobodyLogsIn)?).map_err(PrepareError::Note)?;
                }
                Ok(()) | Err(_) => break,
            }
            server = self.started(place).await?;
        }
        let inspection = Inspection { spec: self.spec, passwords: &self.passwords, place, checksums, log };
        let inspected = tokio::select! {
            inspected = inspection.run(Budget::start(budget), ledger, report) => inspected,
            () = self.stop.requested() => Err(PrepareError::Stopped),
        };
        let ended = server.shut_down().await;
        inspected?;
        Ok(ended?)
    }

    /// A server that takes sessions; where recovery cannot even start, one whose log was reset.
    async fn recovered(&self, place: Place<'_>, ledger: &mut Ledger) -> Result<Server, PrepareError> {
        let error = match self.started(place).await {
            Err(PrepareError::Server(error @ ServerError::Recover { .. })) => error,
            other => return other,
        };
        let said = chain(&error);
        if !reset_wal::is_called_for(&said) {
            return Err(error.into());
        }
        tracing::error!(%said, "recovery cannot start; the write-ahead log is reset, and the copy will not be served");
        ledger.reset(&said).map_err(PrepareError::Note)?;
        reset_wal::reset(place).await?;
        self.started(place).await
    }

    async fn started(&self, place: Place<'_>) -> Result<Server, PrepareError> {
        let mut server = Server::start(place)?;
        let recovery = Duration::from_secs(self.spec.recovery_budget_secs.into());
        match server.opened(place, recovery, self.stop).await {
            Ok(()) => Ok(server),
            Err(error) => {
                // what it says at its end is less telling than why it did not open
                let _ = server.shut_down().await;
                Err(error.into())
            }
        }
    }

    async fn control_data(&self, binaries: &Binaries, data_dir: &Path) -> Result<ControlData, PrepareError> {
        let mut command = clean(binaries.pg_controldata());
        command.arg("-D").arg(data_dir);
        let output = capture(command, SHORT).await?;
        if !output.status.success() {
            return Err(PrepareError::ShowControl { said: printable(&output.stderr) });
        }
        let said = [output.stdout, output.stderr].concat();
        Ok(ControlData::parse(&String::from_utf8_lossy(&said))?)
    }

    fn texts(&self, source: &ControlData, major: u16) -> Texts {
        let settings = config::Settings {
            source,
            major,
            memory_bytes: self.spec.memory_bytes,
            intent: self.spec.intent,
            socket_dir: self.socket_dir,
        };
        Texts { config: settings.render(), hba: hba::serving(self.spec.intent) }
    }

    fn major(data_dir: &Path) -> Result<u16, PrepareError> {
        let path = data_dir.join("PG_VERSION");
        let text = fs::read_to_string(&path).map_err(|source| PrepareError::ReadVersion { path, source })?;
        text.trim().parse().map_err(|_| PrepareError::ParseVersion { version: text })
    }

    fn data_dir(&self) -> PathBuf {
        self.spec.volume.join(self.spec.data_dir.as_path())
    }
}

/// Adds the checks that did not run, and makes an unsound report a failure that says which check it was.
/// Probes may be `declared`.
fn conclude(report: &mut PrepareReport, failure: Option<Failure>, declared: bool) {
    let why_not =
        failure.as_ref().map_or("an earlier check failed", |_| "the database could not be brought up");
    report.checks = checks::complete(std::mem::take(&mut report.checks), why_not, declared);
    report.failure = failure;
    if report.failure.is_none() && !report.is_sound() {
        report.failure = Some(Failure { reason: FailureReason::CheckFailed, message: unsound(report) });
    }
}

fn unsound(report: &PrepareReport) -> String {
    let told = report.checks.iter().filter(|check| check.counts_against()).map(|check| {
        let detail = check.detail.as_deref().unwrap_or("no detail");
        format!("check {} {}: {detail}", word(&check.name), word(&check.result))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// The name a value has in the report.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
