//! Every row of `FAULTS.md` is shown by a test that carries its id, or says why none does.
//!
//! Input: the table, and the sources of the workspace. Output: the rows that are neither, and names of rows there are
//! not. Must not: judge whether a test is a good one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The parts of the table; names of other letters belong to other programs' rows.
const PARTS: [char; 3] = ['a', 'b', 'c'];
const TABLE: &str = include_str!("../FAULTS.md");

/// Rows by id, in lower case as names have it, with why no test shows them.
fn rows(table: &str) -> BTreeMap<String, String> {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let table = table.lines().filter(|line| line.starts_with('|')).map(cells);
    let is_row =
        |cells: &Vec<String>| id(&cells[0].to_lowercase()).as_deref() == Some(&cells[0].to_lowercase());
    table.filter(is_row).map(|cells| (cells[0].to_lowercase(), cells[2].clone())).collect()
}

/// The id a text begins with: one of the letters, then digits.
fn id(text: &str) -> Option<String> {
    let letter = text.chars().next().filter(|letter| PARTS.contains(letter))?;
    let number: String = text.chars().skip(1).take_while(char::is_ascii_digit).collect();
    (!number.is_empty()).then(|| format!("{letter}{number}"))
}

/// The ids in the names of functions `fault_<id>_…`.
fn named(source: &str) -> BTreeSet<String> {
    source.split("fn fault_").skip(1).filter_map(id).collect()
}

fn named_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            named_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(named(&fs::read_to_string(&path).unwrap()));
        }
    }
}

fn named_in_workspace() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    named_below(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap(), &mut found);
    found
}

#[test]
fn every_row_is_shown_by_a_test_or_says_why_not() {
    let (rows, named) = (rows(TABLE), named_in_workspace());
    let (explained, forgotten): (Vec<_>, Vec<_>) =
        rows.iter().filter(|(id, _)| !named.contains(*id)).partition(|(_, why)| !why.is_empty());
    println!("{} rows, {} without a test:", rows.len(), explained.len() + forgotten.len());
    for (id, why) in &explained {
        println!("  {id}: {why}");
    }
    assert!(forgotten.is_empty(), "no test shows, and FAULTS.md does not explain: {forgotten:?}");
}

#[test]
fn no_test_carries_the_id_of_a_row_there_is_not() {
    let rows = rows(TABLE);
    let unknown: Vec<String> = named_in_workspace().into_iter().filter(|id| !rows.contains_key(id)).collect();
    assert!(unknown.is_empty(), "FAULTS.md has no row {unknown:?}");
}

#[test]
fn the_table_is_whole() {
    let rows = rows(TABLE);
    for (part, count) in PARTS.into_iter().zip([27, 17, 18]) {
        let missing: Vec<String> =
            (1..=count).map(|n| format!("{part}{n}")).filter(|id| !rows.contains_key(id)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn ids_are_read_from_names_and_rows_only() {
    let source = "fn fault_a14_x() {} // fault_b1_y\nasync fn fault_c2_z() fn fault_d1_w() fn faulty()";
    assert_eq!(named(source).into_iter().collect::<Vec<_>>(), ["a14", "c2"]);
    let table = "| row | x | y |\n|---|---|---|\n| A1 | what | |\n| B2 | what | since |\ntext";
    let expected = [("a1", ""), ("b2", "since")].map(|(id, why)| (id.to_owned(), why.to_owned()));
    assert_eq!(rows(table).into_iter().collect::<Vec<_>>(), expected);
}
