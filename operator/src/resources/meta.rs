//! Names and labels of every object, in one place.

use super::Site;
use crate::model::{Identity, PostgresOrder, RestoreOrder, ServeOrder, SizingOrder};
use contract::names::{LabelValue, NamespaceName, RunName, labels};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use std::collections::BTreeMap;

/// `app.kubernetes.io/name` of everything in a namespace of a replica.
const APP_NAME: &str = "pgro-replica";
/// `app.kubernetes.io/managed-by` of everything the operator makes.
const APP_MANAGER: &str = "pgro";

/// The recommended labels' keys.
pub mod app_labels {
    /// What it is.
    pub const NAME: &str = "app.kubernetes.io/name";
    /// Which one of these.
    pub const INSTANCE: &str = "app.kubernetes.io/instance";
    /// Which part of it.
    pub const COMPONENT: &str = "app.kubernetes.io/component";
    /// Who cares for it.
    pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
    /// By which version.
    pub const VERSION: &str = "app.kubernetes.io/version";
}

/// Which part of a replica an object belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// What is there for all runs.
    Replica,
    /// What asks how large a snapshot is.
    Sizing,
    /// What restores.
    Restore,
    /// What serves.
    Postgres,
}

impl Component {
    /// The label's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replica => "replica",
            Self::Sizing => "sizing",
            Self::Restore => "restore",
            Self::Postgres => "postgres",
        }
    }
}

/// A replica's namespace, and who lives in it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The namespace.
    pub namespace: &'a NamespaceName,
    /// The replica.
    pub identity: &'a Identity,
}

macro_rules! place_of {
    ($($order:ty),*) => {
        $(impl<'a> From<&'a $order> for Place<'a> {
            fn from(order: &'a $order) -> Self {
                Self { namespace: &order.namespace, identity: &order.identity }
            }
        })*
    };
}

place_of!(SizingOrder, RestoreOrder, PostgresOrder, ServeOrder);

/// Everything metadata is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meta<'a> {
    site: &'a Site,
    place: Place<'a>,
    component: Component,
    run: Option<&'a RunName>,
}

impl<'a> Meta<'a> {
    /// For what outlives runs.
    pub(super) fn stable(site: &'a Site, place: Place<'a>, component: Component) -> Self {
        Self { site, place, component, run: None }
    }

    /// For what belongs to one run.
    pub(super) fn of_run(site: &'a Site, place: Place<'a>, component: Component, run: &'a RunName) -> Self {
        Self { site, place, component, run: Some(run) }
    }

    /// Metadata of the object `name` in the replica's namespace.
    pub(super) fn named(&self, name: impl Into<String>) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.into()),
            namespace: Some(self.place.namespace.to_string()),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }

    /// Identity, recommended labels and the run.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        let mut all = identity(self.site, self.place.identity);
        all.extend(self.run.map(|run| (labels::RUN.to_owned(), run.to_string())));
        let version = LabelValue::of(&self.site.version);
        let app = [
            (app_labels::NAME, APP_NAME),
            (app_labels::INSTANCE, self.place.namespace.as_str()),
            (app_labels::COMPONENT, self.component.as_str()),
            (app_labels::MANAGED_BY, APP_MANAGER),
            (app_labels::VERSION, version.as_str()),
        ];
        all.extend(app.map(|(key, value)| (key.to_owned(), value.to_owned())));
        all
    }

    /// The labels that find the pods of this component, of this run where there is one, for ever: no version.
    pub(super) fn selector(&self) -> BTreeMap<String, String> {
        let component = (app_labels::COMPONENT.to_owned(), self.component.as_str().to_owned());
        let run = self.run.map(|run| (labels::RUN.to_owned(), run.to_string()));
        [component].into_iter().chain(run).collect()
    }

    /// [`Self::selector`], as policies and workloads want it.
    pub(super) fn label_selector(&self) -> LabelSelector {
        LabelSelector { match_labels: Some(self.selector()), ..LabelSelector::default() }
    }
}

fn identity(site: &Site, identity: &Identity) -> BTreeMap<String, String> {
    let Identity { key, group, backup_type, intent } = identity;
    BTreeMap::from([
        (labels::MANAGED_BY.to_owned(), labels::MANAGED_BY_VALUE.to_owned()),
        (labels::OWNER.to_owned(), site.home.namespace.to_string()),
        (labels::DECLARATION_ID.to_owned(), key.replica_id.to_string()),
        (labels::SERVER.to_owned(), key.server_id.to_string()),
        (labels::GROUP.to_owned(), group.to_string()),
        (labels::TYPE.to_owned(), LabelValue::of(backup_type.as_str()).as_str().to_owned()),
        (labels::INTENT.to_owned(), intent.to_string()),
    ])
}
