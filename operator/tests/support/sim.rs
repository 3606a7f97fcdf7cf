//! A cluster and a Canopy made of values: steps are taken by rewriting [`Observed`].

use super::invariants::{self, Absences, Look};
use contract::{
    canopy::Verification,
    ids::{GroupId, Intent, ReplicaId, ReplicaKey, ServerId},
    names::{NamespaceName, RunName, namespace_name},
    pods::{
        Check, CheckName, CheckResult, Failure, FailureReason, MANDATORY_CHECKS, PrepareReport, Restored,
        SnapshotSize,
    },
    probes::Probes,
};
use jiff::{SignedDuration, Timestamp};
use operator::{
    model::{
        Identity, JobId, JobPhase, JobSeen, Observed, Owner, Phase, PostgresPhase, PostgresSeen, Reason,
        Replica, Run, Seen, ServiceSeen, SizingPhase, SizingSeen, Snapshot, Source, Target, Trouble, Wanted,
    },
    plan::{Because, Decision, Guard, Moment, Plan, Policy, Step, Wish, Worklist, plan},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub(crate) const FIRST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const SECOND: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

pub(crate) struct Sim {
    pub(crate) now: Timestamp,
    /// Since when the operator acts.
    pub(crate) acting_since: Timestamp,
    pub(crate) policy: Policy,
    pub(crate) worklist: Worklist,
    pub(crate) observed: Observed,
    pub(crate) guard: Guard,
    pub(crate) reported: Vec<Verification>,
    pub(crate) writes: usize,
    absences: Absences,
    revision: u64,
}

pub(crate) fn wanted(number: u128, snapshot: Option<&str>) -> Wanted {
    let key = ReplicaKey {
        replica_id: ReplicaId(Uuid::from_u128(number)),
        server_id: ServerId(Uuid::from_u128(number + 1000)),
    };
    let name = format!("clinic {number}");
    Wanted {
        identity: Identity {
            key,
            group: GroupId(Uuid::from_u128(7)),
            backup_type: "tamanu-postgres".parse().unwrap(),
            intent: Intent::Verify,
        },
        namespace: namespace_name(&name, key),
        display_name: name,
        freshness: None,
        overdue_after: None,
        target: snapshot.map_or(Target::Nothing, |id| target(id, "2026-01-01T00:00:00Z")),
    }
}

pub(crate) fn target(id: &str, at: &str) -> Target {
    let at = Some(at.parse().unwrap());
    match id.parse() {
        Ok(id) => Target::Restore(Snapshot {
            id,
            at,
            source: Source {
                bucket: "backups".parse().unwrap(),
                prefix: "".parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
            },
            probes: Probes::default(),
        }),
        Err(why) => {
            let why = Trouble::new(Reason::InvalidSnapshot, why.to_string());
            Target::Impossible { snapshot: id.into(), at, why }
        }
    }
}

pub(crate) fn sound() -> PrepareReport {
    let check = |name: CheckName| Check {
        name,
        result: CheckResult::Passed,
        scope: "1 database".into(),
        duration_ms: 1,
        detail: None,
    };
    PrepareReport {
        postgres_version: Some("15.18".into()),
        databases: vec!["app".into()],
        rows: vec![Some(7)],
        primary_database: Some("app".into()),
        checks: MANDATORY_CHECKS.into_iter().map(check).collect(),
        ..PrepareReport::default()
    }
}

/// Everybody a list speaks of, readably or not; who it speaks of as somebody else is not meant.
fn named(worklist: &Worklist, observed: &Observed) -> BTreeSet<ReplicaKey> {
    let standing = observed.replicas().map(|replica| replica.identity.key);
    let unread = standing.filter(|key| matches!(worklist.wish(*key), Wish::Quarantined(_)));
    let is_another = |wanted: &&Wanted| {
        let theirs = |replica: &&Replica| replica.identity.key == wanted.identity.key;
        observed.replicas().find(theirs).is_some_and(|replica| replica.identity != wanted.identity)
    };
    let meant = worklist.entries().filter(|wanted| !is_another(wanted));
    meant.map(|wanted| wanted.identity.key).chain(unread).collect()
}

impl Sim {
    pub(crate) fn new(entries: impl IntoIterator<Item = Wanted>) -> Self {
        let mut sim = Self::empty();
        sim.poll(entries);
        sim
    }

    /// Nothing in the cluster, and no worklist read yet.
    pub(crate) fn empty() -> Self {
        Self {
            now: "2026-06-01T00:00:00Z".parse().unwrap(),
            acting_since: Timestamp::UNIX_EPOCH,
            policy: Policy::default(),
            worklist: Worklist::default(),
            observed: Observed::default(),
            guard: Guard::default(),
            reported: Vec::new(),
            writes: 0,
            absences: Absences::default(),
            revision: 0,
        }
    }

    /// One more worklist is read.
    pub(crate) fn poll(&mut self, entries: impl IntoIterator<Item = Wanted>) {
        self.poll_list(Worklist::read(entries, BTreeMap::new(), true));
    }

    /// The same, whatever the list is.
    pub(crate) fn poll_list(&mut self, worklist: Worklist) {
        if worklist.is_complete() {
            let named = named(&worklist, &self.observed);
            self.absences.read(&named, &self.observed, self.now, self.policy.teardown.mass_percent);
        }
        self.worklist = worklist;
        self.guard = self.guard.after(&self.worklist, &self.observed, self.now, &self.policy.teardown);
    }

    /// The plan of this moment, which breaks no invariant.
    pub(crate) fn plan(&self) -> Plan {
        let moment = Moment { now: self.now, acting_since: self.acting_since };
        let plan = plan(&self.worklist, &self.observed, &self.guard, moment, &self.policy);
        let broken = invariants::broken_by(&Look {
            wanted: self.worklist.entries().collect(),
            observed: &self.observed,
            absences: &self.absences,
            now: self.now,
            acting_since: self.acting_since,
            policy: &self.policy,
            plan: &plan,
        });
        assert!(broken.is_empty(), "the plan breaks:\n{}", broken.join("\n"));
        plan
    }

    /// Takes steps until nothing is left to do; more than 50 rounds mean it never rests.
    pub(crate) fn settle(&mut self) {
        self.try_settle().unwrap_or_else(|plan| panic!("the plan never rests: {plan}"));
    }

    /// The same; the plan that is never empty where there is one.
    pub(crate) fn try_settle(&mut self) -> Result<(), String> {
        for _ in 0..50 {
            let plan = self.plan();
            let steps: Vec<Step> = plan.steps().into_iter().cloned().collect();
            if steps.is_empty() {
                return Ok(());
            }
            for step in steps {
                self.take(step);
            }
        }
        Err(format!("{:?}", self.plan()))
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn take(&mut self, step: Step) {
        self.writes += 1;
        self.revision += 1;
        match step {
            Step::CreateNamespace { namespace, identity, record } => {
                let owner = self.owner(&format!("uid-{}", self.revision));
                let replica = Replica {
                    namespace: namespace.clone(),
                    owner,
                    created_at: self.now,
                    going: None,
                    identity,
                    record: *record,
                    teardown_released_at: None,
                    runs: BTreeMap::new(),
                    service: None,
                    hindered: None,
                };
                self.observed.namespaces.insert(namespace, Seen::Replica(replica.into()));
            }
            Step::WriteRecord { namespace, owner, record, .. } => self.write(&namespace, &owner, *record),
            Step::SendReport { namespace, owner, report, acknowledged, .. } => {
                self.reported.push(*report);
                self.write(&namespace, &owner, *acknowledged);
            }
            Step::StartSizing { order, .. } => {
                let size = SnapshotSize { snapshot_id: order.snapshot, bytes: 1, files: 1 };
                let phase = SizingPhase::Sized(size);
                let sizing = SizingSeen { created_at: self.now, phase };
                let run = self.replica_mut(&order.namespace).runs.entry(order.run).or_default();
                run.sizing = Some(sizing);
            }
            Step::StartRestore { order, .. } => {
                let job = JobSeen {
                    id: JobId::of(&self.revision.to_string()),
                    created_at: self.now,
                    ended_at: None,
                    phase: JobPhase::Starting { waiting_for: None },
                    traffic: None,
                    size: order.fit.size,
                    probes: Some(order.probes),
                };
                self.run(&order.namespace, &order.run).job = Some(job);
            }
            Step::StartPostgres(order) => {
                let seen = PostgresSeen { created_at: self.now, phase: PostgresPhase::Preparing };
                self.run(&order.namespace, &order.run).postgres = Some(seen);
            }
            Step::Serve { order, owner } => {
                assert_eq!(
                    self.replica(&order.namespace).owner,
                    owner,
                    "served by another record than was read"
                );
                self.replica_mut(&order.namespace).service = Some(ServiceSeen { run: Some(order.run) });
            }
            Step::RemoveJob { namespace, run, job } => {
                let there = self.run(&namespace, &run).job.take();
                assert_eq!(there.map(|there| there.id), Some(job), "removed another Job");
            }
            Step::RemoveRun { namespace, run, owner } => {
                assert_eq!(self.replica(&namespace).owner, owner, "removed by another record than was read");
                assert!(
                    self.replica_mut(&namespace).runs.remove(&run).is_some(),
                    "removed what was not there"
                );
            }
            Step::DeleteNamespace { namespace, owner } => {
                assert_eq!(self.replica(&namespace).owner, owner, "deleted another object than was read");
                self.absences.went(self.now);
                self.observed.namespaces.remove(&namespace);
            }
        }
    }

    fn owner(&self, uid: &str) -> Owner {
        Owner { uid: uid.to_owned(), resource_version: self.revision.to_string() }
    }

    fn write(&mut self, namespace: &NamespaceName, owner: &Owner, record: operator::model::Record) {
        let next = self.owner(&owner.uid);
        let replica = self.replica_mut(namespace);
        assert_eq!(&replica.owner, owner, "a write decided on a stale namespace");
        assert_ne!(replica.record, record, "a write that changes nothing");
        replica.record = record;
        replica.owner = next;
    }

    fn run(&mut self, namespace: &NamespaceName, run: &RunName) -> &mut Run {
        let run = self.replica_mut(namespace).runs.entry(run.clone()).or_default();
        run.volume = true;
        run
    }

    pub(crate) fn replica(&self, namespace: &NamespaceName) -> &Replica {
        match &self.observed.namespaces[namespace] {
            Seen::Replica(replica) => replica,
            Seen::Unreadable { why, .. } => panic!("{namespace} does not read: {why}"),
        }
    }

    pub(crate) fn replica_mut(&mut self, namespace: &NamespaceName) -> &mut Replica {
        match self.observed.namespaces.get_mut(namespace) {
            Some(Seen::Replica(replica)) => replica,
            other => panic!("{namespace}: {other:?}"),
        }
    }

    pub(crate) fn phase(&self, entry: &Wanted) -> Phase {
        self.replica(&entry.namespace).record.phase
    }

    pub(crate) fn because(&self, entry: &Wanted) -> Because {
        match self.plan().decisions.remove(&entry.namespace) {
            Some(Decision::Rest(because)) => because,
            other => panic!("expected rest, got {other:?}"),
        }
    }

    /// The run in progress.
    pub(crate) fn open_run(&self, entry: &Wanted) -> RunName {
        let attempt = self.replica(&entry.namespace).record.attempt.clone().unwrap();
        assert!(attempt.is_open(), "no attempt in progress");
        attempt.run()
    }

    /// The restore pod of the attempt in progress ends with this.
    pub(crate) fn job_ends(&mut self, entry: &Wanted, phase: JobPhase) {
        let run = self.open_run(entry);
        self.run(&entry.namespace, &run).job.as_mut().unwrap().phase = phase;
        self.settle();
    }

    pub(crate) fn restored(&mut self, entry: &Wanted) {
        let snapshot = self.replica(&entry.namespace).record.attempt.clone().unwrap().snapshot;
        self.job_ends(
            entry,
            JobPhase::Restored(Restored {
                snapshot_id: snapshot.parse().unwrap(),
                data_dir: "restored".parse().unwrap(),
                postgres_major: 15,
                files: 1,
                bytes: 1,
            }),
        );
    }

    pub(crate) fn fails(&mut self, entry: &Wanted, reason: FailureReason) {
        self.job_ends(entry, JobPhase::Failed(Failure { reason, message: "it said so".into() }));
    }

    /// The postgres pod of the attempt in progress comes to this.
    pub(crate) fn postgres_comes_to(&mut self, entry: &Wanted, phase: PostgresPhase) {
        let run = self.open_run(entry);
        self.run(&entry.namespace, &run).postgres.as_mut().unwrap().phase = phase;
        self.settle();
    }

    /// From a restore that has been started to a serving database.
    pub(crate) fn comes_up(&mut self, entry: &Wanted) {
        self.restored(entry);
        self.postgres_comes_to(entry, PostgresPhase::Ready(sound().into()));
    }

    /// A replica that serves its first snapshot.
    pub(crate) fn serving(entry: &Wanted) -> Self {
        let mut sim = Self::new([entry.clone()]);
        sim.settle();
        sim.comes_up(entry);
        assert_eq!(sim.phase(entry), Phase::Active);
        sim
    }
}
