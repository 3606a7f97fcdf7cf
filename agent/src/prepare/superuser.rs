//! Who may do everything on the source's server, read from its files.
//!
//! Input: a data directory whose checkpoint is written. Output: names to try, the bootstrap superuser's first.
//! Must not: judge which tuples are live; a name that does not log in is harmless, and the next one is tried.

use super::{
    page::{Page, SIZE, u32_at},
    shared_catalog::{self, PG_AUTHID},
};
use std::{fs, io, path::Path};

const NAME: usize = 64;
/// More superusers than these need not be tried.
const NAMES_MAX: usize = 32;

/// Names of superusers that may log in.
pub(super) fn superusers(data_dir: &Path) -> io::Result<Vec<String>> {
    Ok(names(&fs::read(shared_catalog::file(data_dir, PG_AUTHID)?)?))
}

fn names(heap: &[u8]) -> Vec<String> {
    let mut roles: Vec<(u32, String)> =
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
fn login_superuser(data: &[u8]) -> Option<(u32, String)> {
    let oid = u32_at(data, 0)?;
    let name = data.get(4..4 + NAME)?;
    let flags = data.get(4 + NAME..4 + NAME + 5)?;
    let name = String::from_utf8(name.iter().copied().take_while(|&byte| byte != 0).collect()).ok()?;
    (flags[0] == 1 && flags[4] == 1 && !name.is_empty()).then_some((oid, name))
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
        assert_eq!(names(&heap), ["it's \"me\"", "later"]);
    }

    #[test]
    fn a_superuser_that_may_not_log_in_is_left_out() {
        assert_eq!(names(&page(&[(10, "postgres", true, false)])), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_file_breaks_the_reader(heap in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = names(&heap);
        }
    }
}
