use super::{Survey, survey};
use crate::restore::tests::{cluster, tree};
use std::{os::unix::fs::symlink, path::Path};

fn paths(found: &Survey) -> Vec<String> {
    let mut paths: Vec<_> = found.clusters.iter().map(|c| c.path.display().to_string()).collect();
    paths.sort();
    paths
}

#[test]
fn fault_f2_a_data_directory_has_both_a_version_and_a_control_file() {
    let dir = tree(&["base/1/PG_VERSION", "global/readme", "other/global/pg_control"]);
    assert_eq!(paths(&survey(dir.path()).unwrap()), Vec::<String>::new());
    cluster(dir.path(), "a/b/c", "15");
    assert_eq!(paths(&survey(dir.path()).unwrap()), ["a/b/c"]);
}

#[test]
fn fault_f3_a_carriage_return_is_not_part_of_the_version() {
    let dir = tree(&[]);
    cluster(dir.path(), "", "15\r\n");
    assert_eq!(survey(dir.path()).unwrap().clusters[0].version, "15");
}

#[test]
fn files_and_bytes_are_counted_and_links_are_not() {
    let dir = tree(&["x/one", "two"]);
    symlink("two", dir.path().join("link")).unwrap();
    let found = survey(dir.path()).unwrap();
    assert_eq!((found.files, found.bytes), (2, 6));
}

#[test]
fn fault_f4_a_link_out_of_the_volume_leads_nowhere() {
    let dir = tree(&["in/file"]);
    for (name, target) in [("abs", "/etc"), ("up", "../../.."), ("gone", "absent"), ("loop", "loop")] {
        symlink(target, dir.path().join(name)).unwrap();
    }
    symlink("in/../in", dir.path().join("ok")).unwrap();
    let found = survey(dir.path()).unwrap();
    let leads = |name: &str| found.links.iter().find(|l| l.path == Path::new(name)).unwrap().inside.clone();
    for name in ["abs", "up", "gone", "loop"] {
        assert_eq!(leads(name), None, "{name}");
    }
    assert_eq!(leads("ok").as_deref(), Some(Path::new("in")));
}

#[test]
fn a_cluster_behind_a_link_is_not_found_twice() {
    let dir = tree(&[]);
    cluster(dir.path(), "15/main", "15");
    symlink("15/main", dir.path().join("current")).unwrap();
    assert_eq!(paths(&survey(dir.path()).unwrap()), ["15/main"]);
}

#[test]
fn endless_nesting_is_an_error() {
    let dir = tree(&[]);
    std::fs::create_dir_all(dir.path().join("d/".repeat(70))).unwrap();
    let error = survey(dir.path()).unwrap_err().to_string();
    assert!(error.contains("more than 64 directories"), "{error}");
}

#[test]
fn a_missing_directory_is_named() {
    let error = survey(Path::new("/absent/restored")).unwrap_err().to_string();
    assert_eq!(error, "failed to read /absent/restored");
}
