//! What is said in the end: what was answered, what was reported, how to connect, how to clean up.

use std::fmt::Write;

use anyhow::Result;
use contract::canopy::Verification;

use crate::client::Access;
use crate::platform::Cluster;
use crate::world::{Replica, World};

/// Everything the closing words are made of.
pub(super) struct Closing<'a> {
    pub(super) world: &'a World,
    pub(super) replica: &'a Replica<'a>,
    pub(super) report: &'a Verification,
    pub(super) rows: &'a str,
}

impl Closing<'_> {
    pub(super) fn text(&self) -> Result<String> {
        let mut text = String::from("done\n");
        section(&mut text, "The restored database answered", self.rows);
        section(&mut text, "Canopy was told, once", &told(self.report)?);
        section(
            &mut text,
            "To connect as the read-only user",
            &connect(&self.world.harness.cluster, &self.replica.namespace),
        );
        section(&mut text, "To look around", &around(&self.replica.namespace));
        section(&mut text, "To clean up", CLEAN_UP);
        Ok(text)
    }
}

const CLEAN_UP: &str = "cargo run -p e2e -- cluster down           # the cluster\n\
                        cargo run -p e2e -- cluster down --purge   # and everything that was cached";

fn section(text: &mut String, title: &str, lines: &str) {
    let indented: Vec<String> = lines.lines().map(|line| format!("  {line}")).collect();
    // Writing to a text cannot fail.
    let _ = writeln!(text, "\n{title}:\n{}", indented.join("\n"));
}

/// The report without its longest part, in lines a terminal can show.
fn told(report: &Verification) -> Result<String> {
    Ok(serde_json::to_string_pretty(report)?)
}

fn connect(cluster: &Cluster, namespace: &str) -> String {
    let folder = cluster.kubectl.parent().unwrap_or(&cluster.kubectl).display();
    let secret = Access::Analytics.secret();
    let value = |key: &str| {
        format!("$(kubectl -n {namespace} get secret {secret} -o jsonpath='{{.data.{key}}}' | base64 -d)")
    };
    format!(
        "export KUBECONFIG={} PATH={folder}:$PATH\n\
         kubectl -n {namespace} port-forward service/postgres 15432:5432 &\n\
         PGUSER={} PGPASSWORD={} PGDATABASE={} psql -h 127.0.0.1 -p 15432",
        cluster.kubeconfig.display(),
        value("username"),
        value("password"),
        value("dbname"),
    )
}

fn around(namespace: &str) -> String {
    format!(
        "kubectl get namespaces -l pgro.bes.au/managed-by=pgro-canopy -L pgro.bes.au/intent\n\
         kubectl -n {namespace} get pods,jobs,pvc,events\n\
         kubectl -n pgro-system logs deployment/pgro-operator"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_section_is_indented_under_its_title() {
        let mut text = String::new();
        section(&mut text, "Title", "one\ntwo");
        assert_eq!(text, "\nTitle:\n  one\n  two\n");
    }

    #[test]
    fn to_look_around_names_the_replicas_own_namespace() {
        assert!(around("demo-1").contains("kubectl -n demo-1 get pods"));
    }
}
