//! The manifests of one replica, whole, as a person would read them.

use super::{Place, fixtures, namespace, restore_job, service};
use crate::model::Record;
use contract::{
    env::{REPOSITORY_PASSWORD, S3_PREFIX},
    ids::Intent,
    names::{LabelValue, RunName, annotations, labels},
};
use k8s_openapi::api::core::v1::EnvVar;

fn assert_manifests(name: &str, site: &super::Site, intent: Intent) {
    insta::assert_yaml_snapshot!(name, fixtures::every_object(site, intent));
}

#[test]
fn a_replica_to_verify_is_made_of_this() {
    assert_manifests("verify", &fixtures::site(), Intent::Verify);
}

#[test]
fn a_replica_for_analytics_is_made_of_this() {
    assert_manifests("analytics", &fixtures::site(), Intent::Analytics);
}

#[test]
fn a_replica_for_disaster_recovery_is_made_of_this() {
    assert_manifests("disaster-recovery", &fixtures::site(), Intent::DisasterRecovery);
}

#[test]
fn a_replica_restored_from_a_look_alike_is_made_of_this() {
    assert_manifests("look-alike", &fixtures::look_alike_site(), Intent::Verify);
}

#[test]
fn the_service_belongs_to_no_run_and_points_to_one() {
    let mut order = fixtures::serve_order(Intent::Verify);
    let first = service(&fixtures::site(), &order);
    order.run = RunName::of("another", 1);
    let second = service(&fixtures::site(), &order);
    assert_eq!(first.metadata, second.metadata);
    assert_eq!(second.spec.unwrap().selector.unwrap()[labels::RUN], order.run.as_str());
}

#[test]
fn fault_g3_an_odd_type_stands_as_digest_in_the_label_and_exactly_in_the_annotation() {
    let mut order = fixtures::restore_order(Intent::Verify);
    order.identity.backup_type = "odd type, with spaces".parse().unwrap();
    let made = namespace(&fixtures::site(), Place::from(&order), &Record::default().to_annotations());
    let (labels, annotations) = (made.metadata.labels.unwrap(), made.metadata.annotations.unwrap());
    let exact = annotations.get(annotations::TYPE).map(String::as_str);
    assert_eq!(LabelValue::read(&labels[labels::TYPE], exact).as_deref(), Some("odd type, with spaces"));
}

#[test]
fn a_namespace_is_made_without_the_annotations_its_record_wants_removed() {
    let order = fixtures::restore_order(Intent::Verify);
    let made = namespace(&fixtures::site(), Place::from(&order), &Record::default().to_annotations());
    let annotations = made.metadata.annotations.unwrap();
    assert_eq!(
        annotations.into_iter().collect::<Vec<_>>(),
        [(annotations::RESTORE_STATE.to_owned(), "pending".to_owned())]
    );
}

#[test]
fn fault_g1_a_hostile_prefix_and_the_password_meet_kubelet_as_they_should() {
    let job = restore_job(&fixtures::site(), &fixtures::restore_order(Intent::Verify));
    let containers = job.spec.unwrap().template.spec.unwrap().containers;
    let env: Vec<EnvVar> = containers.into_iter().next().unwrap().env.unwrap();
    let value = |name: &str| env.iter().find(|var| var.name == name).unwrap();
    assert_eq!(value(S3_PREFIX).value.as_deref(), Some("clinic $$(north)/"));
    let password = value(REPOSITORY_PASSWORD).value_from.as_ref().unwrap().secret_key_ref.as_ref().unwrap();
    assert_eq!(password.name, fixtures::run().repository_secret());
}
