//! Locales the source had and this image lacks.
//!
//! Input: what the server says when it refuses a database. Output: names of such locales, and what they are mapped to.
//! Must not: keep the order text was in; whoever maps a locale has every index on text rebuilt.

pub(super) mod bridge;
pub(super) mod columns;

use super::session::Access;
use std::collections::BTreeSet;
use tokio_postgres::{Client, Error};

const TRANSLATE: &str = include_str!("sql/locale_translate.sql");
const FORGET_VERSIONS: &str = include_str!("sql/locale_forget_versions.sql");
/// From this version on, the order a database was made with has a recorded version.
pub(super) const VERSIONS_SINCE: u16 = 15;

/// What a locale is mapped to, by the encoding of the database, and why. The first row that fits counts.
const TARGETS: [(Option<&str>, &str, &str); 2] = [
    (Some("UTF8"), "C.UTF-8", "in every image; knows all of Unicode's letters; its order never changes"),
    (None, "C", "fits every encoding; its order never changes"),
];

/// The locale because of which the server refused a database, if that is why.
pub(super) fn foreign(error: &Error) -> Option<String> {
    named_in(error.as_db_error()?.detail()?)
}

/// `The database was initialized with LC_COLLATE "x",  which is not recognized by setlocale().`
fn named_in(detail: &str) -> Option<String> {
    let (_, rest) = detail.split_once("LC_COLLATE \"").or_else(|| detail.split_once("LC_CTYPE \""))?;
    let (name, rest) = rest.rsplit_once('"')?;
    rest.contains("not recognized by setlocale").then(|| name.to_owned())
}

/// Maps the locales of `databases`, whose names may be mended already, and of whichever others the server refuses.
/// Returns all databases it was done to.
pub(super) async fn translate(
    access: &Access<'_>,
    first: &Client,
    databases: &[String],
    mended: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Error> {
    let mut foreign_too = mended.clone();
    for database in databases {
        let refused = access.connect(database).await.err();
        foreign_too.extend(refused.and_then(|error| foreign(&error)).map(|_| database.clone()));
    }
    for database in &foreign_too {
        for (encoding, target, why) in TARGETS {
            let changed = first.execute(TRANSLATE, &[database, &encoding, &target]).await?;
            if changed > 0 {
                tracing::warn!(database, target, why, "this image lacks the locale of a database");
                break;
            }
        }
    }
    if access.major >= VERSIONS_SINCE && !foreign_too.is_empty() {
        let names: Vec<&String> = foreign_too.iter().collect();
        first.execute(FORGET_VERSIONS, &[&names]).await?;
    }
    Ok(foreign_too)
}

#[cfg(test)]
mod tests {
    use super::{TARGETS, named_in};

    #[test]
    fn the_locale_a_server_lacks_is_read_from_what_it_says() {
        for setting in ["LC_COLLATE", "LC_CTYPE"] {
            let detail = format!(
                "The database was initialized with {setting} \"English_Australia.1252\",  which is not recognized by \
                 setlocale()."
            );
            assert_eq!(named_in(&detail).as_deref(), Some("English_Australia.1252"));
        }
        assert_eq!(named_in("The database \"LC_CTYPE\" is not there."), None);
    }

    #[test]
    fn every_encoding_has_a_target_with_a_reason() {
        assert_eq!(TARGETS.last().map(|(encoding, ..)| *encoding), Some(None));
        assert!(TARGETS.iter().all(|(.., why)| !why.is_empty()));
    }
}
