//! A table with its indexes, page by page.
//!
//! Input: their files. Output: at most one finding each, and one more for checksums. Must not: need more than two bytes
//! for each page of the table.

use super::{
    btree::{Place, places},
    entries,
    files::{Break, pages},
    forks,
    heap::{self, Note},
    kinds,
    links::Links,
    relations::{Family, Kind, Relation},
    rows,
    transactions::Transactions,
    visibility,
};
use crate::prepare::{
    checks::Budget,
    page::{Page, SIZE, checksum},
};
use std::{
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Pages between two looks at the clock.
const CLOCK: u32 = 4096;

/// What came of a relation that is not simply sound.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// It is damaged.
    Damage(String),
    /// A page is not what its checksum says.
    Checksum(String),
    /// The budget was spent before its end.
    OutOfTime,
    /// The system did not let it be read.
    Unreadable(String),
}

/// What is true of the whole cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// Whether pages carry checksums.
    pub(super) checksums: bool,
    /// Where the log ends: no page can have been written after it.
    pub(super) log_end: u64,
    /// Transactions that rows may name: from this one
    pub(super) oldest: u32,
    /// to before this one.
    pub(super) next: u32,
    /// Whether nobody else looks at what rows are made of.
    pub(super) rows: bool,
}

/// Where the files are, what has to hold in them, and how long it may take.
#[derive(Debug, Clone)]
pub(super) struct Examiner {
    /// The data directory.
    pub(super) data_dir: PathBuf,
    /// Of the cluster.
    pub(super) facts: Facts,
    /// Of the check.
    pub(super) budget: Budget,
}

impl Examiner {
    /// Looks at all of it.
    pub(super) fn family(&self, family: &Family) -> Vec<Finding> {
        let (mut notes, mut written) = (Vec::new(), false);
        let mut transactions = Transactions::below(&self.data_dir, self.facts.oldest, self.facts.next);
        let kind = family.table.kind;
        let is_heap = kind == Kind::Heap;
        let mut findings = self.relation(&family.table, |block, page| {
            notes.push(Note::of(page));
            written = written || !page.is_zero();
            let of_heap = is_heap.then(|| {
                let made = || self.facts.rows.then(|| rows::flaw(page, &self.facts)).flatten();
                heap::elsewhere(block, page)
                    .or_else(|| heap::contradiction(page, &mut transactions))
                    .or_else(made)
            });
            let is_sequence = kind == Kind::Sequence && !page.is_zero();
            let foreign = || kinds::foreign(kind, page).filter(|_| is_sequence).map(str::to_owned);
            Some(format!(" block {block}: {}", of_heap.flatten().or_else(foreign)?))
        });
        if !is_damaged(&findings) && !written && is_emptied(&family.table, notes.len()) {
            let pages = notes.len();
            findings.push(Finding::Damage(format!("{}: all of its {pages} pages are zeroes", family.table)));
        }
        if !is_damaged(&findings)
            && let Some(what) = shorter(&family.table, &notes)
        {
            findings.push(Finding::Damage(format!("{}: {what}", family.table)));
        }
        // indexes and maps can only be held to a table that was read to its end
        if is_damaged(&findings) {
            return findings;
        }
        findings.extend(self.forks(&family.table, &notes));
        for index in &family.indexes {
            findings.extend(self.index(index, is_heap, &notes));
            findings.extend(self.forks(index, &[]));
        }
        findings
    }

    fn index(&self, index: &Relation, of_heap: bool, notes: &[Note]) -> Vec<Finding> {
        let mut entries = Vec::new();
        let mut links = Links::of(index.kind, index.bytes);
        let is_held = index.complete && index.kind == Kind::Btree && of_heap;
        let mut findings = self.relation(index, |block, page| {
            entries.clear();
            if page.is_zero() {
                return None;
            }
            links.see(block, page);
            if is_held && block > 0 && places(page, &mut entries).is_none() {
                return Some(format!(" block {block}: its entries cannot be read"));
            }
            let foreign = kinds::foreign(index.kind, page).filter(|_| index.complete).map(str::to_owned);
            let is_read = index.complete && foreign.is_none() && of_heap;
            let wrong = foreign
                .or_else(|| is_read.then(|| entries::places(index.kind, page, &mut entries)).flatten());
            wrong.map(|what| format!(" block {block}: {what}")).or_else(|| lost(block, &entries, notes))
        });
        if index.complete && !is_damaged(&findings) {
            findings.extend(links.broken().map(|what| Finding::Damage(format!("{index}{what}"))));
        }
        findings
    }

    /// The smaller files beside the main one.
    fn forks(&self, relation: &Relation, notes: &[Note]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        let is_table = relation.kind == Kind::Heap;
        for fork in forks::beside(&self.data_dir.join(&relation.path)) {
            findings.extend(self.file(relation, &fork.path, |block, page| {
                if fork.is_visibility && is_table {
                    visibility::excess(block, page, notes).map(|what| format!(": {what}"))
                } else {
                    None
                }
            }));
        }
        let beginning = relation.path.with_file_name(forks::beginning(&relation.path));
        if relation.unlogged && !self.data_dir.join(&beginning).exists() {
            let what = format!("{relation}: its file {} is missing", beginning.display());
            findings.push(Finding::Damage(what));
        }
        findings
    }

    fn relation(
        &self,
        relation: &Relation,
        mut look: impl FnMut(u32, Page<'_>) -> Option<String>,
    ) -> Vec<Finding> {
        let mut count = 0;
        let mut findings = self.file(relation, &self.data_dir.join(&relation.path), |block, page| {
            count = block + 1;
            unwritten_start(relation, block, page).or_else(|| look(block, page))
        });
        let needs_pages = relation.kind != Kind::Heap && relation.kind != Kind::Foreign && relation.complete;
        if findings.is_empty() && count == 0 && needs_pages {
            findings.push(Finding::Damage(format!("{relation}: its file is empty")));
        }
        findings
    }

    fn file(
        &self,
        relation: &Relation,
        path: &Path,
        mut look: impl FnMut(u32, Page<'_>) -> Option<String>,
    ) -> Vec<Finding> {
        let (mut found, mut wrong, mut late) = (None, None, false);
        let seen = pages(path, |block, page| {
            late = block % CLOCK == 0 && self.budget.left().is_zero();
            if late {
                return ControlFlow::Break(());
            }
            wrong = wrong.take().or_else(|| self.wrong_sum(path, block, page));
            let is_ours = relation.kind != Kind::Foreign;
            found = (is_ours.then(|| self.flaw(block, page)).flatten())
                .or_else(|| if is_ours { look(block, page) } else { None });
            if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let finding = match seen {
            Ok(()) => None,
            Err(Break::Enough) if late => Some(Finding::OutOfTime),
            Err(Break::Enough) => Some(Finding::Damage(format!("{relation}{}", found.unwrap_or_default()))),
            Err(Break::Length(why)) => Some(Finding::Damage(format!("{relation}: {why}"))),
            Err(Break::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                let path = path.strip_prefix(&self.data_dir).unwrap_or(path);
                Some(Finding::Damage(format!("{relation}: its file {} is missing", path.display())))
            }
            Err(Break::Io(error)) => Some(Finding::Unreadable(format!("{relation}: {error}"))),
        };
        wrong
            .map(|what| Finding::Checksum(format!("{relation}: {what}")))
            .into_iter()
            .chain(finding)
            .collect()
    }

    /// A page whose checksum is not its own.
    fn wrong_sum(&self, path: &Path, block: u32, page: Page<'_>) -> Option<String> {
        if !self.facts.checksums || page.is_zero() {
            return None;
        }
        let bytes = <&[u8; SIZE]>::try_from(page.0).ok()?;
        let (sum, stored) = (checksum::checksum(bytes, block), page.u16(checksum::AT)?);
        let path = path.strip_prefix(&self.data_dir).unwrap_or(path).display();
        (sum != stored).then(|| {
            format!(
                "file \"{path}\", block {block}: calculated checksum {sum:X} but block contains {stored:X}"
            )
        })
    }

    fn flaw(&self, block: u32, page: Page<'_>) -> Option<String> {
        // maps of free space are not logged: a crash may leave the end of a page without its beginning
        if page.is_zero() || page.0.iter().take(24).all(|&byte| byte == 0) {
            return None;
        }
        if let Some(flaw) = page.flaw() {
            return Some(format!(" block {block}: {flaw}"));
        }
        let written = page.written_at()?;
        (written > self.facts.log_end).then(|| {
            let shown = |at: u64| format!("{:X}/{:X}", at >> 32, at & 0xffff_ffff);
            let end = shown(self.facts.log_end);
            format!(" block {block}: it was written at {} of the log, which ends at {end}", shown(written))
        })
    }
}

/// Whether there is more than wrong checksums: what was seen then is not all of it.
fn is_damaged(findings: &[Finding]) -> bool {
    !findings.iter().all(|finding| matches!(finding, Finding::Checksum(_)))
}

/// Indexes and sequences are made with their first page, and one that failed to be built may lack it.
fn unwritten_start(relation: &Relation, block: u32, page: Page<'_>) -> Option<String> {
    let unwritten = block == 0 && relation.kind != Kind::Heap && relation.complete && page.is_zero();
    unwritten.then(|| " block 0: the page is zeroes".to_owned())
}

/// An entry that leads to where no row has ever been. The index is written after the row, and vacuum clears it before
/// the row's place, so that no crash leaves such an entry.
fn lost(block: u32, entries: &[Place], notes: &[Note]) -> Option<String> {
    let exists = |&(block, number): &Place| {
        let note = usize::try_from(block).ok().and_then(|block| notes.get(block));
        number > 0 && note.is_some_and(|note| number <= note.rows())
    };
    let (row_block, row) = entries.iter().find(|place| !exists(place))?;
    Some(format!(
        " block {block}: an entry leads to row {row} of block {row_block} of its table, where there is none"
    ))
}

/// Pages that a table may have grown by ahead of its rows; nothing logs them, and a standby or a crash may lack them.
const AHEAD_MAX: u64 = 512;

/// Whether a table lost its end: it had more pages once, and has not even room for the rows it had.
fn shorter(table: &Relation, notes: &[Note]) -> Option<String> {
    let (pages, rows) = (notes.len() as u64, notes.iter().map(|note| u64::from(note.rows())).sum::<u64>());
    let lost = table.pages.saturating_sub(pages);
    #[expect(clippy::cast_precision_loss, reason = "an estimate is compared")]
    let lacks_rows = (rows as f64) < table.rows;
    let is_shorter = table.kind == Kind::Heap && lost > 0 && (lacks_rows || lost > AHEAD_MAX);
    let bytes = |pages: u64| pages * SIZE as u64;
    is_shorter
        .then(|| format!("the file is {} bytes long, the catalog says {}", bytes(pages), bytes(table.pages)))
}

/// Whether a table of nothing but pages of zeroes is damaged. It grows by such pages, and a crash may leave them so; but
/// not all of several, nor where rows were counted.
fn is_emptied(table: &Relation, pages: usize) -> bool {
    table.kind == Kind::Heap && pages > 0 && (pages > 1 || table.rows > 0.0)
}

#[cfg(test)]
mod tests;
