use super::{ChooseError, choose};
use crate::restore::survey::{Cluster, Link, Survey};
use proptest::prelude::*;

fn survey(clusters: &[(&str, &str)]) -> Survey {
    let clusters = clusters
        .iter()
        .map(|(path, version)| Cluster { path: path.into(), version: (*version).into() })
        .collect();
    Survey { clusters, ..Survey::default() }
}

fn with_link(mut survey: Survey, path: &str, target: &str, inside: Option<&str>) -> Survey {
    survey.links.push(Link { path: path.into(), target: target.into(), inside: inside.map(Into::into) });
    survey
}

fn chosen(survey: &Survey) -> (String, u16) {
    let chosen = choose(survey).unwrap();
    (chosen.cluster.path.display().to_string(), chosen.major)
}

#[test]
fn fault_f1_nothing_restored_that_is_a_cluster_is_said_so() {
    let error = choose(&Survey { files: 7, ..Survey::default() }).unwrap_err();
    assert_eq!(error, ChooseError::Find { files: 7 });
}

#[test]
fn the_only_cluster_is_taken_wherever_it_lies() {
    assert_eq!(chosen(&survey(&[("", "15")])), (String::new(), 15));
    assert_eq!(chosen(&survey(&[("a/b/c/d", "17")])), ("a/b/c/d".into(), 17));
}

#[test]
fn the_highest_version_wins_by_number_not_by_text() {
    assert_eq!(chosen(&survey(&[("old", "9.6"), ("new", "15"), ("mid", "14")])).0, "new");
}

#[test]
fn a_current_link_beats_a_higher_version() {
    let two = || survey(&[("14/main", "14"), ("15/main", "15")]);
    assert_eq!(chosen(&with_link(two(), "current", "14/main", Some("14/main"))), ("14/main".into(), 14));
    assert_eq!(chosen(&with_link(two(), "current", "14", Some("14"))), ("14/main".into(), 14));
}

#[test]
fn an_absolute_current_link_is_understood_by_its_end() {
    let two = survey(&[("14/main", "14"), ("15/main", "15")]);
    let linked = with_link(two, "current", "/var/lib/postgresql/14/main", None);
    assert_eq!(chosen(&linked).0, "14/main");
}

#[test]
fn fault_f2_two_clusters_of_one_version_are_listed_and_not_chosen_from() {
    let error = choose(&survey(&[("b", "15"), ("a", "15"), ("old", "14")])).unwrap_err().to_string();
    assert!(error.ends_with(r#"candidates: "a" (15), "b" (15), "old" (14)"#), "{error}");
}

#[test]
fn a_current_link_that_leads_to_no_candidate_decides_nothing() {
    let two = survey(&[("14", "14"), ("15", "15")]);
    let error = choose(&with_link(two, "current", "/mnt/other", None)).unwrap_err().to_string();
    assert!(error.contains("leads to none of them"), "{error}");
}

#[test]
fn current_links_that_disagree_decide_nothing() {
    let two = survey(&[("14", "14"), ("15", "15")]);
    let linked = with_link(with_link(two, "current", "14", Some("14")), "x/current", "../15", Some("15"));
    assert!(choose(&linked).unwrap_err().to_string().contains("several"));
}

#[test]
fn fault_f3_a_version_that_cannot_be_served_is_refused_by_name() {
    for version in ["9.6", "12", "19", "banana", ""] {
        let error = choose(&survey(&[("d", version)])).unwrap_err();
        assert!(matches!(&error, ChooseError::Accept { version: v, .. } if v == version), "{error}");
    }
}

#[test]
fn a_long_list_of_candidates_is_cut() {
    let many: Vec<_> = (0..30).map(|n| (format!("d{n:02}"), "15")).collect();
    let many: Vec<_> = many.iter().map(|(path, version)| (path.as_str(), *version)).collect();
    let error = choose(&survey(&many)).unwrap_err().to_string();
    assert!(error.ends_with("and 20 more"), "{error}");
}

proptest! {
    #[test]
    fn the_order_of_the_walk_never_decides(
        clusters in proptest::collection::btree_map("[a-c]{1,2}(/[a-c])?", 10..20_u16, 1..6),
        seed in any::<prop::sample::Index>(),
    ) {
        let clusters: Vec<_> = clusters.into_iter().map(|(path, v)| (path, v.to_string())).collect();
        let named = |order: &[(String, String)]| {
            let pairs: Vec<_> = order.iter().map(|(p, v)| (p.as_str(), v.as_str())).collect();
            let survey = survey(&pairs);
            choose(&survey).map(|c| c.cluster.clone()).map_err(|error| error.to_string())
        };
        let mut turned = clusters.clone();
        turned.rotate_left(seed.index(clusters.len()));
        prop_assert_eq!(named(&clusters), named(&turned));
    }
}
