//! What a declaration asks of its data is answered by the server, and nothing is done by asking.

use crate::{
    source::Source,
    support::{Prepared, Volume},
};
use contract::pods::{CheckName, CheckResult, FailureReason};
use serde_json::{Value, json};

/// A name, a statement and what is said of it.
type Asked = (&'static str, &'static str, &'static str);

/// A source on which everybody may write, if the server lets them.
const OPEN_TO_ALL: &str = "
    CREATE TABLE open_to_all (n int); GRANT ALL ON open_to_all TO PUBLIC;
    CREATE FUNCTION with_all_rights() RETURNS boolean LANGUAGE sql SECURITY DEFINER
        AS $$ INSERT INTO public.open_to_all VALUES (7) RETURNING true $$;
";
/// None of these is an answer.
const NO_ANSWERS: [Asked; 10] = [
    ("no", "SELECT count(*) > 90000 FROM accounts", "returned false"),
    ("unknown", "SELECT max(balance) > 0 FROM accounts WHERE id < 0", "returned null"),
    ("nothing", "SELECT true WHERE false", "returned no row"),
    ("many", "SELECT true FROM accounts", "returned more than one row"),
    ("number", "SELECT count(*) FROM accounts", "returns int8 instead of one boolean column"),
    ("wide", "SELECT true, repeat('x', 900000000)", "returns 2 columns instead of"),
    ("open", "SELECT $1::boolean", "has parameters"),
    ("error", "SELECT 1 / count(*) = 1 FROM accounts WHERE id < 0", "division by zero (22012)"),
    ("nonsense", "SELEKT true", "syntax error at or near"),
    ("table", "SELECT count(*) > 0 FROM absent", "does not exist (42P01)"),
];
/// Each tries to do more than ask.
const TRICKS: [Asked; 12] = [
    ("two", "SELECT true; DROP TABLE accounts", "cannot insert multiple commands"),
    ("commit", "COMMIT", "returns 0 columns"),
    ("setting", "SET default_transaction_read_only = off", "returns 0 columns"),
    ("program", "COPY (SELECT true) TO PROGRAM 'true'", "returns 0 columns"),
    ("block", "DO $$ BEGIN DELETE FROM open_to_all; END $$", "returns 0 columns"),
    ("insert", "INSERT INTO open_to_all VALUES (1) RETURNING true", "read-only transaction"),
    (
        "with",
        "WITH w AS (INSERT INTO open_to_all VALUES (2) RETURNING n) SELECT count(*) > 0 FROM w",
        "read-only transaction",
    ),
    ("mode", "SELECT set_config('transaction_read_only', 'off', false) = 'off'", "before any query"),
    ("session", "SELECT set_config('session_authorization', 'postgres', false) = 'postgres'", "denied"),
    ("role", "SELECT set_config('role', 'postgres', false) = 'postgres'", "denied"),
    ("file", "SELECT length(pg_read_file('PG_VERSION')) > 0", "denied"),
    (
        "sleep",
        "SELECT set_config('statement_timeout', '0', false) = '0' AND pg_sleep(900) IS NULL",
        "than 1 s",
    ),
];

/// Far more time than it takes, however busy the machine is.
fn prepare(volume: &Volume, intent: &str, asked: Vec<Value>) -> Prepared {
    let asked = Value::from(asked).to_string();
    let settings =
        [("PGRO_INTENT", intent), ("PGRO_CHECK_BUDGET_SECS", "3000"), ("PGRO_PROBES", asked.as_str())];
    volume.prepare_with(&settings)
}

fn probes(asked: &[Asked]) -> Vec<Value> {
    let probe = |(name, sql, _): &Asked| {
        let timeout = if *name == "sleep" { 1 } else { 30 };
        json!({"name": name, "database": "app", "sql": sql, "timeout_seconds": timeout})
    };
    asked.iter().map(probe).collect()
}

fn assert_refused(prepared: &Prepared, first: &str, asked: &[Asked]) {
    let check = prepared.check(CheckName::Probes);
    assert_eq!(check.result, CheckResult::Failed, "{check:?}");
    assert_eq!(check.scope, format!("{0} of {0} probes", asked.len() + 1));
    for (name, _, said) in asked {
        let begin = format!("probes: {name} in app: ");
        let line = prepared.log.lines().find(|line| line.contains(&begin));
        assert!(line.is_some_and(|line| line.contains(said)), "{name}: {said}: {line:?}\n{}", prepared.log);
    }
    let detail = check.detail.as_ref().unwrap();
    assert!(detail.starts_with(&format!("{first}; ")), "{detail}");
    assert!(detail.ends_with(&format!("and {} more", asked.len() - 4)), "{detail}");
    assert_eq!(prepared.report.failure.as_ref().unwrap().reason, FailureReason::CheckFailed);
    assert_eq!(prepared.status.code(), Some(1));
}

#[test]
fn probes_that_are_true_pass_whatever_their_databases_are_called() {
    let source = Source::new();
    let names = [&*format!("{}\"", "\u{fc}".repeat(31)), "two\nlines"];
    for name in names {
        source.run("postgres", &format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")));
        source.run(name, "CREATE TABLE t AS SELECT 1 AS n");
    }
    source.run(
        "app",
        "CREATE FUNCTION public.version() RETURNS text LANGUAGE sql AS $$ SELECT 'of the source' $$;
         ALTER DATABASE app SET search_path = public, pg_catalog;
         ALTER DATABASE app SET default_transaction_read_only = off",
    );
    let asked = vec![
        json!({"name": names[0], "database": names[0], "sql": "SELECT n = 1 FROM t;"}),
        json!({"name": "lines", "database": names[1], "sql": "SELECT n = 1 FROM t"}),
        json!({"name": "usual", "sql": "SELECT count(*) = 20000 FROM accounts -- $(HOME) and $1"}),
        json!({"name": "path", "sql": "SELECT version() LIKE 'PostgreSQL%'"}),
        json!({"name": "who", "sql": "SELECT current_user = 'pgro_analytics' AND session_user = current_user"}),
    ];
    let captured = source.capture();
    for intent in ["verify", "disaster-recovery"] {
        let prepared = prepare(&Volume::with(&captured), intent, asked.clone());
        prepared.sound();
        let check = prepared.check(CheckName::Probes);
        assert_eq!((check.result, &*check.scope), (CheckResult::Passed, "5 of 5 probes"), "{check:?}");
    }
}

#[test]
fn whatever_is_no_yes_is_a_failure_that_names_the_probe() {
    let absent = json!({"name": "absent", "database": "absent", "sql": "SELECT true"});
    let asked = [vec![absent], probes(&NO_ANSWERS)].concat();
    let prepared = prepare(&Volume::with(&Source::new().capture()), "verify", asked);
    let first = "absent in absent: failed: database \"absent\" does not exist (3D000)";
    assert_refused(&prepared, first, &NO_ANSWERS);
}

#[test]
fn no_probe_writes_becomes_another_or_takes_longer_than_it_may() {
    let source = Source::new();
    source.run("app", OPEN_TO_ALL);
    let captured = source.capture();
    for (intent, said) in [("verify", "denied"), ("disaster-recovery", "read-only transaction")] {
        let volume = Volume::with(&captured);
        let asked = [probes(&[("rights", "SELECT with_all_rights()", "")]), probes(&TRICKS)].concat();
        let prepared = prepare(&volume, intent, asked);
        let check = prepared.check(CheckName::Probes);
        let first = check.detail.as_ref().unwrap().split("; ").next().unwrap();
        assert!(first.starts_with("rights in app: failed: ") && first.contains(said), "{intent}: {first}");
        assert_refused(&prepared, first, &TRICKS);
        let server = volume.serve();
        let left = "SELECT (SELECT count(*) FROM open_to_all) || ' ' || count(*) FROM accounts";
        let left = server.ask_as("pgro_superuser", "canary-super", "app", left).unwrap();
        assert_eq!(left.as_deref(), Some("0 20000"), "{intent}");
    }
}
