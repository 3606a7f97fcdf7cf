//! How transactions ended, from the files of `pg_xact`.
//!
//! Input: the data directory after a checkpoint, the range of transactions that rows may name. Output: the end of one.
//! Must not: hold more than a few megabytes of it.

use crate::prepare::page::SIZE;
use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// Two bits for each.
const PER_PAGE: u32 = 4 * 8192;
const PAGES_PER_FILE: u32 = 32;
/// Pages kept.
const KEPT_MAX: usize = 256;
const COMMITTED: u8 = 1;
/// Of a part, which is committed with the whole.
const PART_COMMITTED: u8 = 3;

/// The end of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It counts.
    Committed,
    /// It does not, or not yet.
    Other,
    /// It has to be there, and is not.
    Missing,
    /// It need not be there any more, or could not be read.
    Unknown,
}

/// All of them, read as they are asked for.
#[derive(Debug)]
pub(super) struct Transactions {
    directory: PathBuf,
    oldest: u32,
    next: u32,
    pages: HashMap<u32, Option<Vec<u8>>>,
    unreadable: bool,
}

impl Transactions {
    /// Those from `oldest` to before `next`.
    pub(super) fn below(data_dir: &Path, oldest: u32, next: u32) -> Self {
        let directory = data_dir.join("pg_xact");
        Self { directory, oldest, next, pages: HashMap::new(), unreadable: false }
    }

    /// How `transaction` ended.
    pub(super) fn status(&mut self, transaction: u32) -> Status {
        // numbers begin anew after the last one; the first three are no transactions
        let (age, ages) = (self.next.wrapping_sub(transaction), self.next.wrapping_sub(self.oldest));
        if transaction < 3 || age == 0 || age > ages {
            return Status::Unknown;
        }
        let (page, at) = (transaction / PER_PAGE, transaction % PER_PAGE);
        let Some(bytes) = self.page(page) else {
            return if self.unreadable { Status::Unknown } else { Status::Missing };
        };
        let bits = bytes.get((at / 4) as usize).map(|byte| byte >> (2 * (at % 4)) & 3);
        match bits {
            Some(COMMITTED | PART_COMMITTED) => Status::Committed,
            Some(_) => Status::Other,
            None => Status::Missing,
        }
    }

    fn page(&mut self, page: u32) -> Option<&[u8]> {
        if !self.pages.contains_key(&page) {
            if self.pages.len() >= KEPT_MAX {
                self.pages.clear();
            }
            let read = self.read(page);
            self.unreadable |= read.is_err();
            self.pages.insert(page, read.unwrap_or(None));
        }
        self.pages.get(&page)?.as_deref()
    }

    fn read(&self, page: u32) -> io::Result<Option<Vec<u8>>> {
        let path = self.directory.join(format!("{:04X}", page / PAGES_PER_FILE));
        let mut bytes = vec![0; SIZE];
        let read = File::open(path)
            .and_then(|file| file.read_exact_at(&mut bytes, u64::from(page % PAGES_PER_FILE) * SIZE as u64));
        match read {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::UnexpectedEof].contains(&error.kind()) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PAGES_PER_FILE, PER_PAGE, Status, Transactions};
    use crate::prepare::page::SIZE;
    use std::fs;

    #[test]
    fn the_end_of_a_transaction_is_found_in_its_file_page_and_bits() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("pg_xact")).unwrap();
        let transaction = PER_PAGE * (PAGES_PER_FILE + 1) + 5;
        let mut log = vec![0; 2 * SIZE];
        log[SIZE + 1] = 1 << 2 | 2 << 4;
        fs::write(dir.path().join("pg_xact/0001"), log).unwrap();
        let mut transactions = Transactions::below(dir.path(), transaction - 9, transaction + 9);
        let ended = [0, 1, 2].map(|more| transactions.status(transaction + more));
        assert_eq!(ended, [Status::Committed, Status::Other, Status::Other]);
    }

    #[test]
    fn a_file_that_is_missing_or_short_is_told_for_transactions_that_need_it_only() {
        let dir = tempfile::tempdir().unwrap();
        let mut transactions = Transactions::below(dir.path(), 1000, 2000);
        assert_eq!(transactions.status(1000), Status::Missing);
        for elsewhere in [2, 999, 2000, 4_000_000_000] {
            assert_eq!(transactions.status(elsewhere), Status::Unknown, "{elsewhere}");
        }
    }

    #[test]
    fn numbers_that_began_anew_are_in_their_order() {
        let mut transactions = Transactions::below(std::path::Path::new("/absent"), u32::MAX - 10, 100);
        assert_eq!(transactions.status(50), Status::Missing);
        assert_eq!(transactions.status(u32::MAX - 5), Status::Missing);
        assert_eq!(transactions.status(101), Status::Unknown);
    }
}
