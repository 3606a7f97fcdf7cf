//! Pods that do not start, do not end, or end badly: the report says why, in the cluster's own words.

use crate::{
    canopy::{FIRST, SECOND, entry},
    world::World,
};
use contract::names::objects::containers;
use fake_apiserver::{Object, Outcome, Verb};
use jiff::SignedDuration;
use std::time::Duration;

fn is_restore(pod: &Object) -> bool {
    pod["spec"]["containers"][0]["name"] == containers::RESTORE
}

fn is_postgres(pod: &Object) -> bool {
    pod["spec"]["containers"][0]["name"] == containers::POSTGRES
}

/// One replica whose pods fare so, until it has reported; what it reported.
async fn reported(fate: impl Fn(&Object) -> Option<Outcome> + Send + 'static) -> String {
    let mut world = World::new();
    world.fate(fate);
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it has reported", |world| !world.canopy.reports().is_empty()).await;
    assert_eq!((world.created("jobs"), world.canopy.reports()[0].replica_healthy), (1, false));
    world.canopy.last_error().unwrap()
}

#[tokio::test(start_paused = true)]
async fn fault_a13_a_database_pod_that_admission_refuses_is_a_failure_in_its_words() {
    let mut world = World::new();
    world.actors.admit(|owner| {
        if owner["kind"] == "Deployment" { Err("exceeded quota: pods=10".to_owned()) } else { Ok(()) }
    });
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it has reported", |world| !world.canopy.reports().is_empty()).await;
    let error = world.canopy.last_error().unwrap();
    assert!(error.contains("exceeded quota: pods=10"), "{error}");
    assert_eq!(world.created("deployments"), 1);
}

#[tokio::test(start_paused = true)]
async fn fault_a13_a_restore_pod_that_a_quota_refuses_is_a_failure_in_its_words() {
    let mut world = World::new();
    world.actors.admit(|owner| {
        if owner["kind"] == "Job" { Err("exceeded quota: pods=10".to_owned()) } else { Ok(()) }
    });
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it has reported", |world| !world.canopy.reports().is_empty()).await;
    let error = world.canopy.last_error().unwrap();
    assert!(error.starts_with("infrastructure: quota_exceeded: ") && error.contains("pods=10"), "{error}");
    let asked = world.server.audit(|audit| audit.count(Verb::List, "events"));
    assert_eq!((world.created("jobs"), asked), (1, 1), "what is known is not asked for again");
}

#[tokio::test(start_paused = true)]
async fn fault_a13_a_sizing_pod_that_a_quota_refuses_is_a_failure_in_its_words() {
    let mut world = World::thorough();
    world.actors.admit(|_| Err("exceeded quota: pods=10".to_owned()));
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it has reported", |world| !world.canopy.reports().is_empty()).await;
    let error = world.canopy.last_error().unwrap();
    assert!(error.starts_with("infrastructure: quota_exceeded: ") && error.contains("pods=10"), "{error}");
    assert_eq!((world.created("jobs"), world.created("persistentvolumeclaims")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn fault_a20_while_a_lost_node_may_still_restore_postgres_is_not_started() {
    let mut world = World::new();
    world.fate(|pod| is_restore(pod).then_some(Outcome::Running));
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it restores", World::restores).await;
    world.fate(|pod| is_restore(pod).then_some(Outcome::Lost));
    world.pass_time(Duration::from_hours(1)).await;
    assert_eq!((world.created("jobs"), world.created("deployments")), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn fault_a20_an_evicted_restore_is_a_failed_attempt_that_names_the_eviction() {
    let error = reported(|pod| is_restore(pod).then(|| Outcome::Evicted("low on memory".to_owned()))).await;
    assert!(error.contains("Evicted"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn fault_a21_a_volume_that_is_never_bound_is_a_failure_that_says_so() {
    let mut world = World::new();
    world.actors.bind(|_| false);
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it has reported", |world| !world.canopy.reports().is_empty()).await;
    let error = world.canopy.last_error().unwrap();
    assert!(error.contains("unbound immediate PersistentVolumeClaims"), "{error}");
    assert_eq!(world.created("jobs"), 1);
}

#[tokio::test(start_paused = true)]
async fn fault_a22_what_keeps_a_pod_from_its_work_is_reported() {
    let image = |pod: &Object| {
        is_restore(pod).then(|| Outcome::Waiting {
            container: containers::RESTORE.to_owned(),
            reason: "ImagePullBackOff".to_owned(),
            message: "no such image".to_owned(),
        })
    };
    let node =
        |pod: &Object| is_restore(pod).then(|| Outcome::Unschedulable("0/3 nodes are available".to_owned()));
    let memory =
        |pod: &Object| is_restore(pod).then(|| Outcome::failed(containers::RESTORE, 137, "OOMKilled", ""));
    let server_image = |pod: &Object| {
        is_postgres(pod).then(|| Outcome::Waiting {
            container: containers::PREPARE.to_owned(),
            reason: "ErrImagePull".to_owned(),
            message: "no such image".to_owned(),
        })
    };
    assert!(reported(server_image).await.contains("ErrImagePull"));
    assert!(reported(image).await.contains("ImagePullBackOff"));
    assert!(reported(node).await.contains("0/3 nodes are available"));
    let error = reported(memory).await;
    assert!(
        error.contains("OOMKilled") || error.contains("without a result") || error.contains("not"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn fault_a23_a_job_that_is_gone_before_it_was_read_is_no_success() {
    let mut world = World::new();
    world.fate(|pod| is_restore(pod).then_some(Outcome::Running));
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it restores", World::restores).await;
    let jobs = world.server.list("jobs", "");
    let job = jobs.iter().find(|job| job.name().starts_with("restore-")).unwrap();
    world.server.remove("jobs", job.namespace(), job.name());
    world.actors.settle();
    world.pass_time(Duration::from_mins(1)).await;
    assert_eq!(world.canopy.reports().len(), 0);
    world.fate(|_| None);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
}

#[tokio::test(start_paused = true)]
async fn fault_a25_a_clock_that_jumps_by_an_hour_deletes_nothing_and_fails_nothing_that_serves() {
    for hours in [1, -1] {
        let mut world = World::new();
        world.canopy.wants((1..=3).map(|number| entry(number, FIRST)));
        world.until("all serve", |world| (1..=3).all(|number| world.serves(number, FIRST))).await;
        world.rest().await;
        world.clock.jump(SignedDuration::from_hours(hours));
        world.pass_time(Duration::from_mins(2)).await;
        assert!((1..=3).all(|number| world.serves(number, FIRST)), "{hours}");
        assert_eq!(world.canopy.reports().len(), 3);
        world.canopy.wants((1..=3).map(|number| entry(number, SECOND)));
        world.until("all are refreshed", |world| (1..=3).all(|number| world.serves(number, SECOND))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn fault_e14_a_restore_that_is_evicted_goes_on_in_the_same_run_on_the_same_volume() {
    let mut world = World::thorough();
    world.fate(|pod| is_restore(pod).then(|| Outcome::Evicted("low on memory".to_owned())));
    world.canopy.wants([entry(1, FIRST)]);
    world.until("it goes on", |world| world.created("jobs") == 4).await;
    world.fate(|_| None);
    world.until("it serves", |world| world.serves(1, FIRST)).await;
    assert_eq!((world.created("persistentvolumeclaims"), world.created("deployments")), (1, 1));
    assert_eq!(world.canopy.reports().len(), 1);
}
