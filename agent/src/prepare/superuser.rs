//! Who may do everything on the source's server, read from its files.
//!
//! Input: a data directory whose checkpoint is written. Output: names to try, the bootstrap superuser's first; where none
//! of them may log in, as on hosts that were locked up well, one that may until our own role is there.
//! Must not: judge which tuples are live; a name that does not log in is harmless, and the next one is tried.

use super::{
    page::{NORMAL, Page, SIZE, checksum, u32_at},
    shared_catalog::{self, PG_AUTHID},
};
use std::{fs, io, path::Path};

const NAME: usize = 64;
/// More superusers than these need not be tried.
const NAMES_MAX: usize = 32;
/// Where in a row the flags are that make a superuser, and that let it log in.
const SUPERUSER: usize = 4 + NAME;
const LOGS_IN: usize = SUPERUSER + 4;

/// Names of superusers that may log in.
pub(super) fn superusers(data_dir: &Path) -> io::Result<Vec<Vec<u8>>> {
    Ok(names(&fs::read(shared_catalog::file(data_dir, PG_AUTHID)?)?))
}

fn names(heap: &[u8]) -> Vec<Vec<u8>> {
    let mut roles: Vec<(u32, Vec<u8>)> =
        heap.chunks(SIZE).flat_map(tuples).filter_map(login_superuser).collect();
    roles.sort();
    roles.dedup();
    roles.into_iter().map(|(_, name)| name).take(NAMES_MAX).collect()
}

/// The data of each tuple of a page, behind its header.
fn tuples(page: &[u8]) -> impl Iterator<Item = &[u8]> {
    Page(page).items().filter_map(|tuple| tuple.get(usize::from(*tuple.get(22)?)..))
}

/// Columns of `pg_authid`: oid, rolname, then the flags rolsuper, …, rolcanlogin.
fn login_superuser(data: &[u8]) -> Option<(u32, Vec<u8>)> {
    superuser(data).filter(|_| data.get(LOGS_IN) == Some(&1))
}

/// Lets the first superuser log in and returns its name; no server may be running.
pub(super) fn let_in(data_dir: &Path, checksums: bool) -> io::Result<Option<String>> {
    let path = shared_catalog::file(data_dir, PG_AUTHID)?;
    let mut heap = fs::read(&path)?;
    // its name is written down, and later said to the server: as text
    let named =
        |data: &[u8]| superuser(data).and_then(|(oid, name)| Some((oid, String::from_utf8(name).ok()?)));
    let Some((oid, name)) = heap.chunks(SIZE).flat_map(tuples).filter_map(named).min() else {
        return Ok(None);
    };
    for (block, page) in (0..).zip(heap.chunks_exact_mut(SIZE)) {
        let places: Vec<usize> =
            rows(page).filter(|&at| superuser(&page[at..]).is_some_and(|(of, _)| of == oid)).collect();
        for at in &places {
            page[at + LOGS_IN] = 1;
        }
        if let (true, false, Ok(page)) = (checksums, places.is_empty(), <&mut [u8; SIZE]>::try_from(page)) {
            let sum = checksum::checksum(page, block);
            page[checksum::AT..checksum::AT + 2].copy_from_slice(&sum.to_le_bytes());
        }
    }
    let temporary = path.with_extension("pgro");
    fs::write(&temporary, heap)?;
    fs::File::open(&temporary)?.sync_all()?;
    fs::rename(temporary, path)?;
    Ok(Some(name))
}

/// A superuser, whether it logs in or not. Names are in the encoding of whichever database they were given in.
fn superuser(data: &[u8]) -> Option<(u32, Vec<u8>)> {
    let oid = u32_at(data, 0)?;
    let name = data.get(4..4 + NAME)?;
    let name: Vec<u8> = name.iter().copied().take_while(|&byte| byte != 0).collect();
    (*data.get(SUPERUSER)? == 1 && data.len() > LOGS_IN && !name.is_empty()).then_some((oid, name))
}

/// Where in a page the data of its rows begin.
fn rows(page: &[u8]) -> impl Iterator<Item = usize> {
    let of = Page(page);
    (1..=of.count()).filter_map(move |number| {
        let pointer = of.pointer(number).filter(|pointer| pointer.state == NORMAL)?;
        let at = pointer.offset + usize::from(*page.get(pointer.offset + 22)?);
        (at < page.len()).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::prepare::page::tests::page as page_of;
    use proptest::prelude::*;

    /// A page of `pg_authid` with these roles: oid, name, superuser, may log in.
    fn page(roles: &[(u32, &str, bool, bool)]) -> Vec<u8> {
        let tuple = |(oid, name, superuser, login): &(u32, &str, bool, bool)| {
            let mut tuple = vec![0; 24 + 76];
            tuple[22] = 24;
            tuple[24..28].copy_from_slice(&oid.to_le_bytes());
            tuple[28..28 + name.len()].copy_from_slice(name.as_bytes());
            (tuple[92], tuple[96]) = (u8::from(*superuser), u8::from(*login));
            tuple
        };
        page_of(&roles.iter().map(tuple).collect::<Vec<_>>(), &[])
    }

    #[test]
    fn fault_f13_a_bootstrap_superuser_of_another_name_is_found_first() {
        let heap = page(&[
            (16400, "later", true, true),
            (10, "it's \"me\"", true, true),
            (20, "guest", false, true),
        ]);
        assert_eq!(names(&heap), [&b"it's \"me\""[..], b"later"]);
    }

    #[test]
    fn a_superuser_that_may_not_log_in_is_left_out() {
        assert_eq!(names(&page(&[(10, "postgres", true, false)])), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn fault_f13_where_no_superuser_logs_in_the_first_one_is_let_in_and_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("global")).unwrap();
        std::fs::write(dir.path().join("global/pg_filenode.map"), b"none").unwrap();
        let roles =
            [(16400, "later", true, false), (10, "postgres", true, false), (20, "guest", false, false)];
        std::fs::write(dir.path().join("global/1260"), page(&roles)).unwrap();
        assert_eq!(super::let_in(dir.path(), true).unwrap().as_deref(), Some("postgres"));
        assert_eq!(super::superusers(dir.path()).unwrap(), [b"postgres"]);
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_reader(heap in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = names(&heap);
        }
    }
}
