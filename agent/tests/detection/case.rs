//! One copy, what is true of it, and what was said of it.

use crate::{
    hosts::Hosts,
    source::Captured,
    support::{Prepared, Volume},
};
use contract::pods::{CheckName, CheckResult, FailureReason, Fix, PrepareReport};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A copy and the truth about it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) truth: Truth,
    /// Puts the copy onto a volume and has it prepared.
    pub(crate) prepared: fn(&Hosts) -> Prepared,
}

/// What a truthful report says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth {
    /// This check failed, and its detail holds this text.
    Refused(CheckName, &'static str),
    /// It did not come up for this reason, and the message holds this text.
    Failed(FailureReason, &'static str),
    /// It is sound, after these repairs.
    Sound(&'static [Fix]),
}

/// What came of a case.
pub(crate) struct Ended {
    pub(crate) name: &'static str,
    pub(crate) is_damaged: bool,
    /// Whether the report is the truth.
    pub(crate) is_true: bool,
    /// In a few words.
    pub(crate) said: String,
}

impl Case {
    /// Tries it; a fixture that cannot be made counts against the agent.
    pub(crate) fn ended(&self, hosts: &Hosts) -> Ended {
        let prepared = catch_unwind(AssertUnwindSafe(|| (self.prepared)(hosts)));
        let (is_true, said) = match prepared {
            Ok(prepared) => self.judged(&prepared),
            Err(_) => (false, "the fixture could not be made".into()),
        };
        let is_damaged = !matches!(self.truth, Truth::Sound(_));
        Ended { name: self.name, is_damaged, is_true, said }
    }

    fn judged(&self, prepared: &Prepared) -> (bool, String) {
        let report = &prepared.report;
        let is_true = self.truth.is_told_by(report) && prepared.status.success() == report.is_sound();
        if !is_true {
            eprintln!("{}: expected {:?}, got {report:#?}\n{}", self.name, self.truth, prepared.log);
        }
        (is_true, said(report))
    }
}

impl Truth {
    fn is_told_by(self, report: &PrepareReport) -> bool {
        match self {
            Self::Sound(fixes) => report.is_sound() && report.fixes == fixes,
            Self::Failed(reason, text) => report
                .failure
                .as_ref()
                .is_some_and(|failure| failure.reason == reason && failure.message.contains(text)),
            Self::Refused(name, text) => {
                let tells = |detail: &String| detail.contains(text);
                let check = report.checks.iter().find(|check| check.name == name);
                !report.is_sound()
                    && check.is_some_and(|check| {
                        check.result == CheckResult::Failed && check.detail.as_ref().is_some_and(tells)
                    })
            }
        }
    }
}

fn said(report: &PrepareReport) -> String {
    match &report.failure {
        Some(failure) => failure.to_string(),
        None if report.fixes.is_empty() => "sound".into(),
        None => format!("sound after {:?}", report.fixes),
    }
}

/// One that comes up, and that this check refuses with this text.
pub(crate) fn refused(
    name: &'static str,
    by: CheckName,
    text: &'static str,
    prepared: fn(&Hosts) -> Prepared,
) -> Case {
    Case { name, truth: Truth::Refused(by, text), prepared }
}

/// One that does not come up for this reason, with this text.
pub(crate) fn failed(
    name: &'static str,
    reason: FailureReason,
    text: &'static str,
    prepared: fn(&Hosts) -> Prepared,
) -> Case {
    Case { name, truth: Truth::Failed(reason, text), prepared }
}

/// One that is sound without a repair.
pub(crate) fn sound(name: &'static str, prepared: fn(&Hosts) -> Prepared) -> Case {
    Case { name, truth: Truth::Sound(&[]), prepared }
}

/// A volume with these files, prepared as usual.
pub(crate) fn prepare(captured: Captured) -> Prepared {
    Volume::of(captured).prepare()
}
