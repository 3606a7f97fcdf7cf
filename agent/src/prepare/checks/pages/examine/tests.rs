use super::{Examiner, Facts, Finding};
use crate::prepare::{
    checks::{
        Budget,
        pages::relations::{Family, Kind, Relation},
    },
    page::{SIZE, tests::page},
};
use std::{fs, time::Duration};
use tempfile::TempDir;

/// A table of one page with two rows, and a btree with an entry for each of `entries`.
struct Fixture {
    dir: TempDir,
    family: Family,
}

fn relation(name: &str, kind: Kind) -> Relation {
    let (name, path) = (name.into(), name.into());
    Relation { name, kind, complete: true, unlogged: false, path, bytes: 8192, rows: 2.0, pages: 1 }
}

/// An entry for this row of block 0.
fn entry(row: u16) -> Vec<u8> {
    [&[0, 0, 0, 0][..], &row.to_le_bytes(), &8_u16.to_le_bytes()].concat()
}

fn leaf(rows: &[u16]) -> Vec<u8> {
    let mut special = vec![0; 16];
    special[12] = 1;
    page(&rows.iter().map(|&row| entry(row)).collect::<Vec<_>>(), &special)
}

fn fixture(complete: bool, rows: &[u16]) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("table"), page(&[b"a".to_vec(), b"b".to_vec()], &[])).unwrap();
    fs::write(dir.path().join("index"), [page(&[], &[0; 16]), leaf(rows)].concat()).unwrap();
    let indexes = vec![Relation { complete, ..relation("index", Kind::Btree) }];
    Fixture { dir, family: Family { table: relation("table", Kind::Heap), indexes } }
}

impl Fixture {
    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.dir.path().join(name), bytes).unwrap();
    }

    fn examined(&self, budget: Duration) -> Vec<Finding> {
        self.examined_by(
            Facts { checksums: false, log_end: 0x2_0000_0000, oldest: 3, next: 3, rows: false },
            budget,
        )
    }

    fn examined_by(&self, facts: Facts, budget: Duration) -> Vec<Finding> {
        let (data_dir, budget) = (self.dir.path().into(), Budget::start(budget));
        Examiner { data_dir, facts, budget }.family(&self.family)
    }

    fn damage(&self) -> Vec<String> {
        let damage = |finding| match finding {
            Finding::Damage(what) => what,
            other => panic!("{other:?}"),
        };
        self.examined(Duration::from_mins(1)).into_iter().map(damage).collect()
    }
}

#[test]
fn a_table_and_an_index_that_leads_to_its_rows_are_sound() {
    assert_eq!(fixture(true, &[1, 2]).damage(), Vec::<String>::new());
}

#[test]
fn fault_f16_a_table_that_is_shorter_than_it_was_and_lacks_rows_is_damage() {
    let mut fixture = fixture(true, &[1, 2]);
    (fixture.family.table.pages, fixture.family.table.rows) = (3, 5.0);
    assert_eq!(fixture.damage(), ["table: the file is 8192 bytes long, the catalog says 24576"]);
    fixture.family.table.rows = 2.0;
    assert_eq!(fixture.damage(), Vec::<String>::new(), "it had grown ahead of its rows");
    fixture.family.table.pages = 900;
    assert_eq!(fixture.damage().len(), 1, "no table grows so far ahead");
}

#[test]
fn fault_f16_an_entry_that_leads_to_no_row_is_damage() {
    let found = fixture(true, &[1, 3]).damage();
    assert_eq!(
        found,
        ["index block 1: an entry leads to row 3 of block 0 of its table, where there is none"]
    );
}

#[test]
fn fault_f16_an_entry_of_another_kind_of_index_that_leads_to_no_row_is_damage() {
    let mut fixture = fixture(true, &[1, 2]);
    fixture.family.indexes[0].kind = Kind::Gist;
    let leaf = |rows: &[u16]| {
        let mut special = vec![0; 16];
        (special[12], special[14], special[15]) = (1, 0x81, 0xff);
        page(&rows.iter().map(|&row| entry(row)).collect::<Vec<_>>(), &special)
    };
    fixture.write("index", &leaf(&[2, 1]));
    assert_eq!(fixture.damage(), Vec::<String>::new());
    fixture.write("index", &leaf(&[2, 7]));
    let found = fixture.damage();
    assert_eq!(
        found,
        ["index block 0: an entry leads to row 7 of block 0 of its table, where there is none"]
    );
}

#[test]
fn an_index_that_is_being_built_is_not_held_to_its_table() {
    assert_eq!(fixture(false, &[1, 3]).damage(), Vec::<String>::new());
}

#[test]
fn fault_f16_a_page_of_zeroes_in_a_table_is_damage_where_an_index_leads_to_it() {
    let fixture = fixture(true, &[1]);
    fixture.write("table", &[&[0; SIZE][..], &page(&[b"a".to_vec()], &[])].concat());
    assert!(fixture.damage()[0].contains("row 1 of block 0"));
}

#[test]
fn pages_of_zeroes_that_nothing_leads_to_are_what_a_crash_leaves() {
    let fixture = fixture(true, &[1, 2]);
    let rows = page(&[b"a".to_vec(), b"b".to_vec()], &[]);
    fixture.write("table", &[rows, vec![0; 3 * SIZE]].concat());
    assert_eq!(fixture.damage(), Vec::<String>::new());
}

#[test]
fn fault_f16_a_table_of_nothing_but_zeroes_is_damage_where_rows_were_counted() {
    let mut fixture = fixture(true, &[]);
    fixture.write("table", &[0; SIZE]);
    assert_eq!(fixture.damage(), ["table: all of its 1 pages are zeroes"]);
    fixture.family.table.rows = -1.0;
    assert_eq!(fixture.damage(), Vec::<String>::new());
    fixture.write("table", &vec![0; 2 * SIZE]);
    assert_eq!(fixture.damage(), ["table: all of its 2 pages are zeroes"]);
}

#[test]
fn a_table_whose_rows_were_all_deleted_is_sound() {
    let fixture = fixture(true, &[]);
    fixture.write("table", &[page(&[], &[]), page(&[], &[])].concat());
    assert_eq!(fixture.damage(), Vec::<String>::new());
}

#[test]
fn fault_f16_an_index_without_its_first_page_is_damage_whatever_its_kind() {
    for kind in [Kind::Btree, Kind::Gin, Kind::Sequence] {
        let mut fixture = fixture(true, &[]);
        fixture.family.indexes[0].kind = kind;
        for bytes in [&[][..], &[0; SIZE]] {
            fixture.write("index", bytes);
            assert_eq!(fixture.damage().len(), 1, "{kind:?}");
        }
    }
}

#[test]
fn fault_f16_a_missing_file_is_damage_that_names_it() {
    let fixture = fixture(true, &[]);
    fs::remove_file(fixture.dir.path().join("index")).unwrap();
    assert_eq!(fixture.damage(), ["index: its file index is missing"]);
}

#[test]
fn an_index_that_failed_to_be_built_may_be_empty() {
    let fixture = fixture(false, &[]);
    fixture.write("index", &[]);
    assert_eq!(fixture.damage(), Vec::<String>::new());
}

#[test]
fn fault_f9_a_page_that_was_written_after_the_log_ends_is_damage() {
    let fixture = fixture(true, &[1]);
    let mut table = page(&[b"a".to_vec()], &[]);
    table[0] = 3;
    fixture.write("table", &table);
    assert_eq!(fixture.damage(), ["table block 0: it was written at 3/0 of the log, which ends at 2/0"]);
}

#[test]
fn fault_f16_an_unlogged_table_needs_the_file_it_begins_from() {
    let mut fixture = fixture(true, &[]);
    fixture.family.table.unlogged = true;
    assert_eq!(fixture.damage(), ["table: its file table_init is missing"]);
    fixture.write("table_init", &[]);
    assert_eq!(fixture.damage(), Vec::<String>::new());
}

#[test]
fn fault_f10_a_wrong_checksum_is_told_with_file_and_block_and_hides_nothing_else() {
    let fixture = fixture(true, &[3]);
    let facts = Facts { checksums: true, log_end: u64::MAX, oldest: 3, next: 3, rows: false };
    let findings = fixture.examined_by(facts, Duration::from_mins(1));
    let sums = findings.iter().filter(|finding| matches!(finding, Finding::Checksum(_))).count();
    assert_eq!((sums, findings.len()), (2, 3), "{findings:?}");
}

#[test]
fn fault_f16_maps_beside_a_table_are_read_too() {
    let fixture = fixture(true, &[1]);
    fixture.write("table_fsm", &[7; SIZE]);
    fixture.write("table_vm", &[&page(&[], &[])[..24], &[1], &vec![0; SIZE - 25]].concat());
    assert_eq!(fixture.damage().len(), 2, "{:?}", fixture.damage());
}

#[test]
fn a_spent_budget_is_no_finding_of_damage() {
    let findings = fixture(true, &[9]).examined(Duration::ZERO);
    assert_eq!(findings, [Finding::OutOfTime]);
}
