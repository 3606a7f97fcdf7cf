//! Base backups that are not, or not in every file, what `pg_basebackup` noted of them.

use crate::{
    case::{Case, prepare, refused, sound},
    damage::{self, PAGE},
    source::{Captured, Source},
};
use contract::pods::CheckName::Pages;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A base backup of a host whose pages have no checksums, and where in it a table of numbers is.
fn backup() -> (Captured, PathBuf) {
    let source = Source::new();
    source.run("app", "CREATE TABLE numbers AS SELECT generate_series(1, 1000) n");
    let file = source.file_of("app", "numbers");
    let captured = source.base_backup();
    let file = captured.path().join(file);
    (captured, file)
}

fn edited(data: &Path) {
    let config = data.join("postgresql.conf");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(config, text + "\nwork_mem = '1GB'\n").unwrap();
    fs::write(data.join("notes.txt"), "kept since last year\n").unwrap();
    fs::remove_file(data.join("pg_ident.conf")).unwrap();
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused("fault_f10 a base backup with one number changed", Pages, "has the checksum", |_| {
            let (captured, file) = backup();
            // the first row's only column; what is left of its eight bytes is padding
            damage::flip(&file, PAGE - 8, 1);
            prepare(captured)
        }),
        refused("fault_f10 a base backup whose table lost its end", Pages, "were backed up", |_| {
            let (captured, file) = backup();
            damage::cut(&file, 3 * PAGE);
            prepare(captured)
        }),
        refused("fault_f8 a base backup without its label", Pages, "backup_label is missing", |_| {
            let (captured, _) = backup();
            damage::remove(&captured.path().join("backup_label"));
            prepare(captured)
        }),
        refused("fault_f8 a base backup with the label of another", Pages, "backup_label is not as", |_| {
            let (captured, _) = backup();
            let label = captured.path().join("backup_label");
            // two that are taken within a second may have the same one
            let other = fs::read_to_string(&label).unwrap().replace("LABEL: ", "LABEL: another ");
            fs::write(label, other).unwrap();
            prepare(captured)
        }),
        sound("a running host that was made from a base backup", |_| {
            let (captured, _) = backup();
            let source = Source::resumed_from(captured);
            source.run("app", "UPDATE numbers SET n = n + 1 WHERE n % 2 = 0");
            prepare(source.capture())
        }),
        sound("a base backup with configuration that people edited", |_| {
            let (captured, _) = backup();
            edited(&captured.path());
            prepare(captured)
        }),
    ]
}
