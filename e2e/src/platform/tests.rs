use super::*;

#[test]
fn the_cluster_comes_first_and_the_project_last() {
    let goals = goals(true);
    assert_eq!(goals.first(), Some(&Job::Cluster));
    assert_eq!(goals.last(), Some(&Job::Project));
}

#[test]
fn a_cluster_alone_does_not_compile_the_project() {
    assert!(!goals(false).contains(&Job::Project));
}

#[test]
fn every_image_that_pods_run_is_also_in_the_engine_for_fixtures() {
    let goals = goals(false);
    for image in Image::LOADED {
        assert!(goals.contains(&Job::Image(image)) && goals.contains(&Job::Load(image)), "{image:?}");
    }
}
