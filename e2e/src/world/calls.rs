//! What Canopy was asked and told about a world.

use anyhow::{Result, ensure};
use contract::canopy::{Outcome, Verification};
use serde_json::Value;
use stub_canopy::VerificationCall;

use super::{Replica, World};
use crate::timeouts::RESTORED;

impl World {
    /// Every report about this world, accepted or not.
    pub async fn calls_of_verification(&self) -> Result<Vec<VerificationCall>> {
        let calls = self.canopy.ledger().await?.verifications.into_iter();
        Ok(calls.filter(|call| self.is_about_us(&call.body)).collect())
    }

    /// How often credentials were issued for it.
    pub async fn credentials_issued(&self) -> Result<usize> {
        let calls = self.canopy.ledger().await?.credentials.into_iter();
        Ok(calls.filter(|call| call.status == 200 && self.is_about_us(&call.body)).count())
    }

    fn is_about_us(&self, body: &Value) -> bool {
        body.get("group").and_then(Value::as_str) == Some(self.group.to_string().as_str())
    }
}

impl Replica<'_> {
    /// Passes over reports of failure until one tells of success.
    pub async fn success_at_last(&self) -> Result<Verification> {
        loop {
            let report = self.report_within(RESTORED).await?;
            if report.outcome == Outcome::Success {
                return Ok(report);
            }
        }
    }

    /// Makes sure that whatever else was reported is `report` said again, and counts it as read.
    pub async fn repeats_of(&self, report: &Verification) -> Result<()> {
        let all = self.world.canopy.ledger().await?.accepted_reports(self.entry.key());
        let same = all.iter().all(|other| other == report);
        ensure!(same, "more than one thing was reported: {all:#?}");
        self.world.state().read.insert(self.entry.key(), all.len());
        Ok(())
    }
}
