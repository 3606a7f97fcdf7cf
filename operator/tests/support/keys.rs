//! Whether guests can get in: whether what they hold is what the database they are sent to was given.

use contract::names::{RunName, objects};
use fake_apiserver::ApiServer;

/// What the Secrets of guests hold, and where the Secret of a run holds the same.
const KEYS: [(&str, &str); 2] =
    [(objects::SUPERUSER_SECRET, "superuser-password"), (objects::ANALYTICS_SECRET, "analytics-password")];

/// Which of the Secrets in `namespace` does not open the database of `run`, if any.
pub(crate) fn open(server: &ApiServer, namespace: &str, run: &str) -> Result<(), String> {
    let held = |name: &str, key: &str| {
        let secret = server.get("secrets", namespace, name);
        secret.and_then(|secret| secret["data"][key].as_str().map(str::to_owned))
    };
    let given =
        run.parse().map(|run: RunName| run.repository_secret()).map_err(|_| format!("no run {run}"))?;
    for (guests, key) in KEYS {
        let theirs = held(guests, "password");
        if theirs.is_none() || theirs != held(&given, key) {
            return Err(format!("{guests} in {namespace} does not open run {run}"));
        }
    }
    Ok(())
}
