//! Canopy as far as the operator sees it: a worklist that is put, credentials for everyone, reports that are kept.

use contract::canopy::{Capabilities, CredentialsAnswer, CredentialsRequest, Verification};
use futures::future::{BoxFuture, ready};
use operator::canopy::{CanopyApi, CanopyError, Endpoint, Result, Worklist, parse_worklist};
use serde_json::{Value, json};
use std::sync::Mutex;
use uuid::Uuid;

pub(crate) const FIRST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const SECOND: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
pub(crate) const THIRD: &str = "cccccccccccccccccccccccccccccccc";

#[derive(Default)]
pub(crate) struct Canopy {
    entries: Mutex<Vec<Value>>,
    reports: Mutex<Vec<Verification>>,
    /// So many reports to come find it broken.
    pub(crate) deaf_for: Mutex<usize>,
    /// Whether it grants nobody credentials.
    pub(crate) denies: Mutex<bool>,
}

/// An entry of the worklist that wants `snapshot`.
pub(crate) fn entry(number: u128, snapshot: &str) -> Value {
    let day = [FIRST, SECOND, THIRD].iter().position(|known| *known == snapshot).unwrap() + 1;
    let at = format!("2026-05-{day:02}T00:00:00Z");
    json!({
        "replica_id": Uuid::from_u128(number), "group_id": Uuid::from_u128(7),
        "server_id": Uuid::from_u128(number + 1000), "type": "tamanu-postgres", "intent": "verify",
        "name": format!("clinic {number}"), "freshness_seconds": null, "snapshot_id": snapshot, "snapshot_at": at,
        "storage": "s3", "bucket": "backups", "prefix": "", "region": "us-east-1",
    })
}

impl Canopy {
    /// Another one, that wants the same and was told the same.
    pub(crate) fn fork(&self) -> Self {
        let Self { entries, reports, deaf_for, denies } = self;
        Self {
            entries: Mutex::new(entries.lock().unwrap().clone()),
            reports: Mutex::new(reports.lock().unwrap().clone()),
            deaf_for: Mutex::new(*deaf_for.lock().unwrap()),
            denies: Mutex::new(*denies.lock().unwrap()),
        }
    }

    /// The worklist from now on.
    pub(crate) fn wants(&self, entries: impl IntoIterator<Item = Value>) {
        *self.entries.lock().unwrap() = entries.into_iter().collect();
    }

    /// Reports, the same one told again left out.
    pub(crate) fn reports(&self) -> Vec<Verification> {
        let mut told: Vec<Verification> = Vec::new();
        for report in self.reports.lock().unwrap().iter() {
            if !told.iter().any(|other| other.run_id == report.run_id) {
                told.push(report.clone());
            }
        }
        told
    }

    /// The error of the latest report, if it told of a failure.
    pub(crate) fn last_error(&self) -> Option<String> {
        self.reports().last()?.error.clone()
    }
}

impl CanopyApi for Canopy {
    fn register<'a>(&'a self, _: &'a Capabilities) -> BoxFuture<'a, Result<()>> {
        Box::pin(ready(Ok(())))
    }

    fn worklist(&self) -> BoxFuture<'_, Result<Worklist>> {
        let body = Value::from(self.entries.lock().unwrap().clone()).to_string();
        Box::pin(ready(Ok(parse_worklist(body.as_bytes()).unwrap())))
    }

    fn credentials<'a>(&'a self, _: &'a CredentialsRequest) -> BoxFuture<'a, Result<CredentialsAnswer>> {
        if *self.denies.lock().unwrap() {
            let (endpoint, detail) = (Endpoint::Credentials, "no declaration grants it".to_owned());
            return Box::pin(ready(Err(CanopyError::Refused { endpoint, status: 403, detail })));
        }
        let answer = json!({ "repo_password": "canary", "credentials": { "Version": 1, "AccessKeyId": "AKIA",
            "SecretAccessKey": "secret", "SessionToken": "session", "Expiration": "2030-01-01T00:00:00Z" } });
        Box::pin(ready(Ok(serde_json::from_value(answer).unwrap())))
    }

    fn report<'a>(&'a self, report: &'a Verification) -> BoxFuture<'a, Result<()>> {
        let mut deaf_for = self.deaf_for.lock().unwrap();
        if *deaf_for > 0 {
            *deaf_for -= 1;
            let (endpoint, detail) = (Endpoint::Verification, "down".to_owned());
            return Box::pin(ready(Err(CanopyError::Upstream { endpoint, status: 503, detail })));
        }
        self.reports.lock().unwrap().push(report.clone());
        Box::pin(ready(Ok(())))
    }
}
