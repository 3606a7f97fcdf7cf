use super::{PROBES_MAX, Probes, SQL_MAX, TEXT_MAX, TIMEOUTS_MAX_SECS};
use proptest::prelude::*;
use serde_json::{Value, json};

fn params(probes: &Value) -> Value {
    json!({ "probes": probes, "of_tomorrow": [1] })
}

fn read(probes: &Value) -> Result<Probes, String> {
    Probes::of_params(Some(&params(probes))).map_err(|error| error.to_string())
}

fn one(change: impl FnOnce(&mut Value)) -> Result<Probes, String> {
    let mut probe =
        json!({"name": "patients", "database": "app", "sql": "SELECT true", "timeout_seconds": 5});
    change(&mut probe);
    read(&json!([probe]))
}

#[test]
fn a_declaration_without_probes_asks_nothing() {
    for params in [None, Some(json!({})), Some(json!({"probes": null})), Some(json!({"probes": []}))] {
        let probes = Probes::of_params(params.as_ref()).unwrap();
        assert!(probes.is_empty() && probes.timeouts_secs() == 0, "{params:?}");
    }
    for params in [json!("text"), json!([1]), json!(7)] {
        assert!(Probes::of_params(Some(&params)).unwrap().is_empty(), "{params}");
    }
}

#[test]
fn what_a_probe_does_not_say_has_a_default_and_what_nobody_knows_is_ignored() {
    let probes = read(&json!([{"name": "a", "sql": "SELECT true", "of_tomorrow": 1}])).unwrap();
    let probe = &probes.as_slice()[0];
    assert_eq!((probe.database.as_deref(), probe.timeout_seconds), (None, 30));
}

#[test]
fn fault_g4_a_probe_that_does_not_read_is_told_with_its_number_and_what_to_do() {
    let error = read(&json!([{"name": "a", "sql": "SELECT true"}, {"name": "b"}])).unwrap_err();
    let expected = "failed to read params.probes: probe 2 of 2: missing field `sql`; correct the declaration";
    assert_eq!(error, expected);
    for (field, values) in [
        ("name", vec![json!(""), json!("a\nb"), json!("x".repeat(64)), json!(7), Value::Null]),
        ("database", vec![json!(""), json!("x".repeat(64)), json!("a\0"), json!([])]),
        ("sql", vec![json!(" \n"), json!("x".repeat(SQL_MAX + 1)), json!("a\0"), json!({})]),
        ("timeout_seconds", vec![json!(0), json!(TIMEOUTS_MAX_SECS + 1), json!(-1), json!(1.5), json!("5")]),
    ] {
        for value in values {
            let error = one(|probe| probe[field] = value.clone()).unwrap_err();
            assert!(error.contains("probe 1 of 1: "), "{field}={value}: {error}");
        }
    }
    for all in [
        json!({}),
        json!("SELECT true"),
        json!(["SELECT true"]),
        json!([["a", null, "b", null]]),
        json!(true),
    ] {
        assert!(read(&all).is_err(), "{all}");
    }
}

#[test]
fn names_and_databases_may_be_as_long_as_the_server_has_them() {
    let (name, database) = ("\u{fc}".repeat(63), "\"'\n".repeat(21));
    let probes = one(|probe| {
        probe["name"] = json!(name);
        probe["database"] = json!(database);
    });
    let probes = probes.unwrap();
    let probe = &probes.as_slice()[0];
    assert_eq!((&probe.name, probe.database.as_ref()), (&name, Some(&database)));
}

#[test]
fn no_two_probes_have_one_name() {
    let error = read(&json!([{"name": "a", "sql": "x"}, {"name": "a", "sql": "y"}])).unwrap_err();
    assert!(error.contains("two probes are called \"a\""), "{error}");
}

fn many(count: usize, sql: &str, timeout: u32) -> Value {
    let probe = |n: usize| json!({"name": n.to_string(), "sql": sql, "timeout_seconds": timeout});
    (0..count).map(probe).collect()
}

#[test]
fn number_time_and_size_of_all_together_are_limited() {
    assert_eq!(read(&many(PROBES_MAX, "x", 30)).unwrap().timeouts_secs(), TIMEOUTS_MAX_SECS);
    for (probes, why) in [
        (many(PROBES_MAX + 1, "x", 1), "more than 20"),
        (many(2, "x", TIMEOUTS_MAX_SECS), "1200 s together"),
        (many(5, &"x".repeat(SQL_MAX), 1), "16384 at most"),
    ] {
        let error = read(&probes).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    assert!(read(&many(3, &"\u{1}".repeat(SQL_MAX), 1)).is_err(), "escaped, they are six times as long");
}

proptest! {
    #[test]
    fn probes_read_back_what_they_wrote(
        probes in proptest::collection::vec(
            (proptest::option::of("\\PC{1,15}"), "[^\0]{1,80}[a-z]", 1..30_u32), 0..9),
    ) {
        let wire = |(n, (database, sql, timeout)): (usize, (Option<String>, String, u32))| {
            json!({"name": format!("p{n}"), "database": database, "sql": sql, "timeout_seconds": timeout})
        };
        let read = Probes::of_params(Some(&params(&probes.into_iter().enumerate().map(wire).collect()))).unwrap();
        let text = read.to_string();
        prop_assert!(text.len() <= TEXT_MAX && !text.contains('\n'));
        prop_assert_eq!(text.parse::<Probes>().unwrap(), read.clone());
        let json = serde_json::to_value(&read).unwrap();
        prop_assert_eq!(serde_json::from_value::<Probes>(json).unwrap(), read);
    }

    #[test]
    fn no_text_breaks_it_and_every_refusal_is_one_short_line(text in "\\PC{0,60}", nested in "[\\[\\]{}\",:a-z0-9]{0,60}") {
        for text in [text, nested] {
            if let Err(error) = text.parse::<Probes>() {
                let error = error.to_string();
                prop_assert!(error.len() < 1500 && !error.contains('\n'), "{}", error);
            }
        }
    }
}
