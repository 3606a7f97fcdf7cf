//! Which links of a data directory would take the server out of the volume.
//!
//! Input: the links of a survey. Output: those that are unsafe. Must not: touch the disk.

use super::survey::Link;
use std::path::{Component, Path};

/// Links below `data_dir` that the server would follow to somewhere else, or to nowhere.
///
/// A link beside the server's own names (`server.crt`, `log`, a configuration file, which is replaced) is never opened.
pub(super) fn unsafe_links<'a>(data_dir: &Path, links: &'a [Link]) -> Vec<&'a Link> {
    let followed = |link: &&Link| {
        link.path.strip_prefix(data_dir).is_ok_and(|path| link.inside.is_none() && is_opened(path))
    };
    links.iter().filter(followed).collect()
}

/// Whether the server opens something by this path in its data directory.
fn is_opened(path: &Path) -> bool {
    let Some(Component::Normal(first)) = path.components().next() else { return false };
    let first = first.to_string_lossy();
    let is_configuration = Path::new(&*first).extension().is_some_and(|extension| extension == "conf");
    // those of tablespaces are replaced before a server starts, or removed
    let is_tablespace = first == "pg_tblspc" && path.components().count() == 2;
    let known = ["base", "global", "PG_VERSION", "backup_label", "tablespace_map"].contains(&&*first);
    known || (first.starts_with("pg_") && !is_configuration && !is_tablespace)
}

#[cfg(test)]
mod tests {
    use super::unsafe_links;
    use crate::restore::survey::Link;
    use std::path::Path;

    fn is_unsafe(path: &str, inside: Option<&str>) -> bool {
        let link = Link { path: path.into(), target: "/x".into(), inside: inside.map(Into::into) };
        !unsafe_links(Path::new("15/main"), &[link]).is_empty()
    }

    #[test]
    fn fault_f4_links_the_server_would_follow_out_of_the_volume_are_unsafe() {
        for path in ["15/main/pg_wal", "15/main/base/5/1259", "15/main/global", "15/main/pg_tblspc"] {
            assert!(is_unsafe(path, None), "{path}");
        }
    }

    #[test]
    fn links_that_stay_in_the_volume_are_safe() {
        assert!(!is_unsafe("15/main/pg_wal", Some("wal")));
    }

    #[test]
    fn links_the_server_never_opens_are_safe() {
        for path in ["15/main/server.crt", "15/main/postgresql.conf", "15/main/pg_hba.conf", "15/main/log"] {
            assert!(!is_unsafe(path, None), "{path}");
        }
    }

    #[test]
    fn fault_f5_links_to_tablespaces_are_left_to_who_knows_where_these_were_restored() {
        assert!(!is_unsafe("15/main/pg_tblspc/16400", None));
        assert!(is_unsafe("15/main/pg_tblspc/16400/PG_15_202209061", None));
    }

    #[test]
    fn links_elsewhere_are_not_the_servers_business() {
        assert!(!is_unsafe("14/main/pg_wal", None));
    }
}
