//! Which directory of a snapshot is which tablespace.
//!
//! Input: tablespaces with their places on the source where known, directories that hold one. Output: pairs of which no
//! other choice is as good. Must not: touch the disk.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A tablespace that is not in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its object id.
    pub(super) oid: u32,
    /// Where it lay on the source.
    pub(super) target: Option<PathBuf>,
}

/// Each with its directory.
pub(super) fn assign(wanted: &[Wanted], directories: &[PathBuf]) -> BTreeMap<u32, PathBuf> {
    let mut assigned = BTreeMap::new();
    for Wanted { oid, target } in wanted {
        if let Some(best) = target.as_ref().and_then(|target| best(target, directories)) {
            assigned.insert(*oid, best.clone());
        }
    }
    let is_twice = |path: &PathBuf| assigned.values().filter(|other| *other == path).count() > 1;
    let twice: Vec<u32> = assigned.iter().filter(|(_, path)| is_twice(path)).map(|(oid, _)| *oid).collect();
    assigned.retain(|oid, _| !twice.contains(oid));
    let mut open = wanted.iter().filter(|of| !assigned.contains_key(&of.oid));
    let mut free = directories.iter().filter(|path| !assigned.values().any(|taken| taken == *path));
    if let (Some(of), None, Some(path), None) = (open.next(), open.next(), free.next(), free.next()) {
        assigned.insert(of.oid, path.clone());
    }
    assigned
}

/// The one directory whose place ends most like `target`.
fn best<'a>(target: &Path, directories: &'a [PathBuf]) -> Option<&'a PathBuf> {
    let target = parts(target);
    let scored = |path: &PathBuf| {
        parts(path).iter().rev().zip(target.iter().rev()).take_while(|(a, b)| a == b).count()
    };
    let most = directories.iter().map(scored).max().filter(|most| *most > 0)?;
    let mut top = directories.iter().filter(|path| scored(path) == most);
    let one = top.next();
    if top.next().is_some() { None } else { one }
}

/// Names in a path of any system.
fn parts(path: &Path) -> Vec<String> {
    let text = path.to_string_lossy().replace('\\', "/");
    text.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{Wanted, assign};
    use std::path::PathBuf;

    fn assigned(wanted: &[(u32, &str)], directories: &[&str]) -> Vec<(u32, String)> {
        let target = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
        let wanted: Vec<_> = wanted.iter().map(|&(oid, text)| Wanted { oid, target: target(text) }).collect();
        let directories: Vec<_> = directories.iter().map(PathBuf::from).collect();
        assign(&wanted, &directories)
            .into_iter()
            .map(|(oid, path)| (oid, path.display().to_string()))
            .collect()
    }

    #[test]
    fn fault_f5_a_tablespace_is_where_its_place_ends_alike() {
        let found = assigned(
            &[(1, "/mnt/fast/ts"), (2, r"D:\data\slow")],
            &["restored/mnt/fast/ts", "restored/data/slow", "x/ts"],
        );
        assert_eq!(found, [(1, "restored/mnt/fast/ts".into()), (2, "restored/data/slow".into())]);
    }

    #[test]
    fn the_last_of_each_belong_together_whatever_they_are_called() {
        assert_eq!(
            assigned(&[(1, "/a/x"), (2, "")], &["b/x", "c/y"]),
            [(1, "b/x".into()), (2, "c/y".into())]
        );
        assert_eq!(assigned(&[(1, ""), (2, "")], &["b/x", "c/y"]), []);
    }

    #[test]
    fn two_that_fit_as_well_are_not_chosen_between() {
        assert_eq!(assigned(&[(1, "/ts")], &["a/ts", "b/ts"]), []);
        assert_eq!(assigned(&[(1, "/a/ts"), (2, "/b/ts")], &["ts"]), []);
    }
}
