//! The stable door to the database: moves to another run by its selector alone.

use super::{Component, Site, meta::Meta};
use crate::model::ServeOrder;
use contract::names::{labels, objects};
use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

/// Name of PostgreSQL's port in pods and in the Service.
pub(super) const PORT_NAME: &str = "postgres";
/// PostgreSQL's port.
pub(super) const PORT: u16 = 5432;

/// The Service `postgres`, pointing to the run of `order`.
pub fn service(site: &Site, order: &ServeOrder) -> Service {
    let meta = Meta::of_run(site, order.into(), Component::Postgres, &order.run);
    let mut metadata = meta.named(objects::SERVICE);
    // It outlives the run: only its selector names one.
    metadata.labels.get_or_insert_default().remove(labels::RUN);
    Service {
        metadata,
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(meta.selector()),
            ports: Some(vec![port()]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

fn port() -> ServicePort {
    ServicePort {
        name: Some(PORT_NAME.to_owned()),
        protocol: Some("TCP".to_owned()),
        port: PORT.into(),
        target_port: Some(IntOrString::String(PORT_NAME.to_owned())),
        ..ServicePort::default()
    }
}
