//! One table and its indexes, page by page.
//!
//! Input: their files. Output: at most one finding each. Must not: need more than two bytes for each page of the table.

use super::{
    btree::{Place, places},
    files::{Break, pages},
    relations::{Family, Kind, Relation},
};
use crate::prepare::{checks::Budget, page::Page};
use std::{io, ops::ControlFlow, path::PathBuf};

/// Pages between two looks at the clock.
const CLOCK: u32 = 4096;

/// What came of a relation that is not simply sound.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// It is damaged.
    Damage(String),
    /// The budget was spent before its end.
    OutOfTime,
    /// The system did not let it be read.
    Unreadable(String),
}

/// Where the files are, and how long it may take.
#[derive(Debug, Clone)]
pub(super) struct Examiner {
    /// The data directory.
    pub(super) data_dir: PathBuf,
    /// Of the check.
    pub(super) budget: Budget,
}

/// For each page of a table, how many rows it has had room for.
type Extents = Vec<u16>;

impl Examiner {
    /// Looks at all of it.
    pub(super) fn family(&self, family: &Family) -> Vec<Finding> {
        let (mut extents, mut written) = (Extents::new(), false);
        let mut findings = Vec::new();
        findings.extend(self.relation(&family.table, |block, page| {
            extents.push(page.count());
            written = written || !page.is_zero();
            flaw(block, page)
        }));
        if findings.is_empty() && !written && is_emptied(&family.table, extents.len()) {
            let pages = extents.len();
            findings.push(Finding::Damage(format!("{}: all of its {pages} pages are zeroes", family.table)));
        }
        // indexes can only be held to a table that was read to its end
        if !findings.is_empty() {
            return findings;
        }
        for index in &family.indexes {
            let mut entries = Vec::new();
            let complete = index.kind == Kind::Btree { complete: true } && family.table.kind == Kind::Heap;
            findings.extend(self.relation(index, |block, page| {
                entries.clear();
                if complete && block > 0 && !page.is_zero() && places(page, &mut entries).is_none() {
                    return Some(format!(" block {block}: its entries cannot be read"));
                }
                flaw(block, page).or_else(|| lost(block, &entries, &extents))
            }));
        }
        findings
    }

    fn relation(
        &self,
        relation: &Relation,
        mut look: impl FnMut(u32, Page<'_>) -> Option<String>,
    ) -> Option<Finding> {
        if relation.kind == Kind::Foreign {
            return None;
        }
        let (mut found, mut late, mut count) = (None, false, 0);
        let seen = pages(&self.data_dir.join(&relation.path), |block, page| {
            count = block + 1;
            late = block % CLOCK == 0 && self.budget.left().is_zero();
            found = unwritten_start(relation, block, page).or_else(|| look(block, page));
            if late || found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match seen {
            Ok(()) if count == 0 && relation.kind != Kind::Heap => {
                Some(Finding::Damage(format!("{relation}: its file is empty")))
            }
            Ok(()) => None,
            Err(Break::Enough) if late => Some(Finding::OutOfTime),
            Err(Break::Enough) => Some(Finding::Damage(format!("{relation}{}", found.unwrap_or_default()))),
            Err(Break::Length(why)) => Some(Finding::Damage(format!("{relation}: {why}"))),
            Err(Break::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                Some(Finding::Damage(format!("{relation}: its file {} is missing", relation.path.display())))
            }
            Err(Break::Io(error)) => Some(Finding::Unreadable(format!("{relation}: {error}"))),
        }
    }
}

/// Indexes and sequences are made with their first page.
fn unwritten_start(relation: &Relation, block: u32, page: Page<'_>) -> Option<String> {
    let unwritten = block == 0 && relation.kind != Kind::Heap && page.is_zero();
    unwritten.then(|| " block 0: the page is zeroes".to_owned())
}

fn flaw(block: u32, page: Page<'_>) -> Option<String> {
    let flaw = page.flaw().filter(|_| !page.is_zero())?;
    Some(format!(" block {block}: {flaw}"))
}

/// An entry that leads to where no row has ever been. The index is written after the row, and vacuum clears it before
/// the row's place, so that no crash leaves such an entry.
fn lost(block: u32, entries: &[Place], extents: &Extents) -> Option<String> {
    let exists = |&(block, number): &Place| {
        let extent = usize::try_from(block).ok().and_then(|block| extents.get(block));
        number > 0 && extent.is_some_and(|&extent| number <= extent)
    };
    let (row_block, row) = entries.iter().find(|place| !exists(place))?;
    Some(format!(
        " block {block}: an entry leads to row {row} of block {row_block} of its table, where there is none"
    ))
}

/// Whether a table of nothing but pages of zeroes is damaged. It grows by such pages, and a crash may leave them so; but
/// not all of several, nor where rows were counted.
fn is_emptied(table: &Relation, pages: usize) -> bool {
    table.kind == Kind::Heap && pages > 0 && (pages > 1 || table.rows > 0.0)
}

#[cfg(test)]
mod tests;
