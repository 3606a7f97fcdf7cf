//! What is held of one namespace to its runs: every object to its run.

use super::{index::Held, inquiry::RunJob, postgres, restore, sizing, slim};
use crate::model::{Attempt, Replica, Run, ServiceSeen, Trouble};
use contract::names::RunName;
use std::collections::BTreeMap;

/// Puts into `replica` what its namespace holds.
pub(super) fn furnish(replica: &mut Replica, held: &Held) {
    replica.runs = runs(held);
    replica.service = held.services.values().next().map(|service| ServiceSeen { run: service.run.clone() });
    let open = replica.record.attempt.as_ref().filter(|attempt| attempt.is_open()).map(Attempt::run);
    let at_work = open.as_ref().or(replica.record.serving_run.as_ref());
    replica.hindered = held.hindered.as_deref().filter(|held| Some(&held.run) == at_work).cloned();
}

fn runs(held: &Held) -> BTreeMap<RunName, Box<Run>> {
    let mut runs: BTreeMap<RunName, Box<Run>> = BTreeMap::new();
    for (run, claim) in held.claims.entries() {
        let run = entry(&mut runs, run);
        run.volume = true;
        run.going &= claim.going;
    }
    for (run, job) in held.sizings.entries() {
        let pod = newest(held, run, |of| if let slim::PodOf::Sizing(pod) = of { Some(pod) } else { None });
        let told = told(held, &RunJob::Sizing(run.clone()));
        let run = entry(&mut runs, run);
        run.sizing = Some(sizing::seen(job, pod, told));
        run.going &= job.going;
    }
    for (run, job) in held.jobs.entries() {
        let told = told(held, &RunJob::Restore(run.clone()));
        let pod = newest(held, run, |of| if let slim::PodOf::Restore(pod) = of { Some(pod) } else { None });
        let run = entry(&mut runs, run);
        run.job = Some(restore::seen(job, pod, told));
        run.going &= job.going;
    }
    for (run, deployment) in held.deployments.entries() {
        let pod = newest(held, run, |of| if let slim::PodOf::Postgres(pod) = of { Some(pod) } else { None });
        let run = entry(&mut runs, run);
        run.postgres = Some(postgres::seen(deployment, pod));
        run.going &= deployment.going;
    }
    for pod in held.pods.entries().map(|(_, pod)| pod).filter(|pod| pod.may_run) {
        if let Some(run) = runs.get_mut(&pod.run) {
            match &pod.of {
                slim::PodOf::Restore(_) => run.writing = true,
                slim::PodOf::Postgres(_) => run.outlived = run.postgres.is_none(),
                slim::PodOf::Sizing(_) => {}
            }
        }
    }
    runs
}

/// What was learnt of why the Job makes no pod.
fn told<'a>(held: &'a Held, job: &RunJob) -> Option<&'a Trouble> {
    held.riddle.as_deref().filter(|(of, _)| of == job).map(|(_, trouble)| trouble)
}

/// The run `name`, going until an object of it is found that is not.
fn entry<'a>(runs: &'a mut BTreeMap<RunName, Box<Run>>, name: &RunName) -> &'a mut Run {
    runs.entry(name.clone()).or_insert_with(|| Box::new(Run { going: true, ..Run::default() }))
}

/// The newest pod of a run and component, those being deleted last.
fn newest<'a, T>(
    held: &'a Held,
    run: &RunName,
    component: impl Fn(&'a slim::PodOf) -> Option<&'a T>,
) -> Option<&'a T> {
    let of_run = held.pods.entries().filter(|(_, pod)| pod.run == *run);
    let ours =
        of_run.filter_map(|(name, pod)| Some(((!pod.going, pod.created_at, name), component(&pod.of)?)));
    ours.max_by_key(|(age, _)| *age).map(|(_, pod)| pod)
}
