use super::*;
use crate::platform::image::{Major, Suite};

fn jobs(goals: &[Job], origin: Origin, there: &[Job]) -> Vec<Job> {
    plan(goals, |job| job.needs(origin), |job| there.contains(&job))
        .into_iter()
        .map(|task| task.job)
        .collect()
}

#[test]
fn nothing_is_done_for_what_is_there() {
    assert_eq!(jobs(&[Job::Cluster], Origin::Built, &[Job::Cluster]), []);
}

#[test]
fn every_job_comes_once_and_after_all_it_needs() {
    let goals: Vec<_> =
        Image::LOADED.map(Job::Load).into_iter().chain([Job::Cluster, Job::Project]).collect();
    let order = jobs(&goals, Origin::Built, &[]);
    for (place, job) in order.iter().enumerate() {
        assert!(!order[..place].contains(job), "{job:?} twice");
        for need in job.needs(Origin::Built) {
            assert!(order[..place].contains(&need), "{job:?} before {need:?}");
        }
    }
}

#[test]
fn an_image_that_is_there_spares_the_tools_it_is_made_from() {
    let order = jobs(&[Job::Load(Image::Kopia)], Origin::Built, &[Job::Image(Image::Kopia), Job::Cluster]);
    assert_eq!(order, [Job::Load(Image::Kopia)]);
}

#[test]
fn a_cluster_from_published_images_compiles_kind_and_nothing_else() {
    let order = jobs(&[Job::Cluster], Origin::Published, &[]);
    let compiled: Vec<_> = order.into_iter().filter(|job| job.compiles()).collect();
    assert_eq!(compiled, [Job::Tool(Tool::Kind)]);
}

#[test]
fn a_cluster_built_here_needs_the_control_plane_and_no_fixture() {
    let order = jobs(&[Job::Cluster], Origin::Built, &[]);
    assert!(order.contains(&Job::Tool(Tool::Kubernetes)) && order.contains(&Job::Image(Image::Etcd)));
    assert!(!order.contains(&Job::Image(Image::Postgres(Major::Seventeen))));
    assert!(!order.contains(&Job::Image(Image::Debian(Suite::Trixie))));
}

#[test]
fn a_task_waits_only_for_what_is_not_there() {
    let there = |job| job == Job::Image(Image::Node);
    let tasks = plan(&[Job::Cluster], |job| job.needs(Origin::Built), there);
    let cluster = tasks.last().unwrap();
    assert_eq!(cluster.after, [Job::Kubectl, Job::Tool(Tool::Kind)]);
}
